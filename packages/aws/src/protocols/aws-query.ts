/**
 * awsQuery (iam, sts): a form with Action and Version in the body of a POST or in the query of a GET; XML answers. Source:
 * the awsQuery protocol of the Smithy documentation.
 */
import { queryCodes, type AwsError } from '../errors.ts'
import type { Model, Operation } from '../model.ts'
import type { Problems } from '../serde/problems.ts'
import { decodeQueryMembers, parseForm, type FormNode } from '../serde/query.ts'
import { element, encodeXmlMembers, escapeXml } from '../serde/xml.ts'
import type { ApiAnswer, ApiRequest, Protocol, Route } from './protocol.ts'

export const awsQuery: Protocol = { route, decode, encodeOutput, encodeError }

/** The request's form: its body, or for a request without one its query. Throws SerializationException. */
export function queryForm(request: ApiRequest): FormNode {
  return parseForm(request.body.length > 0 ? request.body.toString('utf8') : request.rawQuery)
}

function route(model: Model, request: ApiRequest): Route | null {
  const form = queryForm(request)
  const operation = model.operations.get(form.children.get('Action')?.text ?? '')
  const version = form.children.get('Version')?.text ?? model.apiVersion
  return operation === undefined || version !== model.apiVersion ? null : { operation, labels: new Map() }
}

function decode({ operation }: Route, request: ApiRequest, problems: Problems): Record<string, unknown> {
  return operation.input === null ? {} : decodeQueryMembers(operation.input, queryForm(request), '', problems)
}

function encodeOutput(model: Model, operation: Operation, output: unknown, requestId: string): ApiAnswer {
  const members =
    operation.output === null
      ? ''
      : encodeXmlMembers(operation.output.members, output as Readonly<Record<string, unknown>>)
  const result = operation.output === null ? '' : element(`${operation.name}Result`, members)
  const metadata = element('ResponseMetadata', element('RequestId', requestId))
  return xmlAnswer(200, requestId, xmlRoot(`${operation.name}Response`, model, result + metadata))
}

function encodeError(model: Model, error: AwsError, requestId: string): ApiAnswer {
  const code = queryCodes[error.name] ?? model.errors.get(error.name)?.error?.queryCode ?? error.name
  const fault = error.fault === 'client' ? 'Sender' : 'Receiver'
  const told = element('Type', fault) + element('Code', code) + element('Message', escapeXml(error.message))
  // The header is not in the protocol's description; it costs nothing and says at a glance what a trace shows in XML.
  const { headers, ...rest } = xmlAnswer(
    error.status,
    requestId,
    xmlRoot('ErrorResponse', model, element('Error', told) + element('RequestId', requestId)),
  )
  return { ...rest, headers: { ...headers, 'x-amzn-ErrorType': code } }
}

export function xmlRoot(name: string, model: Model, content: string): string {
  const namespace = model.xmlNamespace === null ? '' : ` xmlns="${escapeXml(model.xmlNamespace)}"`
  return `<${name}${namespace}>${content}</${name}>`
}

export function xmlAnswer(status: number, requestId: string, body: string): ApiAnswer {
  return { status, headers: { 'content-type': 'text/xml', 'x-amzn-RequestId': requestId }, body }
}
