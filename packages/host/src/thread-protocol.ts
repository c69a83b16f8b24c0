/** What passes between a process and its computing threads (thread-computing.ts, serve-computations.ts). */

export type ThreadOrder =
  | {
      readonly kind: 'message'
      readonly id: number
      readonly computation: number
      /** Of the kind of computation. */
      readonly name: string
      readonly message: unknown
      /** With the first message of a computation. */
      readonly options?: unknown
    }
  | { readonly kind: 'close'; readonly computation: number }

export interface ThreadAnswer {
  readonly id: number
  readonly error: string | null
  readonly reply: unknown
}
