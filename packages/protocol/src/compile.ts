/**
 * Turns a message definition, for one version, into straight-line JavaScript: a function per struct, a statement per
 * field, no look-ups by name or version left at run time. Measured on Metadata and Fetch, this decodes about four times
 * faster than walking the definition. Definitions are our own source code, never input: names are still checked to be
 * plain identifiers before they become code.
 *
 * Rules that the generated code keeps: a field that the version lacks decodes to its default; tagged fields are written
 * in ascending order and only when different from their default; tags that are not known are skipped; the object that a
 * decoder builds has the same shape (the definition's fields, in order) in every version.
 */
import { ZERO_UUID } from '@millrace/base/uuid'
import { isFlexible, parseVersions, versionsOf, type FieldDefinition, type MessageDefinition } from './definition.ts'
import { EncodeError } from './primitives/encode-error.ts'
import type { Reader } from './primitives/reader.ts'
import type { Writer } from './primitives/writer.ts'

export type Decoder = (reader: Reader) => unknown
export type Encoder = (writer: Writer, value: unknown) => void

/** Reader and Writer methods by wire type: classic, classic nullable, compact, compact nullable. */
const METHODS: Readonly<Record<string, readonly [string, string, string, string]>> = {
  string: ['string', 'nullableString', 'compactString', 'compactNullableString'],
  bytes: ['byteString', 'nullableBytes', 'compactBytes', 'compactNullableBytes'],
}

const RECORDS_WRITERS: readonly [string, string, string, string] = [
  'records',
  'nullableRecords',
  'compactRecords',
  'compactNullableRecords',
]

/** Bytes of the fixed-width types. */
const FIXED_BYTES: Readonly<Record<string, number>> = {
  bool: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  float64: 8,
  uuid: 16,
}

const EMPTY_BYTES: Buffer = Buffer.alloc(0)

function missingField(message: string, version: number, field: string): EncodeError {
  return new EncodeError(`${message} v${version} has no field ${field}, and its value is not the default`)
}

function nullField(message: string, version: number, field: string): EncodeError {
  return new EncodeError(`${message} v${version}: ${field} may not be null`)
}

/** What stays the same over one compilation. */
interface Context {
  readonly definition: MessageDefinition
  readonly version: number
  readonly versionMax: number
  readonly flexible: boolean
  /** Finished functions of the structs. */
  readonly functions: string[]
}

function contextOf(definition: MessageDefinition, version: number): Context {
  return {
    definition,
    version,
    versionMax: versionsOf(definition).max,
    flexible: isFlexible(definition, version),
    functions: [],
  }
}

function inVersion(context: Context, versions: string | undefined): boolean {
  const { min, max } = parseVersions(versions, context.versionMax)
  return context.version >= min && context.version <= max
}

function isPresent(context: Context, field: FieldDefinition): boolean {
  return inVersion(context, field.versions) && (field.tag === undefined || context.flexible)
}

function isNullable(context: Context, field: FieldDefinition): boolean {
  return field.nullableVersions !== undefined && inVersion(context, field.nullableVersions)
}

function nameOf(field: FieldDefinition): string {
  if (!/^[a-z][A-Za-z0-9]*$/.test(field.name)) throw new RangeError(`field name "${field.name}"`)
  return field.name
}

function membersOf(field: FieldDefinition): readonly FieldDefinition[] {
  return field.fields ?? []
}

function methodIndex(context: Context, nullable: boolean): number {
  return (context.flexible ? 2 : 0) + (nullable ? 1 : 0)
}

function readMethod(context: Context, type: string, nullable: boolean): string {
  const methods = METHODS[type === 'records' ? 'bytes' : type]
  return methods === undefined ? type : (methods[methodIndex(context, nullable)] as string)
}

function writeMethod(context: Context, type: string, nullable: boolean): string {
  const methods = type === 'records' ? RECORDS_WRITERS : METHODS[type]
  return methods === undefined ? type : (methods[methodIndex(context, nullable)] as string)
}

function arrayReader(context: Context, nullable: boolean): string {
  if (context.flexible) return nullable ? 'compactNullableArrayLength' : 'compactArrayLength'
  return nullable ? 'nullableArrayLength' : 'arrayLength'
}

/** Tagged fields of the version, ascending. */
function taggedFields(context: Context, fields: readonly FieldDefinition[]): FieldDefinition[] {
  return fields
    .filter((field) => field.tag !== undefined && isPresent(context, field))
    .sort((a, b) => (a.tag as number) - (b.tag as number))
}

