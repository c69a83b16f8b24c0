/** What the JSON protocols have in common: the body of a request, the body of an error. */
import { AwsError } from '../errors.ts'
import type { Model } from '../model.ts'
import { encodeJsonMembers } from '../serde/json.ts'
import type { ApiRequest } from './protocol.ts'

/** The body as an object; no body is an empty object. Throws SerializationException. */
export function jsonBody(request: ApiRequest): Readonly<Record<string, unknown>> {
  if (request.body.length === 0) return {}
  let value: unknown
  try {
    value = JSON.parse(request.body.toString('utf8'))
  } catch (cause) {
    throw new AwsError('SerializationException', { message: 'The request body is not valid JSON.', cause })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new AwsError('SerializationException', { message: 'The request body must be a JSON object.' })
  }
  return value as Readonly<Record<string, unknown>>
}

/** The exception's name in a header, its members in the body; kafka calls the message `message`, and so do errors without a shape. */
export function jsonError(
  model: Model,
  error: AwsError,
): { headers: Readonly<Record<string, string>>; body: Readonly<Record<string, unknown>> } {
  const name = serviceErrorName(model, error)
  const members = model.errors.get(name)?.members ?? []
  const told = members.some((member) => member.name === 'Message')
    ? { Message: error.message }
    : { message: error.message }
  const body = members.length === 0 ? told : encodeJsonMembers(members, { ...error.members, ...told })
  return { headers: { 'x-amzn-ErrorType': name }, body }
}

/** What the models call a fault of ours. */
const internalErrors = ['InternalServerErrorException', 'InternalServiceError', 'KMSInternalException'] as const

/** The service's own name for a fault of ours: `InternalServerErrorException` where its model has that. */
export function serviceErrorName(model: Model, error: AwsError): string {
  if (error.name !== 'InternalFailure') return error.name
  return internalErrors.find((name) => model.errors.has(name)) ?? error.name
}
