/**
 * One API call from request to answer, HTTP apart: signature, service, operation, authorisation, input, the operation
 * itself, answer, audit. Whatever goes wrong becomes an answer in the protocol of the service that was called.
 */
import { randomUUID } from 'node:crypto'
import type { Logger } from '@millrace/base/logger'
import type { Decision } from '@millrace/policy/evaluate'
import type { Principal } from '@millrace/policy/principal'
import type { ApiCallEvent, AuditHook } from './audit.ts'
import {
  authorizeByPolicy,
  denialInWords,
  requireAllowed,
  whyNotOf,
  type ApiAuthorizationInput,
  type AuthorizationHooks,
  type AuthorizeHook,
  type DenialHook,
  type WhyNot,
} from './authorize.ts'
import type { CallContext } from './call-context.ts'
import type { Credential, CredentialStore } from './credentials.ts'
import { AwsError } from './errors.ts'
import { serviceErrorName } from './protocols/json-body.ts'
import { header, type ApiAnswer, type ApiRequest, type Protocol, type Route } from './protocols/protocol.ts'
import { protocolOf } from './protocols/protocols.ts'
import { redact } from './redact.ts'
import { guessProtocol, noModel, unsignedService } from './resolve-service.ts'
import { Problems } from './serde/problems.ts'
import type { Service } from './service.ts'
import { readSignature, type SignedRequest } from './sigv4/signed-request.ts'
import { SigningKeys } from './sigv4/signing-keys.ts'
import { verifySignature } from './sigv4/verify.ts'

export interface ApiOptions {
  readonly services: readonly Service[]
  readonly credentials: CredentialStore
  readonly logger: Logger
  /** Region of unsigned calls. */
  readonly defaultRegion: string
  readonly authorize?: AuthorizeHook
  readonly denial?: DenialHook
  readonly audit?: AuditHook
  readonly now?: () => number
}

export interface ApiConnection {
  readonly apiHost: string
  readonly sourceIp: string
  readonly signal: AbortSignal
}

/** What is known of a call so far; the answer to a failure and the audit event are made of it. */
interface Call {
  readonly requestId: string
  readonly startedMs: number
  readonly request: ApiRequest
  readonly connection: ApiConnection
  signed: SignedRequest | null
  service: Service | null
  route: Route | null
  credential: Credential | null
  /** Where the operation works; that of the caller until policy says otherwise. */
  accountId: string | null
  /** Asks policy for the caller. */
  whyNot: WhyNot
  decision: Decision | null
  asked: ApiCallEvent['asked']
  input: Readonly<Record<string, unknown>> | null
  output: unknown
}

const anonymous: Principal = { type: 'anonymous', arn: '', userId: '', accountId: '' }
const nobodyMay: WhyNot = ({ action }) =>
  `User: anonymous is not authorized to perform: ${action}: the call is not signed`

export class Api {
  readonly #services: ReadonlyMap<string, Service>
  readonly #options: ApiOptions
  readonly #keys = new SigningKeys()
  readonly #now: () => number

  constructor(options: ApiOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    this.#services = new Map(options.services.map((service) => [service.model.service, service]))
    // A model in a protocol that is not served stops the start, not the first call.
    for (const { model } of options.services) protocolOf(model)
  }

  /** Never rejects. */
  async handle(request: ApiRequest, connection: ApiConnection): Promise<ApiAnswer> {
    const call: Call = {
      requestId: randomUUID(),
      startedMs: this.#now(),
      request,
      connection,
      signed: null,
      service: null,
      route: null,
      credential: null,
      accountId: null,
      whyNot: nobodyMay,
      decision: null,
      asked: null,
      input: null,
      output: null,
    }
    try {
      const answer = await this.#answer(call)
      this.#tell(call, answer.status, null)
      return answer
    } catch (failure) {
      const error = this.#awsError(call, failure)
      const answer = this.#protocol(call).encodeError(call.service?.model ?? noModel, error, call.requestId)
      this.#tell(call, answer.status, error)
      return answer
    }
  }

  async #answer(call: Call): Promise<ApiAnswer> {
    const { request } = call
    call.signed = readSignature(request)
    call.service =
      call.signed === null
        ? unsignedService(this.#services, request)
        : (this.#services.get(call.signed.service) ?? null)
    call.credential = call.signed === null ? null : await this.#verify(request, call.signed)
    if (call.service === null) throw noService(call.signed)

    const { model, operations } = call.service
    const protocol = protocolOf(model)
    call.route = protocol.route(model, request)
    if (call.route === null) throw unknownOperation(call.service, request)
    const { operation } = call.route
    if (call.credential === null && !operation.unsigned) throw missingToken()
    // Read before policy is asked, because the resource is in it; what is wrong with it is told only to who may know.
    const problems = new Problems()
    const read = decoded(protocol, call.route, request, problems)
    if (call.credential !== null) await this.#authorize(call, call.service, call.route, read.input)

    const run = operations.get(operation.name)
    if (run === undefined) throw notImplemented(call.service, operation.name)
    if (read.failure !== null) throw read.failure
    call.input = read.input
    if (problems.any) throw problems.error(model)

    call.output = await run(call.input, this.#context(call))
    return protocol.encodeOutput(model, operation, call.output ?? {}, call.requestId)
  }

  #verify(request: ApiRequest, signed: SignedRequest): Promise<Credential> {
    return verifySignature({
      request,
      signed,
      credentials: this.#options.credentials,
      keys: this.#keys,
      nowMs: this.#now(),
    })
  }

  async #authorize(
    call: Call,
    service: Service,
    route: Route,
    input: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    if (call.credential === null) return
    const { authorize = authorizeByPolicy, denial = denialInWords } = this.#options
    const tell: AuthorizationHooks['tell'] = (decision, { action, resource }) => {
      // A call that goes on after a refusal is told of by it.
      if (call.decision?.allowed === false) return
      call.decision = decision
      call.asked = { action, resource }
    }
    const asked: ApiAuthorizationInput = {
      service: service.model.service,
      route,
      input,
      resolve: service.targets,
      credential: call.credential,
      region: this.#region(call),
      sourceIp: call.connection.sourceIp,
      userAgent: header(call.request, 'user-agent'),
      nowMs: this.#now(),
    }
    call.whyNot = whyNotOf({ authorize, denial, tell }, asked)
    call.accountId = (await requireAllowed(call.whyNot, asked)).accountId
  }

