/**
 * The one message of the mechanism AWS_MSK_IAM: a flat JSON object of the parameters that were signed, under their names in
 * lower case (msk.md §5.6). `user-agent` is not signed.
 */
import { MalformedTokenError, signedConnect, TOKEN_BYTES_MAX, type SignedConnect } from './signed-connect.ts'

/** The only version there is; the answer repeats it. */
export const MSK_IAM_VERSION = '2020_10_22'

/** Names in the query that is signed, by the names of the message. */
const PARAMETERS: Readonly<Record<string, string>> = {
  action: 'Action',
  'x-amz-algorithm': 'X-Amz-Algorithm',
  'x-amz-credential': 'X-Amz-Credential',
  'x-amz-date': 'X-Amz-Date',
  'x-amz-expires': 'X-Amz-Expires',
  'x-amz-security-token': 'X-Amz-Security-Token',
  'x-amz-signedheaders': 'X-Amz-SignedHeaders',
  'x-amz-signature': 'X-Amz-Signature',
}

/** @throws MalformedTokenError */
export function readMskIamPayload(token: Buffer): SignedConnect {
  if (token.length > TOKEN_BYTES_MAX)
    throw new MalformedTokenError(`The payload has ${token.length} bytes; ${TOKEN_BYTES_MAX} are the limit.`)
  const payload = objectIn(token.toString('utf8'))
  if (payload.get('version') !== MSK_IAM_VERSION)
    throw new MalformedTokenError(`The payload's version must be ${MSK_IAM_VERSION}.`)
  const host = payload.get('host')
  if (host === undefined || host === '') throw new MalformedTokenError('The payload lacks host.')
  const fields = new Map<string, string>()
  const query: string[] = []
  for (const [key, value] of payload) {
    const name = PARAMETERS[key]
    if (name === undefined) continue
    fields.set(name, value)
    query.push(`${name}=${encodeURIComponent(value)}`)
  }
  return signedConnect(host, query.join('&'), fields)
}

function objectIn(text: string): ReadonlyMap<string, string> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new MalformedTokenError('The payload is no JSON.')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new MalformedTokenError('The payload must be a JSON object.')
  const entries = Object.entries(value as Record<string, unknown>)
  const fields = new Map<string, string>()
  for (const [key, field] of entries) {
    if (typeof field !== 'string') throw new MalformedTokenError(`${key.slice(0, 64)} must be text.`)
    fields.set(key, field)
  }
  return fields
}
