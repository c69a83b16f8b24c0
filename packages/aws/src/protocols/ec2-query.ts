/**
 * ec2Query: awsQuery with flat lists, other names in requests, a bare result and errors of its own form. Source: the
 * ec2Query protocol of the Smithy documentation, and the error page of the EC2 API reference.
 */
import { queryCodes, type AwsError } from '../errors.ts'
import type { Model, Operation } from '../model.ts'
import type { Problems } from '../serde/problems.ts'
import { decodeQueryMembers } from '../serde/query.ts'
import { element, encodeXmlMembers, escapeXml } from '../serde/xml.ts'
import { queryForm, xmlAnswer, xmlRoot } from './aws-query.ts'
import type { ApiAnswer, ApiRequest, Protocol, Route } from './protocol.ts'

export const ec2Query: Protocol = { route, decode, encodeOutput, encodeError }

/** What EC2 calls the front door's own errors where awsQuery has other names. */
const ec2Codes: Readonly<Partial<Record<AwsError['name'], string>>> = {
  AccessDeniedException: 'UnauthorizedOperation',
  ValidationException: 'InvalidParameterValue',
  InternalFailure: 'InternalError',
}

function route(model: Model, request: ApiRequest): Route | null {
  const form = queryForm(request)
  const action = form.children.get('Action')?.text ?? ''
  const version = form.children.get('Version')?.text ?? model.apiVersion
  const operation = model.operations.get(action) ?? otherOperation(model, action)
  return operation === null || version !== model.apiVersion ? null : { operation, labels: new Map() }
}

/** Known by name: it has no code, which is all that is asked of it. */
function otherOperation(model: Model, name: string): Operation | null {
  return model.others.has(name) ? { name, unsigned: false, http: null, input: null, output: null } : null
}

function decode({ operation }: Route, request: ApiRequest, problems: Problems): Record<string, unknown> {
  if (operation.input === null) return {}
  return decodeQueryMembers(operation.input, queryForm(request), '', problems, 'ec2Query')
}

function encodeOutput(model: Model, operation: Operation, output: unknown, requestId: string): ApiAnswer {
  const members =
    operation.output === null
      ? element('return', 'true')
      : encodeXmlMembers(operation.output.members, output as Readonly<Record<string, unknown>>, 'item')
  return xmlAnswer(
    200,
    requestId,
    xmlRoot(`${operation.name}Response`, model, element('requestId', requestId) + members),
  )
}

function encodeError(_model: Model, error: AwsError, requestId: string): ApiAnswer {
  const code = ec2Codes[error.name] ?? queryCodes[error.name] ?? error.name
  const told = element('Error', element('Code', escapeXml(code)) + element('Message', escapeXml(error.message)))
  const { headers, ...rest } = xmlAnswer(
    error.status,
    requestId,
    element('Response', element('Errors', told) + element('RequestID', requestId)),
  )
  return { ...rest, headers: { ...headers, 'x-amzn-ErrorType': code } }
}