  #region(call: Call): string {
    return call.signed?.region ?? this.#options.defaultRegion
  }

  #context(call: Call): CallContext {
    const principal = call.credential?.principal ?? anonymous
    return {
      requestId: call.requestId,
      accountId: call.accountId ?? principal.accountId,
      region: this.#region(call),
      principal,
      ...(call.credential === null ? {} : { credential: call.credential }),
      whyNot: call.whyNot,
      apiHost: call.connection.apiHost,
      sourceIp: call.connection.sourceIp,
      userAgent: header(call.request, 'user-agent'),
      signal: call.connection.signal,
    }
  }

  #protocol(call: Call): Protocol {
    return call.service === null ? guessProtocol(call.request) : protocolOf(call.service.model)
  }

  /** Faults of our own become one answer without details; the log gets the cause. */
  #awsError(call: Call, failure: unknown): AwsError {
    if (failure instanceof AwsError) return failure
    this.#options.logger.error('an operation failed', { ...this.#told(call), error: failure })
    const message = `An internal error has occurred. The log of Millrace has the cause under request id ${call.requestId}.`
    return new AwsError('InternalFailure', { message, cause: failure })
  }

  #told(call: Call): Readonly<Record<string, unknown>> {
    const { requestId, service, route } = call
    return {
      requestId,
      service: service?.model.service ?? call.signed?.service ?? null,
      operation: route?.operation.name ?? null,
    }
  }

  #tell(call: Call, status: number, error: AwsError | null): void {
    const durationMs = this.#now() - call.startedMs
    const name = error === null ? null : serviceErrorName(call.service?.model ?? noModel, error)
    const { logger, audit } = this.#options
    const fields = { ...this.#told(call), status, durationMs }
    if (error === null) logger.debug('API call', fields)
    else
      logger.info('API call refused', {
        ...fields,
        errorCode: name,
        errorMessage: error.message,
        operatorMessage: error.operatorMessage,
      })
    audit?.({
      timeMs: call.startedMs,
      durationMs,
      requestId: call.requestId,
      service: call.service?.model.service ?? call.signed?.service ?? null,
      operation: call.route?.operation.name ?? null,
      region: call.signed?.region ?? null,
      principal: call.credential?.principal ?? null,
      accessKeyId: call.signed?.accessKeyId ?? null,
      decision: call.decision,
      asked: call.asked,
      sourceIp: call.connection.sourceIp,
      userAgent: header(call.request, 'user-agent'),
      status,
      errorCode: name,
      errorMessage: error?.message ?? null,
      requestParameters: call.input === null ? null : redact(call.route?.operation.input ?? null, call.input),
      responseElements: error === null ? redact(call.route?.operation.output ?? null, call.output) : null,
    })
  }
}

/** A body that is no body of the protocol reads as nothing, with the failure kept. */
function decoded(
  protocol: Protocol,
  route: Route,
  request: ApiRequest,
  problems: Problems,
): { readonly input: Readonly<Record<string, unknown>>; readonly failure: AwsError | null } {
  try {
    return { input: protocol.decode(route, request, problems), failure: null }
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    return { input: {}, failure: error }
  }
}

function noService(signed: SignedRequest | null): AwsError {
  if (signed === null) return missingToken()
  return new AwsError('NotImplementedException', {
    message: `Millrace does not serve ${signed.service}. docs/coverage.md lists the services and operations that it serves.`,
  })
}

function missingToken(): AwsError {
  return new AwsError('MissingAuthenticationTokenException', {
    message: 'Missing Authentication Token: requests must be signed with Signature Version 4.',
  })
}

function unknownOperation(service: Service, request: ApiRequest): AwsError {
  return new AwsError('UnknownOperationException', {
    message: `The ${service.model.serviceId} API ${service.model.apiVersion} has no operation for ${request.method} ${request.rawPath}.`,
  })
}

function notImplemented(service: Service, operation: string): AwsError {
  return new AwsError('NotImplementedException', {
    message: `Millrace does not implement ${service.model.service}:${operation} yet. docs/coverage.md lists the operations that it serves.`,
  })
}
