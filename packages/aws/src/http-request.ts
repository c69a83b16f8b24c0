/** From node:http to what the API reads: raw path, raw headers, raw body within a limit. */
import type { IncomingMessage } from 'node:http'
import type { ApiRequest } from './protocols/protocol.ts'

export type BodyResult =
  | { readonly kind: 'body'; readonly bytes: Buffer }
  | { readonly kind: 'too long' }
  | { readonly kind: 'gone' }

/** A body past the limit is still read to its end, so that the caller can hear the answer; past this many times the limit it is not. */
const DISCARD_FACTOR = 16

/** `gone`: the caller hung up. */
export function readBody(request: IncomingMessage, bytesMax: number): Promise<BodyResult> {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax * DISCARD_FACTOR)
    return Promise.resolve({ kind: 'too long' })
  return new Promise((resolve) => {
    let chunks: Buffer[] = []
    let length = 0
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= bytesMax) chunks.push(chunk)
      else chunks = []
      if (length <= bytesMax * DISCARD_FACTOR) return
      request.pause()
      resolve({ kind: 'too long' })
    })
    request.on('end', () =>
      resolve(length > bytesMax ? { kind: 'too long' } : { kind: 'body', bytes: Buffer.concat(chunks) }),
    )
    request.on('close', () => resolve({ kind: 'gone' }))
    request.on('error', () => resolve({ kind: 'gone' }))
  })
}

export function apiRequest(request: IncomingMessage, body: Buffer): ApiRequest {
  const { path, query } = splitTarget(request.url ?? '/')
  const headers = new Map<string, string[]>()
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    const name = (request.rawHeaders[index] ?? '').toLowerCase()
    const value = request.rawHeaders[index + 1] ?? ''
    headers.set(name, [...(headers.get(name) ?? []), value])
  }
  return { method: request.method ?? 'GET', rawPath: path, rawQuery: query, headers, body }
}

/** Accepts the absolute form that proxies send. */
export function splitTarget(target: string): { readonly path: string; readonly query: string } {
  const relative = target.replace(/^https?:\/\/[^/?]*/i, '')
  const question = relative.indexOf('?')
  const path = question === -1 ? relative : relative.slice(0, question)
  return { path: path === '' ? '/' : path, query: question === -1 ? '' : relative.slice(question + 1) }
}

/** IPv4 in its own form: `::ffff:10.0.0.1` is 10.0.0.1. */
export function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:(?=\d+\.)/, '')
}
