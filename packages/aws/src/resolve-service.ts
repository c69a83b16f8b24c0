/** Which service a request is for: by the scope of its signature; unsigned, by Action and Version. */
import type { Model } from './model.ts'
import { awsJson11 } from './protocols/aws-json.ts'
import { awsQuery, queryForm } from './protocols/aws-query.ts'
import { header, type ApiRequest, type Protocol } from './protocols/protocol.ts'
import { restJson } from './protocols/rest-json.ts'
import type { Service } from './service.ts'

/** The service whose unsigned operation the request names; null: none. Throws SerializationException for a malformed form. */
export function unsignedService(services: ReadonlyMap<string, Service>, request: ApiRequest): Service | null {
  if (!isForm(request) && !request.rawQuery.includes('Action=')) return null
  const form = queryForm(request)
  const action = form.children.get('Action')?.text ?? ''
  const version = form.children.get('Version')?.text ?? ''
  for (const service of services.values()) {
    if (service.model.apiVersion === version && service.model.operations.get(action)?.unsigned === true) return service
  }
  return null
}

/** How to answer a request that belongs to no served service: in the protocol that it looks like. */
export function guessProtocol(request: ApiRequest): Protocol {
  if (isForm(request) || /(^|&)Action=/.test(request.rawQuery)) return awsQuery
  return header(request, 'x-amz-target') === '' ? restJson : awsJson11
}

/** Stands for the service where none is known: no operations, no error shapes. */
export const noModel: Model = {
  service: '',
  serviceId: '',
  apiVersion: '',
  protocol: 'restJson1',
  xmlNamespace: null,
  serviceTarget: '',
  operations: new Map(),
  others: new Set(),
  errors: new Map(),
}

function isForm(request: ApiRequest): boolean {
  return header(request, 'content-type').startsWith('application/x-www-form-urlencoded')
}
