/** Authorisation of API calls by policy, before the input is validated: a caller without permission learns nothing from validation. */
import { evaluate, explain, type AuthorizationRequest, type Decision } from '@millrace/policy/evaluate'
import type { ResourcePolicies } from '@millrace/policy/principal-policies'
import { parseArn } from './arn.ts'
import {
  requestTags,
  type ActionTarget,
  type AuthorizationTarget,
  type AuthorizationTargets,
  type TargetResolver,
} from './authorization-target.ts'
import type { Credential } from './credentials.ts'
import { AwsError } from './errors.ts'
import type { Route } from './protocols/protocol.ts'

export interface ApiAuthorization extends AuthorizationRequest {
  readonly credential: Credential
  /** Null: the resource has no policy and belongs to the caller's account. */
  readonly resourcePolicies: ResourcePolicies | null
}

/** Decides; the default evaluates all policies that take part. */
export type AuthorizeHook = (request: ApiAuthorization) => Decision

export const authorizeByPolicy: AuthorizeHook = (request) =>
  evaluate(request, { ...request.credential.policies, resource: request.resourcePolicies })

/** What the caller of a denied call is told; the default is the evaluator's own sentence. */
export type DenialHook = (service: string, request: ApiAuthorization, decision: Decision) => string

export const denialInWords: DenialHook = (_service, request, decision) => explain(request, decision)

export interface AuthorizationHooks {
  readonly authorize: AuthorizeHook
  readonly denial: DenialHook
  /** Hears of every decision. */
  readonly tell: (decision: Decision, asked: { readonly action: string; readonly resource: string }) => void
}

export interface ApiAuthorizationInput {
  readonly service: string
  readonly route: Route
  /** Decoded, not validated. */
  readonly input: Readonly<Record<string, unknown>>
  /** Null: by the ARN in the path or the input. */
  readonly resolve: TargetResolver | null
  readonly credential: Credential
  readonly region: string
  readonly sourceIp: string
  readonly userAgent: string
  readonly nowMs: number
}

export interface Authorized {
  /** The account in which the operation works. */
  readonly accountId: string
}

/** Who asks is told, and a session made, even under an explicit deny. Source: the API references of both operations. */
const freeOfPolicy: ReadonlySet<string> = new Set(['sts:GetCallerIdentity', 'sts:GetSessionToken'])

/** Null: policies let the caller do it; else why not, as the caller is told. */
export type WhyNot = (target: ActionTarget) => string | null

/** Asks for the caller of one call. */
export function whyNotOf({ authorize, denial, tell }: AuthorizationHooks, call: ApiAuthorizationInput): WhyNot {
  const { service, credential } = call
  const common = commonValues(call)
  return ({ action, resource, values, policies }) => {
    const request: ApiAuthorization = {
      credential,
      principal: credential.principal,
      action,
      resource,
      values: new Map([...common, ...Object.entries(values ?? {})]),
      resourcePolicies: policies ?? null,
    }
    const decision = authorize(request)
    tell(decision, request)
    return decision.allowed ? null : denial(service, request, decision)
  }
}

/** Throws AccessDeniedException with the principal, action, resource and statement. */
export async function requireAllowed(whyNot: WhyNot, call: ApiAuthorizationInput): Promise<Authorized> {
  const { service, route, credential } = call
  const { principal } = credential
  const operation = `${service}:${route.operation.name}`
  requireUnrestricted(credential, service, operation)
  if (freeOfPolicy.has(operation)) return { accountId: principal.accountId }
  const { targets, accountId = principal.accountId } = await targetsOf(call)
  for (const target of targets) {
    const message = whyNot({ ...target, action: target.action ?? operation })
    if (message !== null) throw new AwsError('AccessDeniedException', { message })
  }
  return { accountId }
}

/** Source: "Compare AWS STS credentials" of the IAM user guide. */
function requireUnrestricted({ restricted }: Credential, service: string, operation: string): void {
  if (restricted === undefined) return
  if (service === 'iam') {
    throw new AwsError('UnrecognizedClientException', {
      message: 'The security token included in the request is invalid',
    })
  }
  if (service !== 'sts' || operation === 'sts:GetCallerIdentity') return
  if (operation === 'sts:AssumeRole' && restricted === 'session-token') return
  throw new AwsError('AccessDeniedException', {
    message: `Cannot call ${operation.slice('sts:'.length)} with session credentials`,
  })
}

function targetsOf(call: ApiAuthorizationInput): AuthorizationTargets | Promise<AuthorizationTargets> {
  const { service, route, resolve, input, credential, region } = call
  const { principal } = credential
  if (resolve === null)
    return { targets: [{ resource: resourceOf(route, input, service) } satisfies AuthorizationTarget] }
  return resolve({
    operation: route.operation.name,
    input,
    principal,
    accountId: principal.accountId,
    region,
  })
}

function commonValues(call: ApiAuthorizationInput): readonly (readonly [string, readonly string[]])[] {
  const { credential, region, sourceIp, userAgent, nowMs, input } = call
  return [
    ...Object.entries(credential.values),
    ...Object.entries(requestTags(input)),
    ['aws:requestedregion', [region]],
    ['aws:sourceip', [sourceIp]],
    ['aws:useragent', [userAgent]],
    ['aws:currenttime', [new Date(nowMs).toISOString()]],
    ['aws:epochtime', [String(Math.floor(nowMs / 1000))]],
    ['aws:securetransport', ['false']],
    // No AWS service calls on another's behalf here.
    ['aws:viaawsservice', ['false']],
  ]
}

/** The most specific ARN in the path, else the first of the service's own among the input's members; other operations are about everything. */
function resourceOf(route: Route, input: Readonly<Record<string, unknown>>, service: string): string {
  const inPath = [...route.labels.values()].findLast((label) => label.startsWith('arn:'))
  const own = (value: unknown): value is string => typeof value === 'string' && parseArn(value)?.service === service
  return inPath ?? Object.values(input).find(own) ?? '*'
}
