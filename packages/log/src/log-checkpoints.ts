/** Contents of the checkpoint files of a log directory, as its logs are now. */
import { encodeOffsetCheckpoint, type PartitionOffset } from './checkpoints.ts'
import type { PartitionLog } from './partition-log.ts'

type Logs = Iterable<PartitionLog>

export function highWatermarksOf(logs: Logs): Buffer {
  return checkpointOf(logs, (log) => log.highWatermark)
}

export function recoveryPointsOf(logs: Logs): Buffer {
  return checkpointOf(logs, (log) => log.checkpointedRecoveryPoint)
}

/** Only where the log start is not told by the files. */
export function logStartsOf(logs: Logs): Buffer {
  return checkpointOf(logs, (log) => (log.logStartOffset > log.segments.first.baseOffset ? log.logStartOffset : null))
}

/** Up to where each log is compacted, for those that are. */
export function firstDirtyOffsetsOf(logs: Logs): Buffer {
  return checkpointOf(logs, (log) => (log.firstDirtyOffset > 0 ? log.firstDirtyOffset : null))
}

function checkpointOf(logs: Logs, offsetOf: (log: PartitionLog) => number | null): Buffer {
  const entries: PartitionOffset[] = []
  for (const log of logs) {
    const offset = offsetOf(log)
    if (offset !== null) entries.push({ topic: log.topic, partition: log.partition, offset })
  }
  return encodeOffsetCheckpoint(entries)
}
