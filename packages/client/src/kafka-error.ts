/**
 * What a client call fails with: a Kafka error code, told by the broker or, for what happens on the way, the code that
 * Kafka's own clients use (NETWORK_EXCEPTION, REQUEST_TIMED_OUT, UNSUPPORTED_VERSION).
 */
import { ErrorCode, errorMessage, errorName, isRetriable } from '@millrace/protocol/errors'

export class KafkaError extends Error {
  /** Kafka's error code. */
  readonly code: number
  /** The code's name, such as 'TOPIC_ALREADY_EXISTS'. */
  override readonly name: string

  /** @param message a sentence for people; null or empty takes the code's own */
  constructor(code: number, message?: string | null, options?: ErrorOptions) {
    super(message ? message : errorMessage(code), options)
    this.code = code
    this.name = errorName(code)
  }

  /** True when the same request may succeed later or at another broker. */
  get retriable(): boolean {
    return isRetriable(this.code)
  }
}

/** Throws unless `code` is NONE. */
export function throwIfError(code: number, message?: string | null): void {
  if (code !== ErrorCode.NONE) throw new KafkaError(code, message)
}

/** `error` as a KafkaError: itself, or NETWORK_EXCEPTION with it as cause. */
export function networkError(message: string, cause: unknown): KafkaError {
  if (cause === null || cause === undefined) return new KafkaError(ErrorCode.NETWORK_EXCEPTION, message)
  if (cause instanceof KafkaError) return cause
  const told = cause instanceof Error ? `${message}: ${cause.message}` : message
  return new KafkaError(ErrorCode.NETWORK_EXCEPTION, told, { cause })
}
