/**
 * Puts a compacted segment into its log, so that a stop at any moment leaves either the old segments or the new one:
 *
 *   .cleaned ─▶ .swap (durable) ─▶ old segments .deleted (durable) ─▶ .swap becomes the ordinary name
 *
 * Below `.swap` nothing has happened for the log: a start throws `.cleaned` away. With `.swap` there a start finishes
 * what is left to do (interrupted-work.ts). Readers see the new segment from the second step on.
 */
import { deleteSegmentFiles } from '../deleted-files.ts'
import type { Segment } from '../segment.ts'
import { StorageError } from '../storage-error.ts'
import { CleaningAborted } from './cleaning-error.ts'
import type { CleaningRun } from './cleaning-run.ts'
import { CLEANED_SUFFIX, removeCleaned } from './segment-rewriting.ts'

const SWAP_SUFFIX = '.swap'

export function swapSegments(
  run: CleaningRun,
  group: readonly Segment[],
  cleaned: Segment,
  done: (error: Error | null) => void,
): void {
  const { context, log } = run
  const { disk } = context.host
  const { directory } = log
  const fail = (error: Error): void => {
    takeBack(run, cleaned)
    done(error)
  }
  const problem = attempt(() => rename(cleaned, CLEANED_SUFFIX, SWAP_SUFFIX))
  if (problem !== null) return fail(problem)
  // A kill right after a cut would otherwise bring back what was cut off.
  log.beforeCut = (): void => takeBack(run, cleaned)
  disk.syncDirectoryInBackground(directory, (swapError) => {
    log.beforeCut = null
    if (run.isAborted()) return fail(new CleaningAborted())
    if (swapError !== null) return fail(new StorageError('fsync', directory, swapError))
    log.replaceSegments(group, cleaned)
    deleteSegmentFiles(context, log, group, cleaned.baseOffset)
    disk.syncDirectoryInBackground(directory, (deleteError) => {
      // Cut or dropped meanwhile: its files are gone, or named by whoever took them.
      if (log.isClosed || !log.segments.has(cleaned)) return done(new CleaningAborted())
      const failure =
        attempt(() => rename(cleaned, SWAP_SUFFIX, '')) ??
        (deleteError === null ? null : new StorageError('fsync', directory, deleteError))
      done(failure)
    })
  })
}

/** The log first, as a start does: without its suffix the others only follow it. */
function rename(segment: Segment, from: string, to: string): void {
  for (const file of segment.files) if (file.exists) file.rename(file.path.slice(0, -from.length) + to)
}

/** One rename undoes the swap for a start to come: beside a `.cleaned` file no `.swap` of its group counts. */
function takeBack(run: CleaningRun, cleaned: Segment): void {
  const { log } = cleaned
  if (log.exists && log.path.endsWith(SWAP_SUFFIX))
    attempt(() => log.rename(log.path.slice(0, -SWAP_SUFFIX.length) + CLEANED_SUFFIX))
  removeCleaned(run, cleaned)
}

function attempt(action: () => void): Error | null {
  try {
    action()
    return null
  } catch (error) {
    return error as Error
  }
}
