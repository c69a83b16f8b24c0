/**
 * The latest entries of a kind, bounded and aggregated: what happens again and again is one entry with a count, and the
 * entry that happened least recently makes room. Entries of one group (a client that makes names up) take room from each
 * other first, so that nobody can wash away what happened to others. Single owner; the clock is the caller's.
 */
export interface Seen {
  /** Of the entry, as long as its owner lives; never given to another. */
  readonly id: number
  /** Grows with everything that happens: where a reader was is where it goes on. */
  readonly sequence: number
  /** Milliseconds since the epoch. */
  readonly firstMs: number
  readonly lastMs: number
  readonly count: number
}

export interface RecentEntriesOptions {
  readonly nowMs: () => number
  readonly entriesMax: number
  /** Of one group. */
  readonly groupEntriesMax: number
}

interface Held<T> {
  readonly group: string
  readonly entry: T & Seen
}

export class RecentEntries<T extends object> {
  readonly #options: RecentEntriesOptions
  /** What happened least recently first. */
  readonly #held = new Map<string, Held<T>>()
  /** The keys of each group in the same order. */
  readonly #groups = new Map<string, Set<string>>()
  #sequence = 0

  constructor(options: RecentEntriesOptions) {
    this.#options = options
  }

  /** What is the same by `key` is counted; the newest words are kept. Returns how often it has happened. */
  add(key: string, group: string, entry: T): number {
    const before = this.#held.get(key)?.entry
    if (before !== undefined) this.#remove(key)
    const keys = this.#groups.get(group) ?? new Set()
    this.#groups.set(group, keys)
    if (keys.size >= this.#options.groupEntriesMax) this.#removeFirst(keys)
    else if (this.#held.size >= this.#options.entriesMax) this.#removeFirst(this.#held.keys())
    // Making room may have taken the last of the group, and the group with it.
    this.#groups.set(group, keys)
    keys.add(key)
    const sequence = ++this.#sequence
    const lastMs = this.#options.nowMs()
    const seen: Seen = {
      id: before?.id ?? sequence,
      sequence,
      firstMs: before?.firstMs ?? lastMs,
      lastMs,
      count: (before?.count ?? 0) + 1,
    }
    this.#held.set(key, { group, entry: { ...entry, ...seen } })
    return seen.count
  }

  /** The latest last. */
  list(): (T & Seen)[] {
    return this.after(0, Infinity)
  }

  /** What happened behind `sequence`, the latest last, `max` of it. */
  after(sequence: number, max: number): (T & Seen)[] {
    const entries: (T & Seen)[] = []
    for (const { entry } of this.#held.values()) {
      if (entry.sequence <= sequence) continue
      if (entries.length >= max) break
      entries.push(entry)
    }
    return entries
  }

  #removeFirst(keys: Iterable<string>): void {
    for (const key of keys) return this.#remove(key)
  }

  #remove(key: string): void {
    const held = this.#held.get(key)
    if (held === undefined) return
    this.#held.delete(key)
    const keys = this.#groups.get(held.group)
    keys?.delete(key)
    if (keys?.size === 0) this.#groups.delete(held.group)
  }
}
