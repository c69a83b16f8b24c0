/**
 * A failed disk operation of a log: what was tried, on which path, and the errno name. It takes the log offline and
 * reaches clients as KAFKA_STORAGE_ERROR (56).
 */
export class StorageError extends Error {
  override readonly name = 'StorageError'
  readonly path: string
  /** errno name ('ENOSPC', 'EIO', …); 'SHORT_WRITE' when the system took only a part without an error. */
  readonly code: string

  constructor(action: string, path: string, cause: unknown) {
    const code = codeOf(cause)
    super(`${action} ${path} failed: ${code}`, { cause })
    this.path = path
    this.code = code
  }
}

function codeOf(cause: unknown): string {
  if (typeof cause === 'string') return cause
  if (cause instanceof Error) return 'code' in cause ? String(cause.code) : cause.message
  return String(cause)
}
