/** What one cleaning of one log carries along. */
import type { LogContext } from '../log-context.ts'
import type { PartitionLog } from '../partition-log.ts'
import type { AbortedEntry } from '../transaction-index.ts'
import type { Pace } from './pace.ts'

export interface CleaningRun {
  readonly context: LogContext
  readonly log: PartitionLog
  readonly pace: Pace
  /** The log was cut, closed or lost segments since the walk under way began. */
  readonly isAborted: () => boolean
  /** Aborted transactions that reach into what is compacted. */
  readonly aborted: readonly AbortedEntry[]
  readonly statistics: CleaningStatistics
}

export interface CleaningStatistics {
  bytesBefore: number
  bytesAfter: number
  segmentsBefore: number
  segmentsAfter: number
}
