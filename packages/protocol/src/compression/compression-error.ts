/** Why compressed bytes were refused: broken, larger than the caller allows when decompressed, or no codec for them. */
export type CompressionFailure = 'corrupt' | 'too large' | 'unsupported'

/** The only error of compress and decompress. */
export class CompressionError extends Error {
  override readonly name = 'CompressionError'
  readonly reason: CompressionFailure

  constructor(reason: CompressionFailure, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.reason = reason
  }
}
