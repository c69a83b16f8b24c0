/**
 * Every group config (resource type GROUP): what one consumer, share or streams group has of its own instead of the
 * broker's group.* keys, which are its defaults. Kafka 3.9 knows the first four and the record lock; the rest came with
 * 4.0 and 4.1. Facts: kafka-protocol Appendix B, KIP-848, KIP-932, KIP-1071.
 */
import type { ConfigDefinition } from './definition.ts'
import { int, text } from './definition.ts'

const DURATION = /^by_duration:P(?!$)(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?$/i

// prettier-ignore
export const groupConfigs: readonly ConfigDefinition[] = [
  int('consumer.heartbeat.interval.ms', 5000, 'Heartbeat interval given to members of this consumer group.', { min: 1, synonyms: ['group.consumer.heartbeat.interval.ms'] }),
  int('consumer.session.timeout.ms', 45_000, 'Time without heartbeat after which a member of this consumer group is dropped.', { min: 1, synonyms: ['group.consumer.session.timeout.ms'] }),
  text('share.auto.offset.reset', 'latest', 'Where a share group without a start offset begins: latest, earliest or by_duration:<ISO-8601 duration>.', { check: offsetResetError }),
  int('share.heartbeat.interval.ms', 5000, 'Heartbeat interval given to members of this share group.', { min: 1, synonyms: ['group.share.heartbeat.interval.ms'] }),
  text('share.isolation.level', 'read_uncommitted', 'Whether a share group reads records of undecided transactions.', { oneOf: ['read_committed', 'read_uncommitted'] }),
  int('share.record.lock.duration.ms', 30_000, 'How long a record delivered to this share group is locked.', { min: 1000, synonyms: ['group.share.record.lock.duration.ms'] }),
  int('share.session.timeout.ms', 45_000, 'Time without heartbeat after which a member of this share group is dropped.', { min: 1, synonyms: ['group.share.session.timeout.ms'] }),
]

/** Group keys that a broker bounds: the key, and the broker's keys of its least and largest value. */
export const GROUP_BOUNDS: readonly { readonly name: string; readonly min: string; readonly max: string }[] = [
  ['consumer', 'session.timeout.ms'],
  ['consumer', 'heartbeat.interval.ms'],
  ['share', 'session.timeout.ms'],
  ['share', 'heartbeat.interval.ms'],
  ['share', 'record.lock.duration.ms'],
].map(([kind, rest]) => ({
  name: `${kind}.${rest}`,
  min: `group.${kind}.min.${rest}`,
  max: `group.${kind}.max.${rest}`,
}))

const byName: ReadonlyMap<string, ConfigDefinition> = new Map(
  groupConfigs.map((definition) => [definition.name, definition]),
)

export function groupConfig(name: string): ConfigDefinition | undefined {
  return byName.get(name)
}

function offsetResetError(value: string): string | null {
  if (value === 'latest' || value === 'earliest' || DURATION.test(value)) return null
  return 'the string must be either earliest, latest or of the format by_duration:<PnDTnHnMn.nS>'
}
