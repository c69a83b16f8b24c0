/** Why a request of a member is not granted: thrown by the decisions on consumer groups, answered by their runtime. */
export class Refusal extends Error {
  readonly errorCode: number

  /** @param message for people; sent where the response has a place for it */
  constructor(errorCode: number, message: string) {
    super(message)
    this.errorCode = errorCode
  }
}
