/** What a LogManager is told when it opens, and when it creates a log. */
import type { Host } from '@millrace/base/host'
import type { Logger } from '@millrace/base/logger'
import type { Uuid } from '@millrace/base/uuid'
import type { Arena } from './arena.ts'
import type { CleanerSettings } from './cleaner/cleaner-settings.ts'
import type { LogConfig } from './log-config.ts'

export interface LogManagerOptions {
  readonly host: Host
  readonly logger: Logger
  readonly directory: string
  readonly clusterId: string
  readonly nodeId: number
  readonly arena: Arena
  /** For partitions found on disk, until their owner sets their own. */
  readonly defaults: LogConfig
  /** Most files held open. */
  readonly openFilesMax?: number
  /** producer.id.expiration.ms */
  readonly producerIdExpirationMs?: number | (() => number)
  /** log.retention.check.interval.ms */
  readonly retentionPeriodMs?: number
  /** How to compact, asked for at each round; Kafka's defaults unless given. */
  readonly cleanerSettings?: () => CleanerSettings
  /** For tests: poison released read buffers. */
  readonly poison?: boolean
}

export interface CreateLogOptions {
  readonly topic: string
  readonly partition: number
  readonly topicId: Uuid
  readonly config: LogConfig
}
