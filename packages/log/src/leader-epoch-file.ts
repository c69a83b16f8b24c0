/** Keeps `leader-epoch-checkpoint` up with the leader epochs of one log: soon after a change, and before a flush ends. */
import { type CheckpointFile, encodeEpochCheckpoint } from './checkpoints.ts'
import type { EpochEntry } from './leader-epoch-cache.ts'
import type { LogContext } from './log-context.ts'

export interface LeaderEpochFileOptions {
  readonly context: LogContext
  readonly file: CheckpointFile
  readonly entries: () => readonly EpochEntry[]
  readonly onFailure: (error: Error) => void
}

export class LeaderEpochFile {
  readonly #options: LeaderEpochFileOptions
  #isChanged = false
  #isQueued = false

  constructor(options: LeaderEpochFileOptions) {
    this.#options = options
  }

  /** The epochs changed, or a write of them may have been lost: they are written in a turn to come. */
  noteChange(): void {
    this.#isChanged = true
    if (this.#isQueued) return
    this.#isQueued = true
    this.#options.context.background.run((done) => {
      this.#isQueued = false
      this.write((error) => {
        if (error !== null) this.#options.onFailure(error)
        done()
      })
    })
  }

  /** Writes the epochs if they changed; `callback` tells that they are durable. */
  write(callback: (error: Error | null) => void): void {
    // Behind a write that is under way another one is queued: what it writes is not durable yet.
    if (!this.#isChanged && !this.#options.file.isBusy) {
      callback(null)
      return
    }
    this.#isChanged = false
    this.#options.file.write(encodeEpochCheckpoint(this.#options.entries()), callback)
  }
}
