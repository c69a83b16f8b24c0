/** Walks the dirty part of a log and has the last offset of every key in it noted, as far as the map has room. */
import type { Segment } from '../segment.ts'
import type { CleaningRun } from './cleaning-run.ts'
import { walkSegment } from './segment-walk.ts'

export interface MapBuilding {
  readonly run: CleaningRun
  /** In order; those that hold the range. */
  readonly segments: readonly Segment[]
  readonly firstDirtyOffset: number
  /** `endOffset`, exclusive: every key below it is in the map. */
  readonly done: (error: Error | null, endOffset: number) => void
}

export function buildMap({ run, segments, firstDirtyOffset, done }: MapBuilding): void {
  let endOffset = firstDirtyOffset
  const next = (index: number): void => {
    const segment = segments[index]
    if (segment === undefined) return done(null, endOffset)
    walkSegment({
      run,
      segment,
      step: 'map',
      endsGroup: false,
      take: (reply, go) => {
        endOffset = reply.mapEndOffset
        go(null)
      },
      done: (error, isFull) => {
        if (error !== null || isFull) done(error, endOffset)
        else next(index + 1)
      },
    })
  }
  next(0)
}
