/**
 * Waits for room on a full volume: tries to write a small file, with growing pauses, until it can. Says at once what is
 * wrong and what to do about it, and again every minute as long as it lasts.
 *
 * A volume that is full again soon after it had room is tried with the pauses where they were, so that a broker does not
 * come and go every second.
 */
import type { Host, TimerHandle } from '@millrace/base/host'
import type { Logger } from '@millrace/base/logger'
import { Backoff } from '../replication/backoff.ts'

const PAUSE_MS = 500
const PAUSE_MS_MAX = 10_000
const PROBE_FILE = '.millrace-room.tmp'
/** So much must fit before the logs are brought back. */
const PROBE_BYTES = 1024 * 1024
const REMINDER_MS = 60_000
/** Served so long, a broker starts with short pauses again. */
const STABLE_MS = 60_000

export interface RoomWatchOptions {
  readonly host: Host
  readonly logger: Logger
  readonly directory: string
  /** Before each try: remove what may go. */
  readonly makeRoom: () => void
  /** A try succeeded. Called once per `noRoom`. */
  readonly onRoom: () => void
}

export class RoomWatch {
  readonly #options: RoomWatchOptions
  readonly #backoff = new Backoff(PAUSE_MS, PAUSE_MS_MAX)
  #timer: TimerHandle | null = null
  #waiting = false
  #sinceMs = 0
  #remindedMs = 0
  #backSinceMs = -1

  constructor(options: RoomWatchOptions) {
    this.#options = options
  }

  /** Whether it waits. */
  get waiting(): boolean {
    return this.#waiting
  }

  /** A write found no room. */
  noRoom(error: Error): void {
    if (this.#waiting) return
    const { host, logger, directory } = this.#options
    const nowMs = host.clock.monotonicMs()
    if (this.#backSinceMs >= 0 && nowMs - this.#backSinceMs > STABLE_MS) this.#backoff.reset()
    this.#waiting = true
    this.#sinceMs = this.#remindedMs = nowMs
    logger.error(
      'the volume of the log directory is full: every replica of this broker is offline; delete topics or other files, ' +
        'shorten retention, or enlarge the volume, and the broker comes back by itself',
      { directory, error: error.message },
    )
    this.#schedule()
  }

  close(): void {
    if (this.#timer !== null) this.#options.host.timers.clear(this.#timer)
    this.#timer = null
  }

  #schedule(): void {
    this.#timer = this.#options.host.timers.set(this.#backoff.next(), () => this.#try())
  }

  #try(): void {
    const { host, logger, directory, makeRoom, onRoom } = this.#options
    makeRoom()
    this.#probe((error) => {
      const nowMs = host.clock.monotonicMs()
      if (this.#timer === null) return
      if (error === null) {
        this.#waiting = false
        this.#backSinceMs = nowMs
        logger.info('the volume of the log directory has room again', {
          directory,
          afterMs: Math.round(nowMs - this.#sinceMs),
        })
        onRoom()
        return
      }
      if (nowMs - this.#remindedMs >= REMINDER_MS) {
        this.#remindedMs = nowMs
        logger.warn('the volume of the log directory is still full', {
          directory,
          error: error.message,
          sinceMs: Math.round(nowMs - this.#sinceMs),
        })
      }
      this.#schedule()
    })
  }

  #probe(callback: (error: Error | null) => void): void {
    const { disk } = this.#options.host
    const path = `${this.#options.directory}/${PROBE_FILE}`
    let file: number
    try {
      file = disk.open(path, 'w+')
    } catch (error) {
      callback(error as Error)
      return
    }
    const end = (error: Error | null): void => {
      try {
        disk.close(file)
        disk.removeFile(path)
        callback(error)
      } catch (thrown) {
        callback(thrown as Error)
      }
    }
    disk.writev(file, [Buffer.alloc(PROBE_BYTES)], 0, (writeError, written) => {
      if (writeError !== null || written < PROBE_BYTES)
        end(writeError ?? new Error(`there is room for ${written} bytes`))
      else disk.dataSync(file, end)
    })
  }
}
