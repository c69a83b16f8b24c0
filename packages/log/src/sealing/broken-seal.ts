/**
 * A sealed file is not as it was written: torn by a crash, changed at rest, or of another key. As an error of the disk it
 * has the errno of file systems that authenticate what they read.
 */
import type { DiskError } from '@millrace/base/host'

export const BROKEN_SEAL_CODE = 'EBADMSG'

export class BrokenSeal extends Error implements DiskError {
  override readonly name = 'BrokenSeal'
  readonly code: string = BROKEN_SEAL_CODE
  readonly path: string

  constructor(path: string, problem: string) {
    super(`${path} is not as it was sealed: ${problem}`)
    this.path = path
  }
}

/** True when the bytes are there and are not those that were written; the disk itself is sound. */
export function isBrokenSeal(error: unknown): error is Error & { readonly path: string } {
  return error instanceof Error && 'code' in error && error.code === BROKEN_SEAL_CODE && 'path' in error
}
