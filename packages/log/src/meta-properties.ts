/**
 * `meta.properties` of a log directory (version 1): which cluster and node it belongs to, and its own directory id.
 * A Java properties file; keys in any order.
 */
import { isUuid, type Uuid } from '@millrace/base/uuid'

export const META_PROPERTIES_FILE = 'meta.properties'

export interface MetaProperties {
  readonly clusterId: string
  readonly nodeId: number
  /** null in a file that predates directory ids; the reader assigns one. */
  readonly directoryId: Uuid | null
}

export function encodeMetaProperties(properties: MetaProperties & { readonly directoryId: Uuid }): Buffer {
  const lines = [
    '#',
    `cluster.id=${escape(properties.clusterId)}`,
    `directory.id=${properties.directoryId}`,
    `node.id=${properties.nodeId}`,
    'version=1',
  ]
  return Buffer.from(lines.join('\n') + '\n')
}

/** Throws an Error that says what is missing or malformed. */
export function decodeMetaProperties(content: Uint8Array): MetaProperties {
  const properties = new Map<string, string>()
  for (const line of Buffer.from(content).toString().split(/\r?\n/)) {
    const match = /^\s*([^#!\s=:][^=:\s]*)\s*[=:]\s*(.*)$/.exec(line)
    if (match !== null) properties.set(match[1] ?? '', (match[2] ?? '').replace(/\\(.)/g, '$1').trim())
  }
  const version = properties.get('version')
  if (version !== '1') throw new Error(`version of ${META_PROPERTIES_FILE} is ${version ?? 'missing'}, not 1`)
  const clusterId = properties.get('cluster.id')
  if (clusterId === undefined || clusterId === '') throw new Error(`${META_PROPERTIES_FILE} has no cluster.id`)
  const nodeId = properties.get('node.id') ?? ''
  if (!/^\d+$/.test(nodeId)) throw new Error(`${META_PROPERTIES_FILE} has no valid node.id`)
  const directoryId = properties.get('directory.id')
  if (directoryId === undefined) return { clusterId, nodeId: Number(nodeId), directoryId: null }
  if (!isUuid(directoryId) || isReserved(directoryId)) {
    throw new Error(`directory.id ${directoryId} of ${META_PROPERTIES_FILE} is not a valid directory id`)
  }
  return { clusterId, nodeId: Number(nodeId), directoryId }
}

/** The first hundred uuids are Kafka's own: MIGRATING, UNASSIGNED, LOST. */
function isReserved(uuid: Uuid): boolean {
  const bytes = Buffer.from(uuid, 'base64url')
  return bytes.readBigUInt64BE(0) === 0n && bytes.readBigUInt64BE(8) < 100n
}

function escape(value: string): string {
  return value.replace(/[:=#!\\]/g, (character) => `\\${character}`)
}
