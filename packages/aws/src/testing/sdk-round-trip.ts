/**
 * Puts the official SDK client in front of our decoders and encoders, without a socket: the client serialises and signs,
 * `respond` sees the request as the front door would, and its answer is what the client reads.
 */
import { HttpRequest } from '@smithy/core/transport'
import { HttpResponse } from '@smithy/core/protocols'
import type { ApiAnswer, ApiRequest } from '../protocols/protocol.ts'

export interface SdkHandler {
  handle(request: HttpRequest): Promise<{ response: HttpResponse }>
}

/** A requestHandler for SDK clients. */
export function answerBy(respond: (request: ApiRequest) => ApiAnswer | Promise<ApiAnswer>): SdkHandler {
  return {
    async handle(request) {
      const { status, headers, body } = await respond(toApiRequest(request))
      return { response: new HttpResponse({ statusCode: status, headers: { ...headers }, body: Buffer.from(body) }) }
    },
  }
}

export function toApiRequest(request: HttpRequest): ApiRequest {
  const headers = new Map(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), [value]]))
  if (!headers.has('host')) headers.set('host', [request.hostname])
  return {
    method: request.method,
    rawPath: request.path,
    rawQuery: rawQuery(request.query),
    headers,
    body: Buffer.from((request.body as string | Uint8Array | undefined) ?? ''),
  }
}

function rawQuery(query: HttpRequest['query']): string {
  return Object.entries(query)
    .flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value ?? '']).map((item) => `${escape(name)}=${escape(item)}`),
    )
    .join('&')
}

function escape(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
