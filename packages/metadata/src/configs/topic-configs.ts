/** Every topic config of Apache Kafka 3.9 (kafka-protocol Appendix B), with the broker keys that give its default. */
import type { ConfigDefinition } from './definition.ts'
import { LONG_MAX, bool, double, int, list, long, splitList, text } from './definition.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

export const COMPRESSION_TYPES: readonly string[] = ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer']
export const TIMESTAMP_TYPES: readonly string[] = ['CreateTime', 'LogAppendTime']
export const CLEANUP_POLICIES: readonly string[] = ['compact', 'delete']

/** The complaint about a gzip level, or null. */
export function gzipLevelError(value: string): string | null {
  const level = Number(value)
  return level === -1 || (level >= 1 && level <= 9) ? null : 'Value must be between 1 and 9 or equal to -1'
}

function throttledReplicasError(value: string): string | null {
  const items = splitList(value)
  const fine = (items.length === 1 && items[0] === '*') || items.every((item) => /^\d+:\d+$/.test(item))
  return fine ? null : 'Must be the literal * or a list of replicas in the form [partition]:[broker],…'
}

// prettier-ignore
export const topicConfigs: readonly ConfigDefinition[] = [
  list('cleanup.policy', 'delete', 'What happens to old segments: delete removes them by retention, compact keeps the last record of each key, both together do both.', { oneOf: CLEANUP_POLICIES, synonyms: ['log.cleanup.policy'] }),
  int('compression.gzip.level', -1, 'Level used when the broker compresses with gzip; -1 is the codec’s default.', { check: gzipLevelError, synonyms: ['compression.gzip.level'] }),
  int('compression.lz4.level', 9, 'Level used when the broker compresses with lz4.', { min: 1, max: 17, synonyms: ['compression.lz4.level'] }),
  text('compression.type', 'producer', 'Codec in which batches are stored; producer keeps what the producer chose, uncompressed stores plain.', { oneOf: COMPRESSION_TYPES, synonyms: ['compression.type'] }),
  int('compression.zstd.level', 3, 'Level used when the broker compresses with zstd.', { min: -131072, max: 22, synonyms: ['compression.zstd.level'] }),
  long('delete.retention.ms', 86_400_000, 'How long tombstones stay in a compacted log: the time a reader starting at offset 0 has to see every deletion.', { min: 0, synonyms: ['log.cleaner.delete.retention.ms'] }),
  long('file.delete.delay.ms', 60_000, 'How long a removed segment file stays on disk before it is unlinked.', { min: 0, synonyms: ['log.segment.delete.delay.ms'] }),
  long('flush.messages', LONG_MAX, 'Number of records after which the log is forced to disk. Replication is the usual protection, so the default never forces.', { min: 1, synonyms: ['log.flush.interval.messages'] }),
  long('flush.ms', LONG_MAX, 'Time after which the log is forced to disk.', { min: 0, synonyms: ['log.flush.interval.ms', 'log.flush.scheduler.interval.ms'] }),
  list('follower.replication.throttled.replicas', '', 'Replicas whose fetching is throttled on the follower, as partition:broker pairs; * is all replicas of the topic.', { check: throttledReplicasError }),
  int('index.interval.bytes', 4096, 'Bytes of log between two entries of the offset index.', { min: 0, synonyms: ['log.index.interval.bytes'] }),
  list('leader.replication.throttled.replicas', '', 'Replicas to which the leader sends throttled, as partition:broker pairs; * is all replicas of the topic.', { check: throttledReplicasError }),
  long('local.retention.bytes', -2, 'Size kept on local disk when segments are tiered; -2 follows retention.bytes.', { min: -2, synonyms: ['log.local.retention.bytes'] }),
  long('local.retention.ms', -2, 'Age up to which tiered segments stay on local disk; -2 follows retention.ms.', { min: -2, synonyms: ['log.local.retention.ms'] }),
  long('max.compaction.lag.ms', LONG_MAX, 'Longest time a record stays out of compaction, for logs that are being compacted.', { min: 1, synonyms: ['log.cleaner.max.compaction.lag.ms'] }),
  int('max.message.bytes', 1_048_588, 'Largest record batch accepted, after compression.', { min: 0, synonyms: ['message.max.bytes'] }),
  bool('message.downconversion.enable', true, 'Whether batches are converted for consumers that know only older message formats.', { synonyms: ['log.message.downconversion.enable'] }),
  text('message.format.version', '3.0-IV1', 'Kept for compatibility: the message format follows from the Kafka version.', { synonyms: ['log.message.format.version'] }),
  long('message.timestamp.after.max.ms', LONG_MAX, 'How far a record’s timestamp may lie ahead of the broker’s clock (CreateTime only).', { min: 0, synonyms: ['log.message.timestamp.after.max.ms'] }),
  long('message.timestamp.before.max.ms', LONG_MAX, 'How far a record’s timestamp may lie behind the broker’s clock (CreateTime only).', { min: 0, synonyms: ['log.message.timestamp.before.max.ms'] }),
  long('message.timestamp.difference.max.ms', LONG_MAX, 'Deprecated: largest difference either way between a record’s timestamp and the broker’s clock.', { min: 0, synonyms: ['log.message.timestamp.difference.max.ms'] }),
  text('message.timestamp.type', 'CreateTime', 'Whether records keep the producer’s timestamp or are stamped when appended.', { oneOf: TIMESTAMP_TYPES, synonyms: ['log.message.timestamp.type'] }),
  double('min.cleanable.dirty.ratio', 0.5, 'Share of the log not yet compacted at which compaction becomes worth its cost.', { min: 0, max: 1, synonyms: ['log.cleaner.min.cleanable.ratio'] }),
  long('min.compaction.lag.ms', 0, 'Shortest time a record stays untouched by compaction.', { min: 0, synonyms: ['log.cleaner.min.compaction.lag.ms'] }),
  int('min.insync.replicas', 1, 'In-sync replicas a write with acks=all needs; below it such writes are refused.', { min: 1, synonyms: ['min.insync.replicas'] }),
  bool('preallocate', false, 'Whether a new segment file takes its full size on disk at once.', { synonyms: ['log.preallocate'] }),
  bool('remote.log.copy.disable', false, 'Stops copying to remote storage; what is there stays readable.'),
  bool('remote.log.delete.on.disable', false, 'Whether the remote part of the log is deleted when tiering is switched off.'),
  bool('remote.storage.enable', false, 'Copies closed segments to remote storage; needs a cluster with tiered storage.'),
  long('retention.bytes', -1, 'Size per partition beyond which the oldest segments are deleted (policy delete); -1 sets no limit.', { synonyms: ['log.retention.bytes'] }),
  long('retention.ms', 604_800_000, 'Age at which segments are deleted (policy delete); -1 keeps them for ever.', { min: -1, synonyms: ['log.retention.ms', { name: 'log.retention.minutes', unitMs: MINUTE_MS }, { name: 'log.retention.hours', unitMs: HOUR_MS }] }),
  int('segment.bytes', 1_073_741_824, 'Size at which a segment file is closed and a new one begun; deletion and compaction work on closed segments.', { min: 14, synonyms: ['log.segment.bytes'] }),
  int('segment.index.bytes', 10_485_760, 'Size of a segment’s index files; a full index closes the segment.', { min: 4, synonyms: ['log.index.size.max.bytes'] }),
  long('segment.jitter.ms', 0, 'Bound of a random time taken off segment.ms, so that the segments of many partitions do not roll at once.', { min: 0, synonyms: ['log.roll.jitter.ms', { name: 'log.roll.jitter.hours', unitMs: HOUR_MS }] }),
  long('segment.ms', 604_800_000, 'Time after which a segment that has records is closed even if it is not full.', { min: 1, synonyms: ['log.roll.ms', { name: 'log.roll.hours', unitMs: HOUR_MS }] }),
  bool('unclean.leader.election.enable', false, 'Whether a replica outside the ISR may become leader when no other can, at the price of lost records.', { synonyms: ['unclean.leader.election.enable'] }),
]

const byName: ReadonlyMap<string, ConfigDefinition> = new Map(
  topicConfigs.map((definition) => [definition.name, definition]),
)

export function topicConfig(name: string): ConfigDefinition | undefined {
  return byName.get(name)
}
