/** Events in order of virtual time, and among equals in order of their scheduling: a binary heap. */

export interface ScheduledEvent {
  readonly atMs: number
  readonly sequence: number
  readonly run: () => void
  cancelled: boolean
}

export class EventQueue {
  readonly #heap: ScheduledEvent[] = []

  get size(): number {
    return this.#heap.length
  }

  /** The next event that was not cancelled. */
  peek(): ScheduledEvent | undefined {
    while (this.#heap[0]?.cancelled === true) this.pop()
    return this.#heap[0]
  }

  push(event: ScheduledEvent): void {
    const heap = this.#heap
    let index = heap.length
    heap.push(event)
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!precedes(event, heap[parent] as ScheduledEvent)) break
      heap[index] = heap[parent] as ScheduledEvent
      index = parent
    }
    heap[index] = event
  }

  pop(): ScheduledEvent | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let index = 0
    for (;;) {
      let child = index * 2 + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && precedes(heap[child + 1] as ScheduledEvent, heap[child] as ScheduledEvent)) child++
      if (!precedes(heap[child] as ScheduledEvent, last)) break
      heap[index] = heap[child] as ScheduledEvent
      index = child
    }
    heap[index] = last
    return first
  }
}

function precedes(one: ScheduledEvent, other: ScheduledEvent): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.sequence < other.sequence)
}
