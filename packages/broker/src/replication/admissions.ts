/**
 * Appends to one partition in the order in which they came, although some are prepared in a thread: what comes behind
 * such a one waits. While none is, an append goes straight through.
 *
 *   admit ─▶ prepared on the loop ─▶ append
 *      └───▶ thread ─▶ … its turn ─▶ append     (behind it: wait, prepared when their turn comes, or in the thread)
 */
import type { Slab } from '@millrace/log/arena'
import type { LogConfig } from '@millrace/metadata/configs/log-config'
import { ErrorCode } from '@millrace/protocol/errors'
import { batchRules } from './append-checks.ts'
import type { AppendCallback, AppendOptions } from './append-types.ts'
import { type PreparedBatch, prepareOnLoop } from './batch-preparation.ts'
import type { PartitionEnvironment } from './partition-environment.ts'
import { demandedCodec } from './recompress.ts'

export interface Admission {
  readonly slab: Slab | null
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
  readonly options: AppendOptions
  readonly done: AppendCallback
}

interface Waiting {
  readonly admission: Admission
  /** 'elsewhere': in the thread. */
  state: 'waits' | 'elsewhere' | PreparedBatch | Error
}

/** Coordinators build their batches themselves. */
const OF_A_COORDINATOR: PreparedBatch = { rejection: null, recompressed: null }

export class Admissions {
  readonly #topic: string
  readonly #environment: PartitionEnvironment
  readonly #append: (admission: Admission, prepared: PreparedBatch) => void
  #waiting: Waiting[] = []

  constructor(
    topic: string,
    environment: PartitionEnvironment,
    append: (admission: Admission, prepared: PreparedBatch) => void,
  ) {
    this.#topic = topic
    this.#environment = environment
    this.#append = append
  }

  /** Appends that wait for their turn. */
  get waitingCount(): number {
    return this.#waiting.length
  }

  admit(admission: Admission): void {
    const settings = this.#environment.topicSettings(this.#topic)
    const isAlone = this.#waiting.length === 0
    if (isAlone) {
      const prepared = this.#onLoop(admission, settings)
      if (prepared !== null) return this.#append(admission, prepared)
    }
    admission.slab?.retain()
    const waiting: Waiting = { admission, state: 'waits' }
    this.#waiting.push(waiting)
    if (isAlone) this.#elsewhere(waiting, settings)
  }

  #onLoop({ bytes, start, end, options }: Admission, settings: LogConfig): PreparedBatch | null {
    if (options.origin === 'coordinator') return OF_A_COORDINATOR
    const rules = batchRules(settings, this.#environment, options)
    return prepareOnLoop(bytes, start, end, rules, demandedCodec(settings))
  }

  #elsewhere(waiting: Waiting, settings: LogConfig): void {
    waiting.state = 'elsewhere'
    const { bytes, start, end, options } = waiting.admission
    const rules = batchRules(settings, this.#environment, options)
    this.#environment.preparation.prepare(bytes, start, end, rules, demandedCodec(settings), (error, prepared) => {
      waiting.state = prepared ?? error ?? new Error('nothing came back')
      this.#advance()
    })
  }

  /** Lets in whoever is at the front and ready. */
  #advance(): void {
    for (;;) {
      const first = this.#waiting[0]
      if (first === undefined || first.state === 'elsewhere') return
      const { admission } = first
      if (first.state === 'waits') {
        const settings = this.#environment.topicSettings(this.#topic)
        const prepared = this.#onLoop(admission, settings)
        if (prepared === null) return this.#elsewhere(first, settings)
        first.state = prepared
      }
      this.#waiting.shift()
      if (first.state instanceof Error) {
        this.#environment.logger.error('a batch could not be prepared', {
          topic: this.#topic,
          error: first.state.message,
        })
        admission.done(ErrorCode.UNKNOWN_SERVER_ERROR, -1, -1, null)
      } else this.#append(admission, first.state)
      admission.slab?.release()
    }
  }
}
