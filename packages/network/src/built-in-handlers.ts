/**
 * The three APIs that the request server answers itself on every listener: ApiVersions, SaslHandshake and
 * SaslAuthenticate. Listeners without authentication answer the SASL two with ILLEGAL_SASL_STATE, as Kafka does.
 */
import { ApiKey } from '@millrace/protocol/apis'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  saslHandshakeRequest,
  saslHandshakeResponse,
  type SaslHandshakeRequest,
  type SaslHandshakeResponseInput,
} from '@millrace/protocol/messages/17-sasl-handshake'
import {
  apiVersionsRequest,
  apiVersionsResponse,
  type ApiVersionsRequest,
  type ApiVersionsResponseInput,
} from '@millrace/protocol/messages/18-api-versions'
import {
  saslAuthenticateRequest,
  saslAuthenticateResponse,
  type SaslAuthenticateRequest,
  type SaslAuthenticateResponseInput,
} from '@millrace/protocol/messages/36-sasl-authenticate'
import type { ApiHandler, RequestContext, VersionRange } from './api-handler.ts'
import { answerApiVersions, refuseApiVersions, type ApiVersionsOptions } from './api-versions.ts'
import type { PendingRequest, RequestOwner } from './pending-request.ts'

export interface BuiltInHandlers {
  get(apiKey: number): ApiHandler | undefined
  /** Answers a version of ApiVersions that is not served, in the layout of version 0. */
  refuseVersion(request: PendingRequest, range: VersionRange): void
}

type OwnContext = RequestContext & { readonly connection: RequestOwner }

/** The handlers of one listener. @param failureDelayMs how long a connection stays after failed authentication */
export function createBuiltInHandlers(options: ApiVersionsOptions, failureDelayMs: number): BuiltInHandlers {
  const apiVersions: ApiHandler<ApiVersionsRequest, ApiVersionsResponseInput> = {
    request: apiVersionsRequest,
    response: apiVersionsResponse,
    handle(context: OwnContext, request, respond) {
      const response = answerApiVersions(context.apiVersion, request, options)
      if (response.errorCode === ErrorCode.NONE) {
        context.connection.identified(request.clientSoftwareName, request.clientSoftwareVersion)
      }
      respond(response)
    },
  }
  const handlers = new Map<number, ApiHandler>([
    [ApiKey.ApiVersions, apiVersions],
    [ApiKey.SaslHandshake, saslHandshakeHandler(failureDelayMs)],
    [ApiKey.SaslAuthenticate, saslAuthenticateHandler(failureDelayMs)],
  ])
  return {
    get: (apiKey) => handlers.get(apiKey),
    refuseVersion(request, range) {
      request.handler = apiVersions
      request.responseVersion = 0
      request.respond(refuseApiVersions(range))
    },
  }
}

function saslHandshakeHandler(failureDelayMs: number): ApiHandler<SaslHandshakeRequest, SaslHandshakeResponseInput> {
  return {
    request: saslHandshakeRequest,
    response: saslHandshakeResponse,
    handle(context: OwnContext, request, respond) {
      const { authentication } = context.connection
      if (authentication === null) return respond({ errorCode: ErrorCode.ILLEGAL_SASL_STATE, mechanisms: [] })
      const errorCode = authentication.handshake(request.mechanism, context.apiVersion)
      respond({ errorCode, mechanisms: authentication.mechanisms })
      if (errorCode === ErrorCode.UNSUPPORTED_SASL_MECHANISM) {
        const offered = authentication.mechanisms.join(' and ')
        context.connection.refused({
          kind: 'unsupported-mechanism',
          reason: `The client wants to log in by ${request.mechanism}; this port offers ${offered}.`,
          remedy: `Set sasl.mechanism=${authentication.mechanisms[0] ?? ''}, or use the port of the other mechanism.`,
        })
        context.connection.dropAfterResponse('unsupported SASL mechanism', failureDelayMs)
      }
    },
  }
}

function saslAuthenticateHandler(
  failureDelayMs: number,
): ApiHandler<SaslAuthenticateRequest, SaslAuthenticateResponseInput> {
  return {
    request: saslAuthenticateRequest,
    response: saslAuthenticateResponse,
    handle(context: OwnContext, request, respond) {
      const { authentication } = context.connection
      if (authentication === null) {
        return respond({
          errorCode: ErrorCode.ILLEGAL_SASL_STATE,
          errorMessage: 'This listener has no authentication.',
          authBytes: Buffer.alloc(0),
        })
      }
      authentication.authenticate(request.authBytes, (step) => {
        if (step.unknowable !== null) {
          context.connection.refused({ kind: 'unknown-key', reason: step.unknowable, remedy: 'millrace start' })
          context.connection.drop(step.unknowable)
          return respond(null)
        }
        respond({
          errorCode: step.errorCode,
          errorMessage: step.errorMessage,
          authBytes: step.authBytes,
          sessionLifetimeMs: step.sessionLifetimeMs,
        })
        if (step.principal !== null) context.connection.authenticated(step.principal)
        if (step.failure !== null) {
          context.connection.refused(step.failure)
          context.connection.dropAfterResponse(`SASL authentication failed: ${step.failure.reason}`, failureDelayMs)
        }
      })
    },
  }
}
