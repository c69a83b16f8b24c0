/**
 * Bytes that are not what the protocol says they are: too short, a length that cannot be, a null where none is allowed,
 * bytes left over. The only error that decoding throws. A connection that caused one is closed, a file that caused one
 * is corrupt; nothing read before the error may be used.
 */
export class DecodeError extends Error {
  override readonly name = 'DecodeError'
}
