/** Removal of segments that are no longer part of their log: `.deleted` at once, gone after file.delete.delay.ms. */
import { DELETED_SUFFIX, segmentFileName } from './file-names.ts'
import type { LogContext } from './log-context.ts'
import type { PartitionLog } from './partition-log.ts'
import type { Segment } from './segment.ts'
import { SegmentFile } from './segment-file.ts'
import { StorageError } from './storage-error.ts'

/** @param keptSnapshot base offset whose producer snapshot stays, since another segment begins there; -1 for none */
export function deleteSegmentFiles(
  context: LogContext,
  log: PartitionLog,
  segments: readonly Segment[],
  keptSnapshot: number,
): void {
  const { files, removals } = context
  const doomed = segments.flatMap((segment) => {
    if (segment.baseOffset === keptSnapshot) return segment.files
    const snapshot = `${log.directory}/${segmentFileName(segment.baseOffset, '.snapshot')}`
    return [...segment.files, SegmentFile.at(files, snapshot)]
  })
  try {
    for (const file of doomed) if (file.exists) file.rename(file.path + DELETED_SUFFIX)
  } catch (error) {
    const failure = error instanceof StorageError ? error : new StorageError('rename', log.directory, error)
    context.logger.error('a segment could not be deleted', { error: failure.message })
    return
  }
  for (const file of doomed) removals.later(log.config.fileDeleteDelayMs, () => file.remove())
}
