/**
 * LogConfig: the effective topic settings a partition log acts on, as numbers and booleans. Times in ms, sizes in
 * bytes; -1 means no limit where Kafka says so; Kafka's Long.MAX_VALUE becomes a number of about 9.2e18. A superset of
 * the type of the same name in the log package, which stands beside this one.
 */
export interface LogConfig {
  readonly segmentBytes: number
  readonly segmentMs: number
  readonly segmentJitterMs: number
  readonly segmentIndexBytes: number
  readonly flushMessages: number
  readonly flushMs: number
  readonly retentionBytes: number
  readonly retentionMs: number
  readonly maxMessageBytes: number
  readonly indexIntervalBytes: number
  readonly deleteRetentionMs: number
  readonly minCompactionLagMs: number
  readonly maxCompactionLagMs: number
  readonly fileDeleteDelayMs: number
  readonly minCleanableDirtyRatio: number
  readonly cleanupPolicy: { readonly compact: boolean; readonly delete: boolean }
  readonly uncleanLeaderElection: boolean
  readonly minInsyncReplicas: number
  /** 'producer' keeps the producer's codec. */
  readonly compressionType: 'producer' | 'uncompressed' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  /** compression.gzip.level; -1 is the codec's default. */
  readonly compressionGzipLevel: number
  /** compression.zstd.level */
  readonly compressionZstdLevel: number
  readonly preallocate: boolean
  readonly messageTimestampType: 'CreateTime' | 'LogAppendTime'
  readonly messageTimestampBeforeMaxMs: number
  readonly messageTimestampAfterMaxMs: number
  readonly remoteStorageEnable: boolean
  /** -2 follows retention.ms. */
  readonly localRetentionMs: number
  /** -2 follows retention.bytes. */
  readonly localRetentionBytes: number
}
