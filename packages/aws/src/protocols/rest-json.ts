/**
 * restJson1 (kafka): operation by method and path, input from path, query, headers and a JSON body, the error's name in a
 * header. Source: the AWS restJson1 protocol of the Smithy documentation.
 */
import { AwsError } from '../errors.ts'
import type { Member, Model, Operation, Scalar } from '../model.ts'
import { decodeJsonMembers, encodeJsonMembers } from '../serde/json.ts'
import type { Problems } from '../serde/problems.ts'
import { decodeText } from '../serde/text.ts'
import { jsonBody, jsonError } from './json-body.ts'
import type { ApiAnswer, ApiRequest, Protocol, Route } from './protocol.ts'
import { findRoute } from './rest-routes.ts'

export const restJson: Protocol = { route: findRoute, decode, encodeOutput, encodeError }

function decode(route: Route, request: ApiRequest, problems: Problems): Record<string, unknown> {
  const structure = route.operation.input
  if (structure === null) return {}
  const hasBody = structure.members.some((member) => member.location === 'body')
  const input = decodeJsonMembers(structure, hasBody ? jsonBody(request) : {}, '', problems)
  const query = parseQuery(request.rawQuery)
  for (const member of structure.members) {
    const value = boundValue(member, route, request, query, problems)
    if (value !== undefined) input[member.name] = value
  }
  return input
}

function boundValue(
  member: Member,
  route: Route,
  request: ApiRequest,
  query: ReadonlyMap<string, readonly string[]>,
  problems: Problems,
): unknown {
  switch (member.location) {
    case 'body':
      return undefined
    case 'label':
      return scalar(member, route.labels.get(member.name), lowerFirst(member.name), problems)
    case 'header':
      return scalar(member, request.headers.get(member.locationName ?? '')?.[0], member.locationName ?? '', problems)
    case 'query': {
      const name = member.locationName ?? ''
      const texts = query.get(name)
      if (member.shape.kind !== 'list') return scalar(member, texts?.[0], name, problems)
      if (texts === undefined) {
        if (member.required) problems.missing(name)
        return undefined
      }
      const item = member.shape.item as Scalar
      return texts.map((text) => decodeText(item, text, name, member.constraint?.item ?? null, problems))
    }
  }
}

function scalar(member: Member, text: string | undefined, path: string, problems: Problems): unknown {
  if (text !== undefined) return decodeText(member.shape as Scalar, text, path, member.constraint, problems)
  if (member.required) problems.missing(path)
  return undefined
}

/** Name → values. A plus sign is a plus sign: AWS clients write a space as %20. */
function parseQuery(rawQuery: string): ReadonlyMap<string, readonly string[]> {
  const query = new Map<string, string[]>()
  for (const pair of rawQuery === '' ? [] : rawQuery.split('&')) {
    const equals = pair.indexOf('=')
    const name = decodeQueryPart(equals === -1 ? pair : pair.slice(0, equals))
    const value = equals === -1 ? '' : decodeQueryPart(pair.slice(equals + 1))
    query.set(name, [...(query.get(name) ?? []), value])
  }
  return query
}

function decodeQueryPart(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw new AwsError('SerializationException', {
      message: 'The query string is not valid percent-encoded UTF-8.',
      cause,
    })
  }
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1)
}

function encodeOutput(_model: Model, operation: Operation, output: unknown, requestId: string): ApiAnswer {
  const status = operation.http?.status ?? 200
  const headers = { 'x-amzn-RequestId': requestId }
  if (status === 204) return { status, headers, body: '' }
  const members =
    operation.output === null
      ? {}
      : encodeJsonMembers(operation.output.members, output as Readonly<Record<string, unknown>>)
  return { status, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(members) }
}

function encodeError(model: Model, error: AwsError, requestId: string): ApiAnswer {
  const { headers, body } = jsonError(model, error)
  return {
    status: error.status,
    headers: { 'content-type': 'application/json', 'x-amzn-RequestId': requestId, ...headers },
    body: JSON.stringify(body),
  }
}
