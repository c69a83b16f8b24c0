/**
 * Requests that are mostly one array: every element as small as it can be, as many as one likes, all different or all the
 * same. A megabyte of these says more than any client ever asked.
 */
import { parseVersions, versionsOf, type FieldDefinition, type MessageDefinition } from '@millrace/protocol/definition'

export interface WideOptions {
  readonly definition: MessageDefinition
  readonly version: number
  /** Names of the array, from the outermost: those around it have one element. */
  readonly path: readonly string[]
  readonly elements: number
  /** The name that all elements have; null: each has its own. */
  readonly topic: string | null
}

/** Every array that a version of the message has. */
export function arrayPaths(definition: MessageDefinition, version: number): string[][] {
  const versionMax = versionsOf(definition).max
  const below = (fields: readonly FieldDefinition[], prefix: readonly string[]): string[][] =>
    fields
      .filter((field) => field.type.startsWith('[]') && field.tag === undefined && has(field, version, versionMax))
      .flatMap((field) => [[...prefix, field.name], ...below(field.fields ?? [], [...prefix, field.name])])
  return below(definition.fields, [])
}

export function wideMessage(options: WideOptions): Record<string, unknown> {
  const { definition, version, elements } = options
  const versionMax = versionsOf(definition).max
  const struct = (
    fields: readonly FieldDefinition[],
    path: readonly string[],
    index: number,
  ): Record<string, unknown> => {
    const value: Record<string, unknown> = {}
    for (const field of fields) {
      if (field.tag !== undefined || !has(field, version, versionMax)) continue
      const onPath = path[0] === field.name
      const element = (at: number): unknown =>
        field.type.endsWith('struct')
          ? struct(field.fields ?? [], onPath ? path.slice(1) : [], at)
          : scalar(options, field.type.replace('[]', ''), field, at)
      if (!field.type.startsWith('[]')) value[field.name] = element(index)
      else if (onPath)
        value[field.name] = Array.from({ length: path.length === 1 ? elements : 1 }, (_, at) => element(at))
      else value[field.name] = field.nullableVersions === undefined ? [] : null
    }
    return value
  }
  return struct(definition.fields, options.path, 0)
}

function has(field: FieldDefinition, version: number, versionMax: number): boolean {
  const { min, max } = parseVersions(field.versions, versionMax)
  return version >= min && version <= max
}

/** What gets a request past the first checks: known names, no replica, acks of 1, whole timeouts. */
function scalar({ topic }: WideOptions, type: string, field: FieldDefinition, at: number): unknown {
  const { name } = field
  const own = topic === null ? at : 0
  switch (type) {
    case 'bool':
      return !name.startsWith('allow')
    case 'string':
      if (field.default === null && !field.type.startsWith('[]')) return null
      if (/topic|name|key/i.test(name)) return topic ?? `t.${at.toString(36).padStart(4, '0')}`
      return /group/i.test(name) ? `g${own}` : ''
    case 'uuid': {
      const bytes = Buffer.alloc(16)
      bytes.writeInt32BE(own + 5, 8)
      return bytes.toString('base64url')
    }
    case 'bytes':
    case 'records':
      return Buffer.alloc(0)
    case 'int8':
      return name === 'resourceType' ? 2 : 0
    case 'int16':
      return /acks|replicationFactor/.test(name) ? 1 : 0
    default:
      if (/timeout/i.test(name)) return 10_000
      if (/replicaId/i.test(name)) return -1
      return /numPartitions|count/.test(name) ? 1 : own
  }
}
