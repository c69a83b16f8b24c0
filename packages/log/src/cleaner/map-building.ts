/** Walks the dirty part of a log and notes the last offset of every key in it, as far as the map has room. */
import { baseOffset, isControl, lastOffset, nextOffset, recordCount } from '@millrace/protocol/records/batch-header'
import type { Segment } from '../segment.ts'
import { recordsOf } from './batch-cleaner.ts'
import { CleanedTransactions } from './cleaned-transactions.ts'
import type { CleaningRun } from './cleaning-run.ts'
import type { OffsetMap } from './offset-map.ts'
import { walkRecords } from './retained-batch.ts'
import { walkSegment } from './segment-walk.ts'

export interface MapBuilding {
  readonly run: CleaningRun
  readonly map: OffsetMap
  /** In order; those that hold the range. */
  readonly segments: readonly Segment[]
  readonly firstDirtyOffset: number
  /** `endOffset`, exclusive: every key below it is in the map. */
  readonly done: (error: Error | null, endOffset: number) => void
}

export function buildMap(building: MapBuilding): void {
  const { run, map, segments, firstDirtyOffset, done } = building
  const transactions = new CleanedTransactions(run.aborted)
  let endOffset = firstDirtyOffset

  const visit = (bytes: Buffer, at: number): 'continue' | 'stop' => {
    const canDiscard = transactions.canDiscard(bytes, at)
    if (lastOffset(bytes, at) < firstDirtyOffset) return 'continue'
    const hasKeys = !canDiscard && !isControl(bytes, at) && recordCount(bytes, at) > 0
    if (hasKeys && !putKeys(bytes, at)) return 'stop'
    endOffset = nextOffset(bytes, at)
    return 'continue'
  }
  const putKeys = (bytes: Buffer, at: number): boolean => {
    const first = baseOffset(bytes, at)
    let fits = true
    walkRecords(recordsOf(bytes, at), recordCount(bytes, at), (record) => {
      const offset = first + record.offsetDelta
      if (!fits || record.key === null || offset < firstDirtyOffset) return
      fits = map.put(record.key, offset)
      if (!fits) endOffset = offset
    })
    return fits
  }
  const next = (index: number): void => {
    const segment = segments[index]
    if (segment === undefined) return done(null, endOffset)
    walkSegment({
      segment,
      position: 0,
      pace: run.pace,
      isAborted: run.isAborted,
      visit,
      afterChunk: (go) => go(null),
      done: (error, stopped) => {
        if (error !== null || stopped) done(error, endOffset)
        else next(index + 1)
      },
    })
  }
  next(0)
}
