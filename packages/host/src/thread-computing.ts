/**
 * Computing in threads of this process: one per kind of computation, started with its first message and ended when
 * nothing has been asked of it for a while. A thread that dies (out of memory) takes its states with it: whoever waits is
 * told, and the next message starts another one.
 */
import { Worker } from 'node:worker_threads'
import type { Computation, ComputationKind, Computing } from '@millrace/base/host'
import type { ThreadAnswer, ThreadOrder } from './thread-protocol.ts'

/** An idle thread costs some megabytes. */
const IDLE_MS = 30_000

type Callback = (error: Error | null, reply: unknown) => void

/** @param script the entry point that calls serveComputations with every kind that will be opened */
export function createThreadComputing(script: URL): Computing {
  const lanes = new Map<string, Lane>()
  return {
    open<Options, Message, Reply>(
      kind: ComputationKind<Options, Message, Reply>,
      options: Options,
    ): Computation<Message, Reply> {
      let lane = lanes.get(kind.name)
      if (lane === undefined) lanes.set(kind.name, (lane = new Lane(script, kind)))
      return lane.open(options) as Computation<Message, Reply>
    },
  }
}

/** All computations of one kind, and their thread while there is one. */
class Lane {
  readonly #script: URL
  readonly #kind: Pick<ComputationKind<never, never, unknown>, 'name' | 'isStateless'>
  readonly #waiting: Map<number, Callback> = new Map()
  #worker: Worker | null = null
  #idle: NodeJS.Timeout | null = null
  #nextId = 1
  /** States that the thread has, by computation. */
  #known: Set<number> = new Set()

  constructor(script: URL, kind: Pick<ComputationKind<never, never, unknown>, 'name' | 'isStateless'>) {
    this.#script = script
    this.#kind = kind
  }

  open(options: unknown): Computation<unknown, unknown> {
    const computation = this.#nextId++
    let isClosed = false
    let hasBegun = false
    return {
      send: (message, give, callback) => {
        const worker = this.#running()
        const isNew = !this.#known.has(computation)
        if (isNew && hasBegun && !this.#kind.isStateless) {
          setImmediate(() => {
            if (!isClosed) callback(new Error(`the thread for ${this.#kind.name} has ended`), null)
          })
          return
        }
        hasBegun = true
        this.#known.add(computation)
        const id = this.#nextId++
        this.#waiting.set(id, (error, reply) => {
          if (!isClosed) callback(error, reply)
        })
        const order: ThreadOrder = {
          kind: 'message',
          id,
          computation,
          name: this.#kind.name,
          message,
          ...(isNew ? { options } : {}),
        }
        worker.postMessage(order, give)
      },
      close: () => {
        isClosed = true
        if (!this.#known.delete(computation)) return
        this.#worker?.postMessage({ kind: 'close', computation } satisfies ThreadOrder)
        this.#rest()
      },
    }
  }

  #running(): Worker {
    if (this.#idle !== null) clearTimeout(this.#idle)
    this.#idle = null
    if (this.#worker !== null) return this.#worker
    const worker = new Worker(this.#script, { stdout: false, stderr: false })
    worker.unref()
    worker.on('message', (answer: ThreadAnswer) => this.#answered(answer))
    worker.on('error', (error) => this.#died(worker, error))
    worker.on('exit', () => this.#died(worker, new Error(`the thread for ${this.#kind.name} has ended`)))
    this.#worker = worker
    return worker
  }

  #answered({ id, error, reply }: ThreadAnswer): void {
    const callback = this.#waiting.get(id)
    this.#waiting.delete(id)
    callback?.(error === null ? null : new Error(error), reply)
    this.#rest()
  }

  /** A state that lives in the thread keeps it. */
  #rest(): void {
    const isUsed = this.#waiting.size > 0 || (!this.#kind.isStateless && this.#known.size > 0)
    if (isUsed || this.#idle !== null || this.#worker === null) return
    this.#idle = setTimeout(() => {
      this.#idle = null
      const worker = this.#worker
      this.#worker = null
      this.#known = new Set()
      void worker?.terminate()
    }, IDLE_MS)
    this.#idle.unref()
  }

  #died(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return
    this.#worker = null
    this.#known = new Set()
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const callback of waiting) callback(error, null)
  }
}
