/**
 * Values for any message definition, drawn from seeded random numbers: mostly what a client would say (the names that
 * exist, small numbers), now and then an extreme. They always encode; what is hostile about them is what they mean.
 */
import { ZERO_UUID } from '@millrace/base/uuid'
import {
  isFlexible,
  parseVersions,
  versionsOf,
  type FieldDefinition,
  type MessageDefinition,
} from '@millrace/protocol/definition'
import type { SeededRandom } from '@millrace/testkit/seeded-random'

export interface Vocabulary {
  readonly topics: readonly string[]
  readonly groups: readonly string[]
  readonly topicIds: readonly string[]
  /** The content of a `records` field. */
  readonly records: (random: SeededRandom) => Buffer
}

const INT_LIMITS: Readonly<Record<string, readonly [number, number]>> = {
  int8: [-128, 127],
  int16: [-32_768, 32_767],
  uint16: [0, 65_535],
  int32: [-2_147_483_648, 2_147_483_647],
  uint32: [0, 4_294_967_295],
  int64: [-9_007_199_254_740_991, 9_007_199_254_740_991],
}

/** Texts that have broken servers before. */
const ODD_TEXTS: readonly string[] = [
  '',
  '.',
  '..',
  '__cluster_metadata',
  '__proto__',
  'constructor',
  'a/b',
  '../../etc',
  'x'.repeat(249),
  'x'.repeat(250),
  'é'.repeat(10_000),
  '\0',
  '\ud800',
  'consumer',
  'range',
  'retention.ms',
  'cleanup.policy',
]

export function pick<T>(random: SeededRandom, from: readonly T[]): T {
  return from[random.below(from.length)] as T
}

/** A value that `version` of `definition` can carry. */
export function randomMessage(
  definition: MessageDefinition,
  version: number,
  random: SeededRandom,
  vocabulary: Vocabulary,
): Record<string, unknown> {
  const versionMax = versionsOf(definition).max
  const flexible = isFlexible(definition, version)
  const inVersion = (text: string | undefined): boolean => {
    const { min, max } = parseVersions(text, versionMax)
    return version >= min && version <= max
  }
  const struct = (fields: readonly FieldDefinition[], depth: number): Record<string, unknown> => {
    const value: Record<string, unknown> = {}
    for (const field of fields) {
      if (!inVersion(field.versions) || (field.tag !== undefined && (!flexible || random.chance(0.7)))) continue
      value[field.name] = fieldValue(field, depth)
    }
    return value
  }
  const fieldValue = (field: FieldDefinition, depth: number): unknown => {
    if (field.nullableVersions !== undefined && inVersion(field.nullableVersions) && random.chance(0.2)) return null
    const type = field.type.replace('[]', '')
    const element = (): unknown =>
      type === 'struct' ? struct(field.fields ?? [], depth + 1) : scalar(type, field.name)
    if (!field.type.startsWith('[]')) return element()
    const count = random.chance(0.02) && depth === 0 ? random.below(200) : random.below(3)
    return Array.from({ length: count }, element)
  }
  const scalar = (type: string, name: string): unknown => {
    const limits = INT_LIMITS[type]
    if (limits !== undefined) return integer(limits)
    switch (type) {
      case 'bool':
        return random.chance(0.5)
      case 'float64':
        return pick(random, [0, -1, 0.5, Infinity, Number.NaN, 1e308])
      case 'uuid':
        return random.chance(0.6) && vocabulary.topicIds.length > 0
          ? pick(random, vocabulary.topicIds)
          : pick(random, [ZERO_UUID, uuid(random)])
      case 'string':
        return text(name)
      case 'records':
        return vocabulary.records(random)
      default:
        return random.bytes(random.below(40))
    }
  }
  const integer = ([min, max]: readonly [number, number]): number => {
    if (random.chance(0.75)) return random.below(4)
    return pick(
      random,
      [-1, -2, min, max, max - 1, Math.trunc(random.between(min, max))].filter((value) => value >= min),
    )
  }
  const text = (name: string): string => {
    if (random.chance(0.15)) return pick(random, ODD_TEXTS)
    if (/group/i.test(name)) return pick(random, vocabulary.groups)
    if (/topic|name|key/i.test(name)) return pick(random, vocabulary.topics)
    return random.bytes(random.below(12)).toString('latin1')
  }
  return struct(definition.fields, 0)
}

function uuid(random: SeededRandom): string {
  return random.bytes(16).toString('base64url')
}
