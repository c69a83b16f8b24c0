/**
 * The initial response of OAUTHBEARER (RFC 7628 §3.1) as the AWS signers send it: the bearer token is base64url of a presigned
 * URL of the regional host (msk.md §5.7). `User-Agent` is added to the URL after it was signed.
 */
import { MalformedTokenError, signedConnect, TOKEN_BYTES_MAX, type SignedConnect } from './signed-connect.ts'

const SEPARATOR = '\u0001'
const UNSIGNED: ReadonlySet<string> = new Set(['User-Agent'])

/** @throws MalformedTokenError */
export function readOauthbearerToken(message: Buffer): SignedConnect {
  if (message.length > TOKEN_BYTES_MAX)
    throw new MalformedTokenError(`The token has ${message.length} bytes; ${TOKEN_BYTES_MAX} are the limit.`)
  return readUrl(Buffer.from(bearerIn(message.toString('utf8')), 'base64url').toString('utf8'))
}

/** `n,,^Aauth=Bearer TOKEN^A…^A` */
function bearerIn(message: string): string {
  const [header = '', ...pairs] = message.split(SEPARATOR)
  if (!/^[ny](?:=[^,]*)?,(?:a=[^,]*)?,$/.test(header))
    throw new MalformedTokenError('The message does not begin as RFC 7628 has it.')
  const authorizations = pairs.filter((pair) => pair.startsWith('auth='))
  const [, token] = /^auth=bearer +([\w\-.~+/]+=*) *$/i.exec(authorizations[0] ?? '') ?? []
  if (authorizations.length !== 1 || token === undefined)
    throw new MalformedTokenError('The message holds no bearer token.')
  return token
}

function readUrl(url: string): SignedConnect {
  const [, host, rawQuery] = /^https:\/\/([^/?#\s]+)\/?\?([^#\s]+)$/.exec(url) ?? []
  if (host === undefined || rawQuery === undefined)
    throw new MalformedTokenError('The token is not base64url of a presigned URL.')
  const fields = new Map<string, string>()
  const signed: string[] = []
  for (const pair of rawQuery.split('&')) {
    const equals = pair.indexOf('=')
    const name = decoded(equals === -1 ? pair : pair.slice(0, equals))
    if (UNSIGNED.has(name)) continue
    if (fields.has(name)) throw new MalformedTokenError(`The URL names ${name.slice(0, 64)} twice.`)
    fields.set(name, equals === -1 ? '' : decoded(pair.slice(equals + 1)))
    signed.push(pair)
  }
  return signedConnect(host, signed.join('&'), fields)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new MalformedTokenError('The URL is not valid percent-encoded UTF-8.')
  }
}
