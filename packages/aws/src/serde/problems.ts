/**
 * What is wrong with an input. Decoding goes on after the first problem, so that the caller learns of all of them in one
 * answer, in the words that AWS services use for failed constraints.
 */
import { AwsError, badRequest } from '../errors.ts'
import type { Model } from '../model.ts'

/** More than these are counted, not told: an answer stays readable. */
const TOLD_MAX = 20

export class Problems {
  readonly #told: string[] = []
  #count = 0
  #firstPath: string | null = null
  #firstIsMissing = false

  get any(): boolean {
    return this.#count > 0
  }

  missing(path: string): void {
    if (this.#count === 0) this.#firstIsMissing = true
    this.#add(path, `Value null at '${path}' failed to satisfy constraint: Member must not be null`)
  }

  wrongType(path: string, expected: string): void {
    this.#add(path, `Value at '${path}' could not be read: expected ${expected}`)
  }

  constraint(path: string, rule: string): void {
    this.#add(path, `Value at '${path}' failed to satisfy constraint: ${rule}`)
  }

  /** The answer, under the name that the service's model has for it: BadRequestException with `InvalidParameter`, else ValidationException. */
  error(model: Model): AwsError {
    const more = this.#count > TOLD_MAX ? `; and ${this.#count - TOLD_MAX} more` : ''
    const message = `${this.#count} validation error${this.#count === 1 ? '' : 's'} detected: ${this.#told.join('; ')}${more}`
    if (model.protocol === 'ec2Query' && this.#firstIsMissing)
      return new AwsError('MissingParameter', {
        message: `The request must contain the parameter ${this.#firstPath ?? ''}`,
      })
    if (!model.errors.has('BadRequestException')) return new AwsError('ValidationException', { message })
    return this.#firstPath === null
      ? badRequest({ message })
      : badRequest({ message, invalidParameter: this.#firstPath })
  }

  #add(path: string, text: string): void {
    this.#count++
    this.#firstPath ??= path
    if (this.#count <= TOLD_MAX) this.#told.push(text)
  }
}
