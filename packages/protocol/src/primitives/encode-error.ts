/**
 * A value that a message version cannot carry: a non-default value of a field this version does not have, null where
 * the version has no null, a text longer than its length prefix can say. It is a mistake of the caller; servers that
 * must answer it on the wire use UNSUPPORTED_VERSION.
 */
export class EncodeError extends Error {
  override readonly name = 'EncodeError'
}
