/**
 * JSON bodies, both ways. Decoding checks types, required members and constraints in one walk; members that the model
 * does not know are ignored, as AWS does; null means absent. Encoding writes the members of the model and leaves out what
 * is undefined.
 */
import type { Constraint, Member, Scalar, Shape, Structure } from '../model.ts'
import { checkConstraint } from './constraints.ts'
import type { Problems } from './problems.ts'
import { expectedOf, formatTimestamp, parseBase64, parseTimestamp, validDate } from './text.ts'

type Json = Readonly<Record<string, unknown>>

/** The members of `structure` that live in the body. `path` is '' at the top, else ends in a dot. */
export function decodeJsonMembers(
  structure: Structure,
  body: Json,
  path: string,
  problems: Problems,
): Record<string, unknown> {
  const decoded: Record<string, unknown> = {}
  for (const member of structure.members) {
    if (member.location !== 'body') continue
    const value = Object.hasOwn(body, member.wireName) ? body[member.wireName] : undefined
    const here = `${path}${member.wireName}`
    if (value === undefined || value === null) {
      if (member.required) problems.missing(here)
      continue
    }
    const item = decodeJson(member.shape, value, here, member.constraint, problems)
    if (item !== undefined) decoded[member.name] = item
  }
  if (structure.kind === 'union' && Object.keys(decoded).length !== 1) {
    problems.wrongType(path.slice(0, -1), 'exactly one member')
  }
  return decoded
}

function decodeJson(
  shape: Shape,
  value: unknown,
  path: string,
  constraint: Constraint | null,
  problems: Problems,
): unknown {
  switch (shape.kind) {
    case 'structure':
    case 'union':
      if (!isObject(value)) return refuse(path, 'an object', problems)
      return decodeJsonMembers(shape, value, `${path}.`, problems)
    case 'list':
      if (!Array.isArray(value)) return refuse(path, 'a list', problems)
      if (constraint !== null) checkConstraint(shape, value, path, constraint, problems)
      return value.map((item: unknown, index) =>
        decodeItem(shape.item, item, `${path}[${index}]`, constraint, problems),
      )
    case 'map':
      if (!isObject(value)) return refuse(path, 'an object', problems)
      // fromEntries defines own properties, so a key named __proto__ is a key like any other.
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [
          key,
          decodeItem(shape.value, item, `${path}.${key}`, constraint, problems),
        ]),
      )
    case 'string':
    case 'number':
    case 'boolean':
    case 'blob':
    case 'timestamp':
    case 'document':
      return decodeScalar(shape, value, path, constraint, problems)
  }
}

function decodeItem(
  shape: Shape,
  value: unknown,
  path: string,
  constraint: Constraint | null,
  problems: Problems,
): unknown {
  if (value === null) {
    problems.missing(path)
    return undefined
  }
  return decodeJson(shape, value, path, constraint?.item ?? null, problems)
}

function decodeScalar(
  shape: Scalar,
  value: unknown,
  path: string,
  constraint: Constraint | null,
  problems: Problems,
): unknown {
  const decoded = readScalar(shape, value)
  if (decoded === undefined) return refuse(path, expectedOf(shape), problems)
  if (constraint !== null) checkConstraint(shape, decoded, path, constraint, problems)
  return decoded
}

function readScalar(shape: Scalar, value: unknown): unknown {
  switch (shape.kind) {
    case 'document':
      return value
    case 'blob':
      return typeof value === 'string' ? parseBase64(value) : undefined
    case 'timestamp':
      if (typeof value === 'number')
        return shape.format === null || shape.format === 'epoch-seconds' ? validDate(value * 1000) : undefined
      return typeof value === 'string' && shape.format !== 'epoch-seconds'
        ? parseTimestamp(value, shape.format ?? 'date-time')
        : undefined
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === shape.kind ? value : undefined
  }
}

function refuse(path: string, expected: string, problems: Problems): undefined {
  problems.wrongType(path, expected)
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The body of an answer, as an object that JSON.stringify can write. */
export function encodeJsonMembers(members: readonly Member[], value: Json): Json {
  const encoded: Record<string, unknown> = {}
  for (const member of members) {
    const item = value[member.name]
    if (item !== undefined && item !== null) encoded[member.wireName] = encodeJson(member.shape, item)
  }
  return encoded
}

function encodeJson(shape: Shape, value: unknown): unknown {
  switch (shape.kind) {
    case 'structure':
    case 'union':
      return encodeJsonMembers(shape.members, value as Json)
    case 'list':
      return (value as readonly unknown[]).map((item) => encodeJson(shape.item, item))
    case 'map':
      return Object.fromEntries(
        Object.entries(value as Json).map(([key, item]) => [key, encodeJson(shape.value, item)]),
      )
    case 'timestamp':
      return formatTimestamp(value as Date, shape.format ?? 'epoch-seconds')
    case 'blob':
      return Buffer.from(value as Uint8Array).toString('base64')
    case 'string':
    case 'number':
    case 'boolean':
    case 'document':
      return value
  }
}
