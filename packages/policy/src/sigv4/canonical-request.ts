/**
 * The text that is signed. Everything is computed from the bytes as sent; the path is encoded a second time, as every
 * service but S3 has it. Source: "Create a signed AWS API request" of the IAM user guide.
 */
import { createHash } from 'node:crypto'

/** What is signed of a request, as sent. */
export interface SignableRequest {
  readonly method: string
  /** Percent-encoded, without the query. */
  readonly rawPath: string
  /** Without the question mark. */
  readonly rawQuery: string
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, readonly string[]>
}

/** The canonical request. `payloadHash` is hex SHA-256 of the body. */
export function canonicalRequest(
  request: SignableRequest,
  signedHeaders: readonly string[],
  payloadHash: string,
): string {
  const headers = signedHeaders.map(
    (name) => `${name}:${(request.headers.get(name) ?? []).map(trimSpaces).join(',')}\n`,
  )
  return [
    request.method,
    canonicalPath(request.rawPath),
    canonicalQuery(request.rawQuery),
    headers.join(''),
    signedHeaders.join(';'),
    payloadHash,
  ].join('\n')
}

/** What the signature is an HMAC of. */
export function stringToSign(timestamp: string, scope: string, canonical: string): string {
  return ['AWS4-HMAC-SHA256', timestamp, scope, sha256Hex(canonical)].join('\n')
}

export function sha256Hex(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function canonicalPath(rawPath: string): string {
  const parts: string[] = []
  for (const part of rawPath.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..') parts.pop()
    else parts.push(encode(part))
  }
  return `/${parts.join('/')}${parts.length > 0 && rawPath.endsWith('/') ? '/' : ''}`
}

/** Sorted by name, then value; the signature itself is left out. */
function canonicalQuery(rawQuery: string): string {
  if (rawQuery === '') return ''
  const pairs: [string, string][] = []
  for (const pair of rawQuery.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = equals === -1 ? pair : pair.slice(0, equals)
    if (name === 'X-Amz-Signature') continue
    pairs.push([recode(name), equals === -1 ? '' : recode(pair.slice(equals + 1))])
  }
  return pairs
    .toSorted(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Clients differ in what they escape: the signed form is the one canonical escape of the same bytes. */
function recode(text: string): string {
  try {
    return encode(decodeURIComponent(text))
  } catch {
    return encode(text)
  }
}

/** All but A–Z a–z 0–9 - . _ ~ */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function trimSpaces(value: string): string {
  return value.trim().replaceAll(/\s+/g, ' ')
}
