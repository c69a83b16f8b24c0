/**
 * What tells one wire protocol from another: how a request names its operation, how input is read, how answers are
 * written. One module per protocol implements this; protocols that no served service speaks are absent.
 */
import type { AwsError } from '../errors.ts'
import type { Model, Operation } from '../model.ts'
import type { Problems } from '../serde/problems.ts'

/** A request as it came: nothing decoded, so that signatures and routes see what the caller sent. */
export interface ApiRequest {
  readonly method: string
  /** Percent-encoded, without the query. */
  readonly rawPath: string
  /** Percent-encoded, without the question mark; '' if absent. */
  readonly rawQuery: string
  /** Lower-case names, each with every value in the order received. */
  readonly headers: ReadonlyMap<string, readonly string[]>
  readonly body: Buffer
}

export interface ApiAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** An operation found, with what the search has already read. */
export interface Route {
  readonly operation: Operation
  /** Decoded path labels; empty where the protocol has none. */
  readonly labels: ReadonlyMap<string, string>
}

export interface Protocol {
  /** Null: the model has no such operation. */
  route(model: Model, request: ApiRequest): Route | null
  /** The input; what is wrong with it goes into `problems`. Throws SerializationException for a body that is no body of the protocol. */
  decode(route: Route, request: ApiRequest, problems: Problems): Record<string, unknown>
  encodeOutput(model: Model, operation: Operation, output: unknown, requestId: string): ApiAnswer
  encodeError(model: Model, error: AwsError, requestId: string): ApiAnswer
}

/** The first value of a header, or ''. */
export function header(request: ApiRequest, name: string): string {
  return request.headers.get(name)?.[0] ?? ''
}