/** An expression for a fresh default value. */
function defaultExpression(field: FieldDefinition): string {
  if (field.default !== undefined) return JSON.stringify(field.default)
  if (field.type.startsWith('[]')) return '[]'
  switch (field.type) {
    case 'struct':
      return `{ ${membersOf(field)
        .map((member) => `${nameOf(member)}: ${defaultExpression(member)}`)
        .join(', ')} }`
    case 'bool':
      return 'false'
    case 'string':
      return "''"
    case 'uuid':
      return 'ZERO_UUID'
    case 'bytes':
    case 'records':
      return 'EMPTY_BYTES'
    default:
      return '0'
  }
}

/** An expression that is true when `value` (not undefined) is the field's default. */
function isDefaultExpression(field: FieldDefinition, value: string): string {
  if (field.default !== undefined) return `${value} === ${JSON.stringify(field.default)}`
  if (field.type.startsWith('[]') || field.type === 'bytes' || field.type === 'records') {
    return `(${value} !== null && ${value}.length === 0)`
  }
  if (field.type !== 'struct') return `${value} === ${defaultExpression(field)}`
  const members = membersOf(field).map((member) => {
    const path = `${value}.${nameOf(member)}`
    return `(${path} === undefined || ${isDefaultExpression(member, path)})`
  })
  return `(${[`${value} !== null`, ...members].join(' && ')})`
}

/** Fewest bytes that a value of the field can take in the version: bounds array counts before anything is allocated. */
function bytesMin(context: Context, type: string, field: FieldDefinition, nullable: boolean): number {
  const fixed = FIXED_BYTES[type]
  if (fixed !== undefined) return fixed
  if (type === 'struct') {
    if (nullable) return 1
    const positional = membersOf(field).filter((member) => member.tag === undefined && isPresent(context, member))
    const sum = positional.reduce(
      (total, member) => total + bytesMin(context, member.type, member, isNullable(context, member)),
      context.flexible ? 1 : 0,
    )
    return Math.max(1, sum)
  }
  if (context.flexible) return 1
  return type === 'string' ? 2 : 4
}

// Decoding

function decodeStruct(context: Context, fields: readonly FieldDefinition[]): string {
  const body: string[] = []
  const properties: string[] = []
  fields.forEach((field, index) => {
    const local = `f${index}`
    properties.push(`${nameOf(field)}: ${local}`)
    const positional = isPresent(context, field) && field.tag === undefined
    body.push(positional ? decodeField(context, field, local) : `let ${local} = ${defaultExpression(field)}`)
  })
  if (context.flexible) body.push(decodeTags(context, fields))
  const name = `decode${context.functions.length}`
  context.functions.push(`function ${name}(r) {\n${body.join('\n')}\nreturn { ${properties.join(', ')} }\n}`)
  return name
}

function decodeTags(context: Context, fields: readonly FieldDefinition[]): string {
  const tagged = taggedFields(context, fields)
  if (tagged.length === 0) return 'r.skipTaggedFields()'
  const cases = tagged.map((field) => {
    const local = `f${fields.indexOf(field)}`
    return `case ${field.tag}: {\n${decodeField(context, field, 'value')}\n${local} = value\nbreak\n}`
  })
  return [
    'for (let left = r.uvarint(), tag = -1; left > 0; left--) {',
    'tag = r.nextTag(tag)',
    'const end = r.tagEnd()',
    `switch (tag) {\n${cases.join('\n')}\ndefault: r.position = end\n}`,
    'r.expectTagEnd(end)',
    '}',
  ].join('\n')
}

/** Statements that declare `local` and read the field into it. */
function decodeField(context: Context, field: FieldDefinition, local: string): string {
  const nullable = isNullable(context, field)
  if (field.type === 'struct') {
    const decode = decodeStruct(context, membersOf(field))
    return `let ${local} = ${nullable ? `r.structPresent() ? ${decode}(r) : null` : `${decode}(r)`}`
  }
  if (!field.type.startsWith('[]')) return `let ${local} = r.${readMethod(context, field.type, nullable)}()`
  const type = field.type.slice(2)
  const element =
    type === 'struct' ? `${decodeStruct(context, membersOf(field))}(r)` : `r.${readMethod(context, type, false)}()`
  const count = `r.${arrayReader(context, nullable)}(${bytesMin(context, type, field, false)})`
  return [
    `let ${local} = []`,
    `{ const count = ${count}`,
    ...(nullable ? [`if (count === -1) ${local} = null`] : []),
    `for (let i = 0; i < count; i++) ${local}.push(${element}) }`,
  ].join('\n')
}

// Encoding

