/** Which requests a connection may not make now, whatever they say. */
import { apiByKey } from '@millrace/protocol/apis'
import type { ApiHandler } from './api-handler.ts'
import { quotaReason, type QuotaExcess } from '@millrace/policy/denials/quota-excess'
import type { RefusalRecord } from './refusals.ts'
import type { SaslAuthentication } from './sasl/sasl-authentication.ts'

/** What is recorded of a connection that is turned away; it knows itself where it comes from. */
export type ConnectionRefusal = Omit<RefusalRecord, 'listener' | 'remoteAddress'>

/** `refusal` null: no one is turned away for it, the request is just not known. */
export interface RequestRefusal {
  readonly reason: string
  readonly refusal: ConnectionRefusal | null
}

/**
 * Why a request may not be made; null when it may.
 * @param builtIn it is one of the three that may come before the login
 */
export function requestRefusal(
  apiKey: number,
  handler: ApiHandler | undefined,
  builtIn: boolean,
  connection: { readonly internal: boolean; readonly authentication: SaslAuthentication | null },
): RequestRefusal | null {
  const foreign = handler === undefined ? NODE_APIS.has(apiKey) : handler.internalOnly === true
  if (foreign && !connection.internal) {
    return refused('inter-broker', 'an inter-broker API on a client listener', {
      told: `Only the cluster's own nodes may call ${nameOf(apiKey)}, on their internal listener.`,
      remedy: null,
    })
  }
  if (handler === undefined) return { reason: 'unknown API key', refusal: null }
  const { authentication } = connection
  if (authentication === null || authentication.complete || builtIn) return null
  const mechanisms = authentication.mechanisms.join(' or ')
  if (authentication.expired) {
    return refused('expired', 'the session has expired and was not renewed', {
      told: 'The login of this connection has ended and the client did not log in again (KIP-368).',
      remedy: 'Use a client that re-authenticates (Kafka 2.2 or newer), or let it reconnect.',
    })
  }
  return refused('not-authenticated', 'not authenticated', {
    told: `The client asked ${nameOf(apiKey)} without having logged in; this port demands a login by ${mechanisms}.`,
    remedy: `Set security.protocol=SASL_SSL and sasl.mechanism=${authentication.mechanisms[0] ?? ''} with a login, or use a port without one.`,
  })
}

/**
 * A client that has to wait because it is over a quota; nobody is turned away, but many ask why.
 * @param excess null: nobody knows any more which quota it was
 */
export function throttled(excess: QuotaExcess | null, throttleMs: number): ConnectionRefusal {
  const gone = `The client is made to wait ${throttleMs} ms by a quota that was changed meanwhile.`
  return { kind: 'quota', reason: excess === null ? gone : quotaReason(excess), quota: excess }
}

/** Between nodes, whether or not this one serves it: of ZooKeeper's time, of KRaft, and of coordinators. */
const NODE_APIS: ReadonlySet<number> = new Set([
  4, 5, 6, 7, 27, 52, 53, 54, 56, 58, 59, 62, 63, 67, 70, 73, 82, 83, 84, 85, 86, 87,
])

function nameOf(apiKey: number): string {
  return apiByKey(apiKey)?.name ?? `API ${apiKey}`
}

function refused(
  kind: ConnectionRefusal['kind'],
  reason: string,
  { told, remedy }: { readonly told: string; readonly remedy: string | null },
): RequestRefusal {
  return { reason, refusal: { kind, reason: told, remedy } }
}
