/** What one cleaning of one log carries along. */
import type { Computation } from '@millrace/base/host'
import type { LogContext } from '../log-context.ts'
import type { PartitionLog } from '../partition-log.ts'
import type { CleaningMessage, CleaningReply } from './cleaning-computation.ts'
import type { Pace } from './pace.ts'

export interface CleaningRun {
  readonly context: LogContext
  readonly log: PartitionLog
  readonly pace: Pace
  readonly computation: Computation<CleaningMessage, CleaningReply>
  /** The log was cut, closed or lost segments since the walk under way began. */
  readonly isAborted: () => boolean
  readonly statistics: CleaningStatistics
}

export interface CleaningStatistics {
  bytesBefore: number
  bytesAfter: number
  segmentsBefore: number
  segmentsAfter: number
}