function encodeStruct(context: Context, fields: readonly FieldDefinition[]): string {
  const body: string[] = []
  const { name: message, kind } = context.definition
  for (const field of fields) {
    const value = `v.${nameOf(field)}`
    if (!isPresent(context, field)) {
      if (kind === 'response' || field.ignorable === true) continue
      const at = `${JSON.stringify(message)}, ${context.version}, ${JSON.stringify(field.name)}`
      body.push(`if (${value} !== undefined && !(${isDefaultExpression(field, value)})) throw missingField(${at})`)
    } else if (field.tag === undefined) {
      body.push(
        `{ let x = ${value}\nif (x === undefined) x = ${encodeDefault(field)}`,
        encodeField(context, field),
        '}',
      )
    }
  }
  if (context.flexible) body.push(encodeTags(context, fields))
  const name = `encode${context.functions.length}`
  context.functions.push(`function ${name}(w, v) {\n${body.join('\n')}\n}`)
  return name
}

/** What stands for a value that was left out; a struct's own members fall back to theirs. */
function encodeDefault(field: FieldDefinition): string {
  return field.type === 'struct' && field.default === undefined ? '{}' : defaultExpression(field)
}

function encodeTags(context: Context, fields: readonly FieldDefinition[]): string {
  const tagged = taggedFields(context, fields)
  if (tagged.length === 0) return 'w.uvarint(0)'
  const body: string[] = []
  tagged.forEach((field, index) => {
    if (containsRecords(field)) throw new RangeError(`${field.name}: records in a tagged field`)
    body.push(`let x${index} = v.${nameOf(field)}`)
    body.push(`const has${index} = x${index} !== undefined && !(${isDefaultExpression(field, `x${index}`)})`)
  })
  body.push(`w.uvarint(${tagged.map((_, index) => `(has${index} ? 1 : 0)`).join(' + ')})`)
  tagged.forEach((field, index) => {
    body.push(`if (has${index}) { const mark = w.beginTag(${field.tag})\nconst x = x${index}`)
    body.push(encodeField(context, field), 'w.endTag(mark) }')
  })
  return body.join('\n')
}

function containsRecords(field: FieldDefinition): boolean {
  return field.type === 'records' || membersOf(field).some(containsRecords)
}

/** Statements that write the value in `x`. */
function encodeField(context: Context, field: FieldDefinition): string {
  const nullable = isNullable(context, field)
  const body: string[] = []
  if (field.nullableVersions !== undefined && !nullable) {
    const at = `${JSON.stringify(context.definition.name)}, ${context.version}, ${JSON.stringify(field.name)}`
    body.push(`if (x === null) throw nullField(${at})`)
  }
  if (field.type === 'struct') {
    const encode = encodeStruct(context, membersOf(field))
    body.push(
      nullable
        ? `if (x === null) w.structPresent(false)\nelse { w.structPresent(true); ${encode}(w, x) }`
        : `${encode}(w, x)`,
    )
  } else if (field.type.startsWith('[]')) {
    const type = field.type.slice(2)
    const element =
      type === 'struct'
        ? `${encodeStruct(context, membersOf(field))}(w, x[i])`
        : `w.${writeMethod(context, type, false)}(x[i])`
    const length = context.flexible ? 'w.compactArrayLength' : 'w.arrayLength'
    const loop = `{ ${length}(x.length)\nfor (let i = 0; i < x.length; i++) ${element} }`
    body.push(nullable ? `if (x === null) ${length}(-1)\nelse ${loop}` : loop)
  } else {
    body.push(`w.${writeMethod(context, field.type, nullable)}(x)`)
  }
  return body.join('\n')
}

/** Compiles the decoder of one version of a message. */
export function compileDecoder(definition: MessageDefinition, version: number): Decoder {
  const context = contextOf(definition, version)
  const entry = decodeStruct(context, definition.fields)
  const source = `'use strict'\n${context.functions.join('\n')}\nreturn ${entry}`
  return new Function('ZERO_UUID', 'EMPTY_BYTES', source)(ZERO_UUID, EMPTY_BYTES) as Decoder
}

/** Compiles the encoder of one version of a message. */
export function compileEncoder(definition: MessageDefinition, version: number): Encoder {
  const context = contextOf(definition, version)
  const entry = encodeStruct(context, definition.fields)
  const source = `'use strict'\n${context.functions.join('\n')}\nreturn ${entry}`
  return new Function('ZERO_UUID', 'EMPTY_BYTES', 'missingField', 'nullField', source)(
    ZERO_UUID,
    EMPTY_BYTES,
    missingField,
    nullField,
  ) as Encoder
}
