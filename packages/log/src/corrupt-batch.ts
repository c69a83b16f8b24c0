/**
 * Batches on disk that are not what was written. Where Kafka checks, so do we: followers every batch they are sent,
 * recovery and compaction every batch they read. Beyond that a read of an old segment, which is what comes back from the
 * device, is checked before it is sent; the two youngest segments are not: they are read from the page cache, where the
 * consumers' own check is the one that counts.
 */
import type { Logger } from '@millrace/base/logger'

/** What was found where. Clients are told CORRUPT_MESSAGE; nothing is wrong with the rest of the log, or the volume. */
export class CorruptBatch extends Error {
  override readonly name = 'CorruptBatch'
  readonly path: string
  /** Of the batch, in the file. */
  readonly position: number

  constructor(path: string, position: number, problem: string) {
    super(`${path} is corrupt at position ${position}: ${problem}`)
    this.path = path
    this.position = position
  }
}

/** Places told of; beyond it each is told again. */
const PLACES_MAX = 10_000

/** Tells of each corrupt place once, and counts them. */
export class CorruptionReport {
  readonly #logger: Logger
  readonly #places: Set<string> = new Set()
  #count = 0

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** Corrupt batches found since the start, each place once. */
  get count(): number {
    return this.#count
  }

  brokenIndex(path: string): void {
    this.#logger.error('an index file cannot be read: searches walk the log, and the next start makes it anew', {
      path,
    })
  }

  found(batch: CorruptBatch): void {
    const place = `${batch.path}:${batch.position}`
    if (this.#places.has(place)) return
    if (this.#places.size < PLACES_MAX) this.#places.add(place)
    this.#count++
    this.#logger.error(
      'a record batch on disk is corrupt and is not served; another replica may have it whole: with this one deleted or ' +
        'moved away, it is made again from there',
      { path: batch.path, position: batch.position, problem: batch.message },
    )
  }
}
