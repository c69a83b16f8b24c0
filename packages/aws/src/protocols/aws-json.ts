/**
 * awsJson1.0 and 1.1: operation in X-Amz-Target, everything in one JSON body, the error's name in `__type`. Of the target
 * only what follows the last dot counts: clients of different age write different prefixes. Source: the awsJson protocols
 * of the Smithy documentation.
 */
import type { AwsError } from '../errors.ts'
import type { Model, Operation } from '../model.ts'
import { decodeJsonMembers, encodeJsonMembers } from '../serde/json.ts'
import type { Problems } from '../serde/problems.ts'
import { jsonBody, jsonError, serviceErrorName } from './json-body.ts'
import { header, type ApiAnswer, type ApiRequest, type Protocol, type Route } from './protocol.ts'

export const awsJson10: Protocol = awsJson('application/x-amz-json-1.0')
export const awsJson11: Protocol = awsJson('application/x-amz-json-1.1')

function awsJson(contentType: string): Protocol {
  return {
    route(model: Model, request: ApiRequest): Route | null {
      const operation = model.operations.get(header(request, 'x-amz-target').split('.').at(-1) ?? '')
      return operation === undefined ? null : { operation, labels: new Map() }
    },

    decode(route: Route, request: ApiRequest, problems: Problems): Record<string, unknown> {
      const body = jsonBody(request)
      return route.operation.input === null ? {} : decodeJsonMembers(route.operation.input, body, '', problems)
    },

    encodeOutput(_model: Model, operation: Operation, output: unknown, requestId: string): ApiAnswer {
      const members =
        operation.output === null
          ? {}
          : encodeJsonMembers(operation.output.members, output as Readonly<Record<string, unknown>>)
      return {
        status: 200,
        headers: { 'content-type': contentType, 'x-amzn-RequestId': requestId },
        body: JSON.stringify(members),
      }
    },

    encodeError(model: Model, error: AwsError, requestId: string): ApiAnswer {
      const { headers, body } = jsonError(model, error)
      return {
        status: answerStatus(model, error),
        headers: { 'content-type': contentType, 'x-amzn-RequestId': requestId, ...headers },
        body: JSON.stringify({ __type: serviceErrorName(model, error), ...body }),
      }
    },
  }
}

/** Services of awsJson answer 400 to every mistake of the caller's that their model declares, whatever status it declares. Source: the API references of KMS and Secrets Manager. */
function answerStatus(model: Model, error: AwsError): number {
  return error.fault === 'client' && model.errors.has(error.name) ? 400 : error.status
}
