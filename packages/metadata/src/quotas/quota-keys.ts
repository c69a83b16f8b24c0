/** The quotas there are: keys, which entities may have them, and what a value must be. Facts: kafka-protocol §6.6. */
import type { QuotaEntityPart } from '../image.ts'

export const QuotaKey = {
  /** Bytes per second of Produce requests. */
  PRODUCER_BYTE_RATE: 'producer_byte_rate',
  /** Bytes per second of records in Fetch responses. */
  CONSUMER_BYTE_RATE: 'consumer_byte_rate',
  /** Share of one thread's time, in percent. */
  REQUEST_PERCENTAGE: 'request_percentage',
  /** Partitions created and deleted per second. */
  CONTROLLER_MUTATION_RATE: 'controller_mutation_rate',
  /** Connections per second. */
  CONNECTION_CREATION_RATE: 'connection_creation_rate',
} as const

export const EntityType = { USER: 'user', CLIENT_ID: 'client-id', IP: 'ip' } as const

type NumberType = 'int' | 'long' | 'double'

const OF_CLIENTS: Readonly<Record<string, NumberType>> = {
  [QuotaKey.PRODUCER_BYTE_RATE]: 'long',
  [QuotaKey.CONSUMER_BYTE_RATE]: 'long',
  [QuotaKey.REQUEST_PERCENTAGE]: 'double',
  [QuotaKey.CONTROLLER_MUTATION_RATE]: 'double',
}
const OF_ADDRESSES: Readonly<Record<string, NumberType>> = { [QuotaKey.CONNECTION_CREATION_RATE]: 'int' }

const INT_MAX = 0x7fff_ffff
const LONG_MAX = 2 ** 63
const FRACTION_MAX = 1e-6

/** What is wrong with an entity, or null. `isAddress` tells an IP address or a name that may be one. */
export function entityError(entity: readonly QuotaEntityPart[]): string | null {
  if (entity.length === 0) return 'Invalid empty client quota entity'
  const types = new Set<string>()
  for (const { entityType, entityName } of entity) {
    if (!(entityType === EntityType.USER || entityType === EntityType.CLIENT_ID || entityType === EntityType.IP))
      return `Unhandled client quota entity type: ${entityType}`
    if (types.has(entityType)) return `Invalid client quota entity, contains duplicate ${entityType} entries`
    types.add(entityType)
    if (entityName === '') return `Empty ${entityType} not supported`
    if (entityType === EntityType.IP && entityName !== null && !isAddress(entityName))
      return `${entityName} is not a valid IP or resolvable host.`
  }
  if (types.has(EntityType.IP) && types.size > 1)
    return 'Invalid quota entity combination, IP entity should not be combined with User or ClientId'
  return null
}

/** What is wrong with a value of a key for an entity, or null. */
export function quotaError(entity: readonly QuotaEntityPart[], key: string, value: number): string | null {
  const refused = quotaKeyError(entity, key)
  if (refused !== null) return refused
  if (!(value > 0)) return `Quota ${key} must be greater than 0`
  const type = keysOf(entity)[key]
  if (type === 'double') return null
  if (type === 'int' && value > INT_MAX) return `Proposed value for ${key} is too large for an INT.`
  if (type === 'long' && value > LONG_MAX) return `Proposed value for ${key} is too large for a LONG.`
  return Math.abs(value % 1) > FRACTION_MAX ? `Configuration ${key} must be a whole number` : null
}

/** Whether such entities have such a quota at all. */
export function quotaKeyError(entity: readonly QuotaEntityPart[], key: string): string | null {
  return Object.hasOwn(keysOf(entity), key) ? null : `Invalid configuration key ${key}`
}

function keysOf(entity: readonly QuotaEntityPart[]): Readonly<Record<string, NumberType>> {
  return entity.some(({ entityType }) => entityType === EntityType.IP) ? OF_ADDRESSES : OF_CLIENTS
}

/** Textual IPv4 or IPv6; names are not resolved. */
function isAddress(text: string): boolean {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return text.split('.').every((part) => Number(part) <= 255)
  return text.includes(':') && /^[0-9a-fA-F:.]+(%\w+)?$/.test(text)
}
