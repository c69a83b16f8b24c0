/** A mistake or circumstance the user can act on: printed as one or two sentences without a stack, exit status 1. */
export class UserError extends Error {
  override readonly name = 'UserError'
}
