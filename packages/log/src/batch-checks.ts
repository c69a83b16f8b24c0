/** Batches that come with their offsets, from a leader or from the controller, checked before they are appended. */
import { BATCH_HEADER_BYTES, baseOffset, batchSizeBytes, nextOffset } from '@millrace/protocol/records/batch-header'
import { AppendError } from './append-error.ts'
import { problemOf } from './batch-scan.ts'

/** What is wrong with `bytes[start, end)` as the next batches of `log`: size, order, magic or CRC; null when nothing is. */
export function problemOfBatches(
  log: { readonly nextOffset: number; readonly directory: string },
  bytes: Buffer,
  start: number,
  end: number,
): AppendError | null {
  let minOffset = log.nextOffset
  let at = start
  while (at + BATCH_HEADER_BYTES <= end) {
    const size = batchSizeBytes(bytes, at)
    if (size < BATCH_HEADER_BYTES || at + size > end) break
    const first = baseOffset(bytes, at)
    if (first < minOffset) {
      return new AppendError(
        'unexpected-offset',
        `batch at ${first} does not continue ${log.directory} at ${minOffset}`,
      )
    }
    const problem = problemOf(bytes, at, minOffset)
    if (problem !== null) return new AppendError('corrupt', `batch at ${first} for ${log.directory}: ${problem}`)
    minOffset = nextOffset(bytes, at)
    at += size
  }
  if (at === end && end > start) return null
  return new AppendError('corrupt', `${end - at} bytes for ${log.directory} are no whole batch`)
}
