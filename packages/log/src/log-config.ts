/**
 * The topic-level configuration that a partition log acts on: values already resolved from topic, broker and default
 * (kafka-configs: topic configuration). A log reads `config` afresh at each decision, so replacing the object is
 * enough to reconfigure it. -1 means "no limit" where Kafka says so. Sizes are in bytes, times in milliseconds.
 */
export interface LogConfig {
  /** segment.bytes */
  readonly segmentBytes: number
  /** segment.ms */
  readonly segmentMs: number
  /** segment.jitter.ms: most that is taken off segment.ms, drawn once per segment. */
  readonly segmentJitterMs: number
  /** index.interval.bytes */
  readonly indexIntervalBytes: number
  /** segment.index.bytes */
  readonly segmentIndexBytes: number
  /** retention.ms; -1 keeps forever. */
  readonly retentionMs: number
  /** retention.bytes; -1 is no limit. */
  readonly retentionBytes: number
  /** max.message.bytes, the size of a batch with its 12 bytes of overhead. */
  readonly maxMessageBytes: number
  /** flush.messages: appends are acknowledged after an fsync once this many records are unflushed. */
  readonly flushMessages: number
  /** flush.ms */
  readonly flushMs: number
  /** preallocate: the active segment has its full size on disk from the start (sparse, as in Kafka). */
  readonly preallocate: boolean
  /** file.delete.delay.ms */
  readonly fileDeleteDelayMs: number
  /** cleanup.policy */
  readonly cleanupPolicy: { readonly compact: boolean; readonly delete: boolean }
  /** message.timestamp.type */
  readonly messageTimestampType: 'CreateTime' | 'LogAppendTime'
  /** delete.retention.ms: how long a compacted log keeps tombstones and transaction markers whose data is gone. */
  readonly deleteRetentionMs: number
  /** min.compaction.lag.ms: younger records are not compacted. */
  readonly minCompactionLagMs: number
  /** max.compaction.lag.ms: older records are compacted whatever the dirty ratio. */
  readonly maxCompactionLagMs: number
  /** min.cleanable.dirty.ratio */
  readonly minCleanableDirtyRatio: number
}

/** Kafka's defaults (3.9). "Never" is Java's Long.MAX_VALUE there and the greatest safe integer here. */
export const defaultLogConfig: LogConfig = {
  segmentBytes: 1024 * 1024 * 1024,
  segmentMs: 7 * 24 * 3600 * 1000,
  segmentJitterMs: 0,
  indexIntervalBytes: 4096,
  segmentIndexBytes: 10 * 1024 * 1024,
  retentionMs: 7 * 24 * 3600 * 1000,
  retentionBytes: -1,
  maxMessageBytes: 1_048_588,
  flushMessages: Number.MAX_SAFE_INTEGER,
  flushMs: Number.MAX_SAFE_INTEGER,
  preallocate: false,
  fileDeleteDelayMs: 60_000,
  cleanupPolicy: { compact: false, delete: true },
  messageTimestampType: 'CreateTime',
  deleteRetentionMs: 86_400_000,
  minCompactionLagMs: 0,
  maxCompactionLagMs: Number.MAX_SAFE_INTEGER,
  minCleanableDirtyRatio: 0.5,
}
