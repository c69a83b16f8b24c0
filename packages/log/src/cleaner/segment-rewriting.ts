/**
 * Writes what is left of a group of segments into one new segment, `<base>.log.cleaned` with its indexes, and makes it
 * durable. The log itself is not touched.
 */
import { batchSizeBytes } from '@millrace/protocol/records/batch-header'
import type { CleaningRun } from './cleaning-run.ts'
import { Segment } from '../segment.ts'
import { walkSegment } from './segment-walk.ts'

export const CLEANED_SUFFIX = '.cleaned'

export interface Rewriting {
  readonly run: CleaningRun
  readonly group: readonly Segment[]
  /** With an error the files are gone again. */
  readonly done: (error: Error | null, cleaned: Segment | null) => void
}

export function rewriteGroup(rewriting: Rewriting): void {
  const { run, group, done } = rewriting
  const first = group[0] as Segment
  const last = group.at(-1) as Segment
  const cleaned = new Segment(run.context.files, {
    directory: run.log.directory,
    baseOffset: first.baseOffset,
    createdMs: last.createdMs,
    jitterMs: 0,
    onDisk: false,
    suffix: CLEANED_SUFFIX,
  })
  const finish = (error: Error | null): void => {
    if (error === null) {
      done(null, cleaned)
      return
    }
    removeCleaned(run, cleaned)
    done(error, null)
  }
  try {
    cleaned.create(0)
  } catch (error) {
    finish(error as Error)
    return
  }
  const next = (index: number): void => {
    const segment = group[index]
    if (segment === undefined) {
      cleaned.seal()
      // Without its last batch a segment would end elsewhere than it did.
      cleaned.nextOffset = last.nextOffset
      cleaned.persistAndSync(finish)
      return
    }
    copySegment(rewriting, segment, cleaned, (error) => {
      if (error === null) next(index + 1)
      else finish(error)
    })
  }
  next(0)
}

/** Removes the files of a new segment that will not become part of its log. */
export function removeCleaned(run: CleaningRun, cleaned: Segment): void {
  // The log last: until it is gone a start knows the others for what they are.
  for (const file of cleaned.files.toReversed()) {
    try {
      file.remove()
    } catch (error) {
      // The next start removes it by its suffix.
      run.context.logger.warn('a file of an abandoned compaction stays', { path: file.path, error: String(error) })
    }
  }
}

function copySegment(
  rewriting: Rewriting,
  segment: Segment,
  cleaned: Segment,
  done: (error: Error | null) => void,
): void {
  const { run, group } = rewriting
  const { indexIntervalBytes } = run.log.config
  walkSegment({
    run,
    segment,
    step: 'clean',
    endsGroup: segment === group.at(-1),
    take: ({ output, keptAborts }, next) => {
      if (output.length === 0) return next(null)
      const bytes = Buffer.from(output.buffer, output.byteOffset, output.byteLength)
      for (let at = 0; at < bytes.length; at += batchSizeBytes(bytes, at))
        cleaned.noteBatch(bytes, at, indexIntervalBytes)
      for (const abort of keptAborts) cleaned.transactionIndex.append(abort)
      run.pace.worked(bytes.length)
      return cleaned.log.append([bytes], bytes.length, next)
    },
    done: (error) => done(error),
  })
}
