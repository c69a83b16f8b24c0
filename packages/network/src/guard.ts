/**
 * Authorization in front of handlers. A guard sees a request before its handler does and says what of it may pass: all,
 * a part (what is refused is added to the answer), or nothing. Handlers therefore know nothing of ACLs, and every API's
 * checks stand in one table, which must have an entry for every API that is served.
 *
 * While nothing is forbidden to the asker no guard runs: one test per request.
 */
import { invariant } from '@millrace/base/invariant'
import type { Access } from '@millrace/policy/acl/access'
import { CLUSTER_NAME, ResourceType } from '@millrace/policy/acl/acl'
import type { Authorizer } from '@millrace/policy/acl/authorizer'
import { ErrorCode, errorMessage } from '@millrace/protocol/errors'
import type { ApiHandler, RequestContext, Respond } from './api-handler.ts'

export interface GuardedRequest<Request, Response> {
  readonly access: Access
  readonly context: RequestContext
  readonly request: Request
  readonly respond: Respond<Response>
  /** Hands the request, or what is left of it, to the handler; its answer goes to `respond` unless told otherwise. */
  readonly pass: (request: Request, respond?: Respond<Response>) => void
}

/** Calls either `pass` or `respond`, once and in the same turn. */
export type Guard<Request = unknown, Response = unknown> = (asked: GuardedRequest<Request, Response>) => void

/** Guards by API key; null: nothing is checked in front of the handler, the table says why. */
export type GuardTable = ReadonlyMap<number, Guard | null>

/** A row of a guard table. */
export function guardOf<Request, Response>(apiKey: number, guard: Guard<Request, Response>): [number, Guard] {
  return [apiKey, guard as Guard]
}

/**
 * A row whose guard lets a request pass whole or not at all.
 * @param check NONE, or the error code of the refusal
 */
export function guardWholly<Request, Response>(
  apiKey: number,
  check: (access: Access, request: Request, context: RequestContext) => number,
  refuse: (request: Request, errorCode: number, context: RequestContext) => Response,
): [number, Guard] {
  return guardOf<Request, Response>(apiKey, ({ access, context, request, respond, pass }) => {
    const errorCode = check(access, request, context)
    if (errorCode === ErrorCode.NONE) pass(request)
    else respond(refuse(request, errorCode, context))
  })
}

/** What a request that is refused whole is told. */
export interface Refusal {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly errorMessage: string
}

/** A row of an API that needs one operation on the cluster, else CLUSTER_AUTHORIZATION_FAILED. */
export function guardOnCluster<Request, Response>(
  apiKey: number,
  operation: number,
  refuse: (refusal: Refusal, request: Request) => Response,
): [number, Guard] {
  return guardWholly<Request, Response>(
    apiKey,
    (access) =>
      access.allows(operation, ResourceType.CLUSTER, CLUSTER_NAME)
        ? ErrorCode.NONE
        : ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
    (request, errorCode) => refuse({ throttleTimeMs: 0, errorCode, errorMessage: errorMessage(errorCode) }, request),
  )
}

/** The handlers behind their guards. InvariantError for a handler without a row in the table. */
export function guardHandlers(
  handlers: ReadonlyMap<number, ApiHandler>,
  guards: GuardTable,
  authorizer: Authorizer,
): Map<number, ApiHandler> {
  const guarded = new Map<number, ApiHandler>()
  for (const [key, handler] of handlers) {
    const guard = guards.get(key)
    invariant(guard !== undefined, 'an API has no row in the table of guards', { key, name: handler.request.name })
    guarded.set(key, guard === null ? handler : behind(guard, handler, authorizer))
  }
  return guarded
}

function behind(guard: Guard, handler: ApiHandler, authorizer: Authorizer): ApiHandler {
  return {
    ...handler,
    handle(context, request, respond) {
      const access = authorizer.of(context.connection)
      if (access.unrestricted) return handler.handle(context, request, respond)
      guard({
        access,
        context,
        request,
        respond,
        pass: (rest, answer = respond) => handler.handle(context, rest, answer),
      })
    },
  }
}
