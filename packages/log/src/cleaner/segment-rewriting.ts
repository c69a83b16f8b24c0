/**
 * Writes what is left of a group of segments into one new segment, `<base>.log.cleaned` with its indexes, and makes it
 * durable. The log itself is not touched.
 */
import type { BatchCleaner } from './batch-cleaner.ts'
import type { CleanedTransactions } from './cleaned-transactions.ts'
import type { CleaningRun } from './cleaning-run.ts'
import { Segment } from '../segment.ts'
import { walkSegment } from './segment-walk.ts'

export const CLEANED_SUFFIX = '.cleaned'

export interface Rewriting {
  readonly run: CleaningRun
  readonly group: readonly Segment[]
  readonly cleaner: BatchCleaner
  readonly transactions: CleanedTransactions
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
  const { run, group, cleaner, transactions } = rewriting
  const { indexIntervalBytes } = run.log.config
  const isLastOfGroup = segment === group.at(-1)
  let output: Buffer[] = []
  let outputBytes = 0
  walkSegment({
    segment,
    position: 0,
    pace: run.pace,
    isAborted: run.isAborted,
    visit: (bytes, at, isLast) => {
      const left = cleaner.clean(bytes, at, isLast && isLastOfGroup)
      if (left === null) return 'continue'
      cleaned.noteBatch(left, 0, indexIntervalBytes)
      if (transactions.keptAbort !== null) cleaned.transactionIndex.append(transactions.keptAbort)
      output.push(left)
      outputBytes += left.length
      return 'continue'
    },
    afterChunk: (next) => {
      if (outputBytes === 0) {
        next(null)
        return
      }
      const buffers = output
      const length = outputBytes
      output = []
      outputBytes = 0
      run.pace.isOver(length)
      appendInParts(cleaned, buffers, length, next)
    },
    done: (error) => done(error),
  })
}

/** Most buffers in one write: the system's limit of vectors. */
const BUFFERS_MAX = 1024

function appendInParts(cleaned: Segment, buffers: Buffer[], length: number, done: (error: Error | null) => void): void {
  if (buffers.length <= BUFFERS_MAX) {
    cleaned.log.append(buffers, length, done)
    return
  }
  const part = buffers.slice(0, BUFFERS_MAX)
  const partLength = part.reduce((sum, each) => sum + each.length, 0)
  cleaned.log.append(part, partLength, (error) => {
    if (error === null) appendInParts(cleaned, buffers.slice(BUFFERS_MAX), length - partLength, done)
    else done(error)
  })
}
