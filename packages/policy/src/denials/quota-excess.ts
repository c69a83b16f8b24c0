/** A quota that a client is over, for those who ask why it is slow: which one, whose, how much it allows, what was measured. */

export interface QuotaExcess {
  /** 'producer_byte_rate', … as it is set; 'max.connection.creation.rate' is the broker's own and has no entity. */
  readonly key: string
  /** Whose quota decided, of several that fit the most specific one (KIP-55); a name of null is the type's default. */
  readonly entity: readonly { readonly entityType: string; readonly entityName: string | null }[]
  /** As the request says; null for a new connection. */
  readonly clientId: string | null
  /** Most per second and broker: bytes, percent of one thread's time, partitions, connections. */
  readonly bound: number
  /** As it was measured, in the same unit. */
  readonly rate: number
  /** How long the client has to wait. */
  readonly throttleMs: number
}

interface Words {
  readonly does: string
  readonly unit: string
  readonly where: string
}

const AT_BROKER = 'at each broker'
const CONNECTIONS: Words = { does: 'opens', unit: 'connections/s', where: AT_BROKER }
const WORDS: Readonly<Record<string, Words>> = {
  producer_byte_rate: { does: 'produces', unit: 'bytes/s', where: AT_BROKER },
  consumer_byte_rate: { does: 'fetches', unit: 'bytes/s', where: AT_BROKER },
  request_percentage: { does: 'uses', unit: "% of a thread's time", where: AT_BROKER },
  controller_mutation_rate: { does: 'creates and deletes', unit: 'partitions/s', where: 'in the cluster' },
  connection_creation_rate: CONNECTIONS,
  'max.connection.creation.rate': CONNECTIONS,
}

/** The excess as two sentences: what is used, and what is allowed by whose quota. */
export function quotaReason({ key, entity, clientId, bound, rate, throttleMs }: QuotaExcess): string {
  const { does, unit, where } = WORDS[key] ?? { does: 'uses', unit: 'per second', where: AT_BROKER }
  const client = clientId === null ? 'The client' : `The client with client id ${JSON.stringify(clientId)}`
  const ofAll = entity.length === 0
  const used = ofAll ? 'All clients together open' : `${client} ${does}`
  const whose = ofAll ? '' : ` of ${entity.map(partName).join(' with ')}`
  return `${used} ${rounded(rate)} ${unit}. The quota ${key}=${bound}${whose} allows ${bound} ${unit} ${where}, so it waits ${throttleMs} ms.`
}

/** Clients whose excess has the same text are over the same quota, and share what it allows. */
export function quotaName({ key, entity, clientId }: QuotaExcess): string {
  const ofClient = entity.some(({ entityType }) => entityType === 'client-id')
  return JSON.stringify([
    key,
    entity.map(({ entityType, entityName }) => [entityType, entityName]),
    ofClient && clientId,
  ])
}

const TYPE_NAMES: Readonly<Record<string, string>> = { user: 'user', 'client-id': 'client id', ip: 'address' }

function partName({ entityType, entityName }: QuotaExcess['entity'][number]): string {
  const type = TYPE_NAMES[entityType] ?? entityType
  return entityName === null ? `the default ${type}` : `${type} ${JSON.stringify(entityName)}`
}

/** Three digits are enough for what is below a thousand. */
function rounded(rate: number): string {
  return String(rate < 1000 ? Number(rate.toPrecision(3)) : Math.round(rate))
}
