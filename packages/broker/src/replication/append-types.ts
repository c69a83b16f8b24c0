/** What an append to a partition is asked and answers. */

/** Why a batch was refused, beyond its error code. */
export interface AppendRefusal {
  readonly message: string | null
  readonly recordErrors: readonly { readonly batchIndex: number; readonly message: string | null }[] | null
}

/** baseOffset and logAppendTimeMs are -1 on error; logAppendTimeMs is -1 for CreateTime topics. */
export type AppendCallback = (
  errorCode: number,
  baseOffset: number,
  logAppendTimeMs: number,
  refusal: AppendRefusal | null,
) => void

export interface AppendOptions {
  /** -1, 0 or 1 (checked by the caller). */
  readonly acks: number
  readonly timeoutMs: number
  /** 'coordinator' may write control batches and skips the checks made for clients. */
  readonly origin: 'client' | 'coordinator'
  /** Version of the Produce request; the newest when left out. */
  readonly produceVersion?: number
}
