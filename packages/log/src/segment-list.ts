/** The segments of a log in offset order; never empty once the log is open. The last one is active. */
import { invariant } from '@millrace/base/invariant'
import type { Segment } from './segment.ts'

export class SegmentList {
  #segments: Segment[]

  constructor(segments: readonly Segment[]) {
    this.#segments = [...segments]
  }

  get all(): readonly Segment[] {
    return this.#segments
  }

  get first(): Segment {
    return this.#segments[0] as Segment
  }

  get active(): Segment {
    return this.#segments[this.#segments.length - 1] as Segment
  }

  /** The segment that holds `offset`: the last one whose base is not above it; the first one for lower offsets. */
  floor(offset: number): Segment {
    const active = this.active
    if (active.baseOffset <= offset) return active
    return this.#segments[this.#indexOf(offset)] as Segment
  }

  /** The one after `segment`; undefined for the active one. */
  after(segment: Segment): Segment | undefined {
    const index = this.#indexOf(segment.baseOffset)
    return this.#segments[index] === segment ? this.#segments[index + 1] : undefined
  }

  has(segment: Segment): boolean {
    return this.#segments[this.#indexOf(segment.baseOffset)] === segment
  }

  push(segment: Segment): void {
    this.#segments.push(segment)
  }

  /** Removes and returns the oldest `count` segments. */
  removeFirst(count: number): Segment[] {
    return this.#segments.splice(0, count)
  }

  /** Removes and returns the segments whose base is above `offset`. */
  removeAbove(offset: number): Segment[] {
    const index = this.#segments.findIndex((segment) => segment.baseOffset > offset)
    return index < 0 ? [] : this.#segments.splice(index)
  }

  /** Puts `replacement` where the segments `replaced` are, which follow each other and do not include the active one. */
  replace(replaced: readonly Segment[], replacement: Segment): void {
    const index = this.#segments.indexOf(replaced[0] as Segment)
    const isRun = index >= 0 && replaced.every((segment, at) => this.#segments[index + at] === segment)
    invariant(isRun && index + replaced.length < this.#segments.length, 'replaced segments are a run', { index })
    this.#segments.splice(index, replaced.length, replacement)
  }

  replaceAll(segment: Segment): Segment[] {
    const removed = this.#segments
    this.#segments = [segment]
    return removed
  }

  #indexOf(offset: number): number {
    let low = 0
    let high = this.#segments.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#segments[middle] as Segment).baseOffset <= offset) low = middle + 1
      else high = middle
    }
    return Math.max(0, low - 1)
  }
}
