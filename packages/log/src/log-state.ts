/** The state of a partition log that its parts share. PartitionLog is it; LogWriter changes it. */
import type { LeaderEpochCache } from './leader-epoch-cache.ts'
import type { LogConfig } from './log-config.ts'
import type { ProducerStates } from './producer-states.ts'
import type { SegmentList } from './segment-list.ts'

export interface LogState {
  readonly topic: string
  readonly partition: number
  /** The partition's own directory. */
  readonly directory: string
  config: LogConfig
  logStartOffset: number
  logEndOffset: number
  highWatermark: number
  /** Everything below has been compacted (cleaner-offset-checkpoint). */
  firstDirtyOffset: number
  readonly leaderEpochs: LeaderEpochCache
  readonly producers: ProducerStates
  readonly segments: SegmentList
  offline: Error | null
  onLogEndMoved: (() => void) | null
  onOffline: ((error: Error) => void) | null
}
