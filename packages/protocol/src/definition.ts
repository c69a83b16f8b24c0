/**
 * The notation in which every Kafka message is written down: plain data, one definition for all versions of a message,
 * from which the TypeScript types are inferred (Decoded, Encodable) and the codecs compiled (codec.ts). Metadata records
 * and coordinator records use the same notation (kind 'data').
 *
 * A definition is an object literal `as const`, so that its types are exact. Field order is wire order; tagged fields may
 * stand anywhere. Version ranges are texts: '3' one version, '0-7', '4+' from 4 to the message's last.
 */
import type { Uuid } from '@millrace/base/uuid'
import type { ErrorName } from './errors.ts'

export type ScalarType =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'float64'
  | 'uuid'
  | 'string'
  | 'bytes'
  | 'records'

/** `[]T` is an array of T; 'struct' and '[]struct' say their members in `fields`. */
export type FieldType = ScalarType | `[]${Exclude<ScalarType, 'records'>}` | 'struct' | '[]struct'

export interface FieldDefinition {
  /** Kafka's name in camelCase. */
  readonly name: string
  readonly type: FieldType
  /** Message versions that have the field; absent: all. */
  readonly versions?: string
  /** Versions in which the value may be null; absent: none. */
  readonly nullableVersions?: string
  /**
   * What the field is when it is absent; without one: 0, false, '', the zero uuid, empty, or a struct of defaults.
   * A tagged field is written only when it differs from its default.
   */
  readonly default?: number | string | boolean | null
  /** Number in the tag section; such a field has no position. */
  readonly tag?: number
  /**
   * A value may be lost silently when the version lacks the field. Otherwise encoding a non-default value throws
   * EncodeError, except in responses, where clients of old versions simply learn less.
   */
  readonly ignorable?: true
  /** What it means; present where the name does not say it all. */
  readonly about?: string
  /** The errors that this error code field carries. */
  readonly errors?: readonly ErrorName[]
  /** Members, of 'struct' and '[]struct'. */
  readonly fields?: readonly FieldDefinition[]
}

export interface MessageDefinition {
  readonly kind: 'request' | 'response' | 'data'
  /** API key of requests and responses; record type of data; absent where there is none. */
  readonly apiKey?: number
  readonly name: string
  readonly versions: string
  /** Versions with compact types and tag sections (KIP-482); 'none' for messages that never got them. */
  readonly flexibleVersions: string
  readonly fields: readonly FieldDefinition[]
}

export interface RequestDefinition extends MessageDefinition {
  readonly kind: 'request'
  readonly apiKey: number
}

export interface ResponseDefinition extends MessageDefinition {
  readonly kind: 'response'
  readonly apiKey: number
}

interface DecodedScalars {
  bool: boolean
  int8: number
  int16: number
  uint16: number
  int32: number
  uint32: number
  /** Beyond ±2^53 the nearest representable number. */
  int64: number
  float64: number
  uuid: Uuid
  string: string
  /** A view over the message's bytes. */
  bytes: Buffer
  /** A view over the message's bytes. */
  records: Buffer
}

interface EncodableScalars extends Omit<DecodedScalars, 'bytes' | 'records'> {
  bytes: Uint8Array
  records: Buffer | readonly Buffer[]
}

type OrNull<F extends FieldDefinition, T> = F extends { readonly nullableVersions: string } ? T | null : T

type FieldsOf<F extends FieldDefinition> = F extends { readonly fields: infer M extends readonly FieldDefinition[] }
  ? M
  : readonly []

type DecodedValue<F extends FieldDefinition> = F['type'] extends keyof DecodedScalars
  ? DecodedScalars[F['type']]
  : F['type'] extends 'struct'
    ? DecodedFields<FieldsOf<F>>
    : F['type'] extends '[]struct'
      ? DecodedFields<FieldsOf<F>>[]
      : F['type'] extends `[]${infer E extends keyof DecodedScalars}`
        ? DecodedScalars[E][]
        : never

export type DecodedFields<M extends readonly FieldDefinition[]> = {
  [F in M[number] as F['name']]: OrNull<F, DecodedValue<F>>
}

/** The value that decoding gives: every field present, those that the version lacks with their default. It is the receiver's own. */
export type Decoded<D extends { readonly fields: readonly FieldDefinition[] }> = DecodedFields<D['fields']>

type EncodableValue<F extends FieldDefinition> = F['type'] extends keyof EncodableScalars
  ? EncodableScalars[F['type']]
  : F['type'] extends 'struct'
    ? EncodableFields<FieldsOf<F>>
    : F['type'] extends '[]struct'
      ? readonly EncodableFields<FieldsOf<F>>[]
      : F['type'] extends `[]${infer E extends keyof EncodableScalars}`
        ? readonly EncodableScalars[E][]
        : never

/** Fields that may be left out: those with a default, tagged, or not in all versions. */
type Optional<F extends FieldDefinition> = F extends
  | { readonly default: unknown }
  | { readonly tag: number }
  | { readonly versions: string }
  ? true
  : false

export type EncodableFields<M extends readonly FieldDefinition[]> = {
  readonly [F in M[number] as Optional<F> extends true ? never : F['name']]: OrNull<F, EncodableValue<F>>
} & {
  readonly [F in M[number] as Optional<F> extends true ? F['name'] : never]?: OrNull<F, EncodableValue<F>> | undefined
}

/** What encoding accepts; fields left out are written as their default. Every Decoded value is Encodable. */
export type Encodable<D extends { readonly fields: readonly FieldDefinition[] }> = EncodableFields<D['fields']>

/** A parsed version range, both ends included; empty when max < min. */
export interface VersionRange {
  readonly min: number
  readonly max: number
}

/** Parses '3', '0-7', '4+' (open: up to `last`) or 'none'. */
export function parseVersions(text: string | undefined, last: number): VersionRange {
  if (text === undefined) return { min: 0, max: last }
  if (text === 'none') return { min: 0, max: -1 }
  const match = /^(\d+)(?:-(\d+)|(\+))?$/.exec(text)
  if (match === null) throw new RangeError(`version range "${text}"`)
  const min = Number(match[1])
  if (match[3] === '+') return { min, max: last }
  return { min, max: match[2] === undefined ? min : Number(match[2]) }
}

/** The versions that `definition` has. */
export function versionsOf(definition: MessageDefinition): VersionRange {
  return parseVersions(definition.versions, 32_767)
}

/** The first flexible version per definition (Infinity: none): asked for every frame, so parsed once. */
const flexibleFrom = new WeakMap<MessageDefinition, number>()

/** True when `version` of the message uses compact types and tag sections; every version above the first one does. */
export function isFlexible(definition: MessageDefinition, version: number): boolean {
  let from = flexibleFrom.get(definition)
  if (from === undefined) {
    const { min, max } = parseVersions(definition.flexibleVersions, 32_767)
    from = max < min ? Infinity : min
    flexibleFrom.set(definition, from)
  }
  return version >= from
}
