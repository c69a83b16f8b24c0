/** The inside of a computing thread: keeps the states of computations and answers their messages, one at a time. */
import { parentPort } from 'node:worker_threads'
import { invariant } from '@millrace/base/invariant'
import type { ComputationKind, ComputationReply } from '@millrace/base/host'
import type { ThreadAnswer, ThreadOrder } from './thread-protocol.ts'

// Each kind knows its own types; here they only pass through.
type AnyKind = ComputationKind<never, never, unknown>

/** Serves `kinds` until the thread is ended. Called once, by the thread's entry point. */
export function serveComputations(kinds: readonly AnyKind[]): void {
  const port = parentPort
  invariant(port !== null, 'computations are served in a thread')
  const byName = new Map(kinds.map((kind) => [kind.name, kind]))
  const states = new Map<number, (message: never) => ComputationReply<unknown>>()
  port.on('message', (order: ThreadOrder) => {
    if (order.kind === 'close') {
      states.delete(order.computation)
      return
    }
    const { id, computation, name } = order
    try {
      let state = states.get(computation)
      if (state === undefined) {
        const kind = byName.get(name)
        invariant(kind !== undefined, 'the thread knows the computation', { name })
        state = kind.create(order.options as never)
        states.set(computation, state)
      }
      const { reply, give } = state(order.message as never)
      port.postMessage({ id, error: null, reply } satisfies ThreadAnswer, [...give])
    } catch (error) {
      port.postMessage({ id, error: (error as Error).message, reply: null } satisfies ThreadAnswer)
    }
  })
}
