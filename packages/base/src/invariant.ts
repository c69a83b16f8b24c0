/**
 * Broken promises of our own code. An invariant failure is a bug, never a user's mistake: it stops the owner loudly,
 * with the values that broke it.
 */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
  readonly values: Readonly<Record<string, unknown>>

  constructor(message: string, values: Readonly<Record<string, unknown>> = {}) {
    const told = Object.entries(values)
      .map(([key, value]) => `${key}=${String(value)}`)
      .join(' ')
    super(told === '' ? message : `${message} (${told})`)
    this.values = values
  }
}

/** Throws InvariantError unless `condition` holds. */
export function invariant(
  condition: unknown,
  message: string,
  values?: Readonly<Record<string, unknown>>,
): asserts condition {
  if (!condition) throw new InvariantError(message, values)
}
