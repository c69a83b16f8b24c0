/**
 * Computing without threads: messages are answered on the loop, one per turn, in order. For the fake Host, where a run
 * must repeat by its seed, and for processes too short-lived for a thread.
 */
import type { Computation, ComputationKind, Computing } from './host.ts'

export function createInlineComputing(tick: (callback: () => void) => void): Computing {
  return {
    open<Options, Message, Reply>(
      kind: ComputationKind<Options, Message, Reply>,
      options: Options,
    ): Computation<Message, Reply> {
      let answer: ReturnType<typeof kind.create> | null = null
      let isClosed = false
      return {
        send(message, _give, callback) {
          tick(() => {
            if (isClosed) return
            let reply: Reply
            try {
              answer ??= kind.create(options)
              reply = answer(message).reply
            } catch (error) {
              callback(error as Error, null)
              return
            }
            callback(null, reply)
          })
        },
        close() {
          isClosed = true
        },
      }
    },
  }
}
