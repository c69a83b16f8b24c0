/**
 * Message values as JSON, in the form that Kafka's own JSON converters read: bytes as base64, and only the fields that
 * the version has. For tests and the capture of golden bytes.
 */
import { isFlexible, parseVersions, versionsOf, type FieldDefinition, type MessageDefinition } from '../definition.ts'

export function jsonOfMessage(definition: MessageDefinition, version: number, value: object): unknown {
  return jsonOfFields(definition.fields, value, version, versionsOf(definition).max, isFlexible(definition, version))
}

function jsonOfFields(
  fields: readonly FieldDefinition[],
  value: object,
  version: number,
  versionMax: number,
  flexible: boolean,
): unknown {
  const json: Record<string, unknown> = {}
  for (const field of fields) {
    const { min, max } = parseVersions(field.versions, versionMax)
    if (version < min || version > max || (field.tag !== undefined && !flexible)) continue
    json[field.name] = jsonOfValue(field, (value as Record<string, unknown>)[field.name], (members, struct) =>
      jsonOfFields(members, struct, version, versionMax, flexible),
    )
  }
  return json
}

function jsonOfValue(
  field: FieldDefinition,
  value: unknown,
  struct: (members: readonly FieldDefinition[], value: object) => unknown,
): unknown {
  if (value === null) return null
  if (Buffer.isBuffer(value)) return value.toString('base64')
  if (Array.isArray(value)) return value.map((element) => jsonOfValue(field, element, struct))
  return typeof value === 'object' ? struct(field.fields ?? [], value as object) : value
}
