/**
 * A failed disk operation of a log: what was tried, on which path, and the errno name. It takes the log offline and
 * reaches clients as KAFKA_STORAGE_ERROR (56).
 */
export class StorageError extends Error {
  override readonly name = 'StorageError'
  readonly action: string
  readonly path: string
  /** errno name ('ENOSPC', 'EIO', …); 'SHORT_WRITE' when the system took only a part without an error. */
  readonly code: string

  constructor(action: string, path: string, cause: unknown) {
    const code = codeOf(cause)
    super(`${action} ${path} failed: ${code}`, { cause })
    this.action = action
    this.path = path
    this.code = code
  }
}

const NO_ROOM: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'SHORT_WRITE'])

/**
 * True when a volume or quota is full, as opposed to broken: what has been written is sound, and the fault passes when
 * something is deleted. A failed fsync is never of this kind: nobody knows what it left.
 */
export function isOutOfSpace(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof StorageError && (error.action === 'fdatasync' || error.action === 'fsync')) return false
  if (error instanceof StorageError && NO_ROOM.has(error.code)) return true
  return 'code' in error && NO_ROOM.has(String(error.code))
}

function codeOf(cause: unknown): string {
  if (typeof cause === 'string') return cause
  if (cause instanceof Error) return 'code' in cause ? String(cause.code) : cause.message
  return String(cause)
}
