/** Which requests a connection may not make now, whatever they say. */
import { ApiKey, apiByKey } from '@millrace/protocol/apis'
import type { ApiHandler } from './api-handler.ts'
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

/** A request whose client has to wait because it is over a quota; nobody is turned away, but many ask why. */
export function throttled({
  apiKey,
  clientId,
}: {
  readonly apiKey: number
  readonly clientId: string | null
}): ConnectionRefusal {
  const quota = QUOTAS.get(apiKey) ?? 'request_percentage'
  const client = clientId === null ? '' : ` with client id ${JSON.stringify(clientId)}`
  return {
    kind: 'quota',
    reason: `The client${client} is over its quota (${quota}) and is made to wait.`,
    remedy: `Raise the quota: kafka-configs.sh --alter --entity-type users --entity-name <user> --add-config ${quota}=<more>`,
  }
}

const QUOTAS: ReadonlyMap<number, string> = new Map([
  [ApiKey.Produce, 'producer_byte_rate'],
  [ApiKey.Fetch, 'consumer_byte_rate'],
  [ApiKey.CreateTopics, 'controller_mutation_rate'],
  [ApiKey.CreatePartitions, 'controller_mutation_rate'],
  [ApiKey.DeleteTopics, 'controller_mutation_rate'],
])

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
