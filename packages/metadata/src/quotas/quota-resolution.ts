/**
 * Which client quota holds for whom: the most specific entity that has the key, in Kafka's order. What the entity names
 * decides with whom it is shared: all connections of a user, of a client id, or of the pair.
 *
 *   (user, client) (user, *) user (*, client) (*, *) * · client · *        * is the default entity
 */
import { quotaEntityKey, type MetadataImage, type QuotaEntityPart } from '../image.ts'
import { EntityType, QuotaKey } from './quota-keys.ts'

export interface ResolvedQuota {
  readonly bound: number
  /** The one that decided; a name of null is the default of its type. */
  readonly entity: readonly QuotaEntityPart[]
  /** Clients with the same text share the quota. */
  readonly sharedBy: string
}

type Shape = readonly [user: 'own' | 'default' | null, client: 'own' | 'default' | null]

const PRECEDENCE: readonly Shape[] = [
  ['own', 'own'],
  ['own', 'default'],
  ['own', null],
  ['default', 'own'],
  ['default', 'default'],
  ['default', null],
  [null, 'own'],
  [null, 'default'],
]

/** The quota `key` of a client; null: none. `user` is the principal's name, without 'User:'. */
export function resolveClientQuota(
  { clientQuotas }: Pick<MetadataImage, 'clientQuotas'>,
  key: string,
  user: string,
  clientId: string,
): ResolvedQuota | null {
  if (clientQuotas.size === 0) return null
  for (const [ofUser, ofClient] of PRECEDENCE) {
    const entity: QuotaEntityPart[] = []
    if (ofUser !== null) entity.push({ entityType: EntityType.USER, entityName: ofUser === 'own' ? user : null })
    if (ofClient !== null)
      entity.push({ entityType: EntityType.CLIENT_ID, entityName: ofClient === 'own' ? clientId : null })
    const bound = clientQuotas.get(quotaEntityKey(entity))?.values.get(key)
    if (bound === undefined) continue
    const sharedBy = JSON.stringify([ofUser === null ? null : user, ofClient === null ? null : clientId])
    return { bound, entity, sharedBy }
  }
  return null
}

/** How many connections per second one address may open; null: no limit. */
export function resolveConnectionRate(
  { clientQuotas }: Pick<MetadataImage, 'clientQuotas'>,
  address: string,
): ResolvedQuota | null {
  if (clientQuotas.size === 0) return null
  for (const entityName of [address, null]) {
    const entity = [{ entityType: EntityType.IP, entityName }]
    const bound = clientQuotas.get(quotaEntityKey(entity))?.values.get(QuotaKey.CONNECTION_CREATION_RATE)
    if (bound !== undefined) return { bound, entity, sharedBy: address }
  }
  return null
}

/** The name of a principal ('User:alice' → 'alice'). */
export function userOf(principal: string): string {
  return principal.slice(principal.indexOf(':') + 1)
}
