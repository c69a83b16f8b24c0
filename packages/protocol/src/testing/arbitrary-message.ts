/**
 * fast-check arbitraries for the values of any message definition: what a version can carry, everything else default.
 * For tests only.
 */
import { ZERO_UUID } from '@millrace/base/uuid'
import * as fc from 'fast-check'
import { isFlexible, parseVersions, versionsOf, type FieldDefinition, type MessageDefinition } from '../definition.ts'

const bytes: fc.Arbitrary<Buffer> = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array))

const SCALARS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  bool: fc.boolean(),
  int8: fc.integer({ min: -128, max: 127 }),
  int16: fc.integer({ min: -32_768, max: 32_767 }),
  uint16: fc.integer({ min: 0, max: 65_535 }),
  int32: fc.integer({ min: -2_147_483_648, max: 2_147_483_647 }),
  uint32: fc.integer({ min: 0, max: 4_294_967_295 }),
  int64: fc.maxSafeInteger(),
  float64: fc.double({ noNaN: true }),
  uuid: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((array) => Buffer.from(array).toString('base64url')),
  string: fc.oneof(fc.string({ maxLength: 60 }), fc.string({ unit: 'binary', maxLength: 60 })),
  bytes,
  records: bytes,
}

/** The value that a field has when it is not there. */
export function defaultOf(field: FieldDefinition): unknown {
  if (field.default !== undefined) return field.default
  if (field.type.startsWith('[]')) return []
  switch (field.type) {
    case 'struct':
      return Object.fromEntries((field.fields ?? []).map((member) => [member.name, defaultOf(member)]))
    case 'bool':
      return false
    case 'string':
      return ''
    case 'uuid':
      return ZERO_UUID
    case 'bytes':
    case 'records':
      return Buffer.alloc(0)
    default:
      return 0
  }
}

/** Values of `definition` that its `version` carries without loss. */
export function arbitraryMessage(
  definition: MessageDefinition,
  version: number,
): fc.Arbitrary<Record<string, unknown>> {
  return arbitraryFields(definition.fields, version, versionsOf(definition).max, isFlexible(definition, version))
}

function arbitraryFields(
  fields: readonly FieldDefinition[],
  version: number,
  versionMax: number,
  flexible: boolean,
): fc.Arbitrary<Record<string, unknown>> {
  const inVersion = (text: string | undefined): boolean => {
    const { min, max } = parseVersions(text, versionMax)
    return version >= min && version <= max
  }
  const arbitraryField = (field: FieldDefinition): fc.Arbitrary<unknown> => {
    if (!inVersion(field.versions) || (field.tag !== undefined && !flexible)) return fc.constant(defaultOf(field))
    const type = field.type.replace('[]', '')
    const element =
      type === 'struct'
        ? arbitraryFields(field.fields ?? [], version, versionMax, flexible)
        : (SCALARS[type] as fc.Arbitrary<unknown>)
    const value = field.type.startsWith('[]') ? fc.array(element, { maxLength: 3 }) : element
    const orNull =
      field.nullableVersions !== undefined && inVersion(field.nullableVersions)
        ? fc.oneof(fc.constant(null), value)
        : value
    return field.tag === undefined ? orNull : fc.oneof(fc.constant(defaultOf(field)), orNull)
  }
  return fc.record(Object.fromEntries(fields.map((field) => [field.name, arbitraryField(field)])), {
    noNullPrototype: true,
  })
}
