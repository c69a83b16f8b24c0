/** The effective topic settings as the log's LogConfig. */
import type { ConfigContext } from './effective.ts'
import { topicBoolean, topicNumber, topicValue } from './effective.ts'
import { splitList } from './definition.ts'
import type { LogConfig } from './log-config.ts'

export function toLogConfig(context: ConfigContext, topic: string): LogConfig {
  const number = (name: string): number => topicNumber(context, topic, name)
  const flag = (name: string): boolean => topicBoolean(context, topic, name)
  const policies = splitList(topicValue(context, topic, 'cleanup.policy'))
  return {
    segmentBytes: number('segment.bytes'),
    segmentMs: number('segment.ms'),
    segmentJitterMs: number('segment.jitter.ms'),
    segmentIndexBytes: number('segment.index.bytes'),
    flushMessages: number('flush.messages'),
    flushMs: number('flush.ms'),
    retentionBytes: number('retention.bytes'),
    retentionMs: number('retention.ms'),
    maxMessageBytes: number('max.message.bytes'),
    indexIntervalBytes: number('index.interval.bytes'),
    deleteRetentionMs: number('delete.retention.ms'),
    minCompactionLagMs: number('min.compaction.lag.ms'),
    maxCompactionLagMs: number('max.compaction.lag.ms'),
    fileDeleteDelayMs: number('file.delete.delay.ms'),
    minCleanableDirtyRatio: number('min.cleanable.dirty.ratio'),
    cleanupPolicy: { compact: policies.includes('compact'), delete: policies.includes('delete') },
    uncleanLeaderElection: flag('unclean.leader.election.enable'),
    minInsyncReplicas: number('min.insync.replicas'),
    compressionType: topicValue(context, topic, 'compression.type') as LogConfig['compressionType'],
    compressionGzipLevel: number('compression.gzip.level'),
    compressionZstdLevel: number('compression.zstd.level'),
    preallocate: flag('preallocate'),
    messageTimestampType: topicValue(context, topic, 'message.timestamp.type') as LogConfig['messageTimestampType'],
    messageTimestampBeforeMaxMs: number('message.timestamp.before.max.ms'),
    messageTimestampAfterMaxMs: number('message.timestamp.after.max.ms'),
    remoteStorageEnable: flag('remote.storage.enable'),
    localRetentionMs: number('local.retention.ms'),
    localRetentionBytes: number('local.retention.bytes'),
  }
}
