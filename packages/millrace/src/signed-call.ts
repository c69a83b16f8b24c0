/** One call of the AWS API, signed with SigV4; JSON both ways. What it refuses becomes a UserError in its own words. */
import { createHmac } from 'node:crypto'
import { canonicalRequest, sha256Hex, stringToSign } from '@millrace/policy/sigv4/canonical-request'
import { deriveSigningKey } from '@millrace/policy/sigv4/signing-key'
import { UserError } from './user-error.ts'

export interface AwsAccess {
  readonly endpoint: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Of temporary credentials. */
  readonly sessionToken?: string | null
}

export interface SignedCall {
  /** As the signature's scope names it: `kafka`, `secretsmanager`. */
  readonly service: string
  readonly method: string
  readonly path: string
  readonly query?: string
  readonly body?: object
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
}

export async function signedCall<Answer>(access: AwsAccess, call: SignedCall): Promise<Answer> {
  let response: Response
  try {
    response = await signedFetch(access, call)
  } catch (cause) {
    const next = 'Is Millrace running? Start it with `millrace start`.'
    throw new UserError(`No answer from ${access.endpoint}. ${next}`, { cause })
  }
  const answer = await response.text()
  const parsed: unknown = answer === '' ? {} : JSON.parse(answer)
  if (response.ok) return parsed as Answer
  const { message } = parsed as { message?: string }
  throw new UserError(`${response.headers.get('x-amzn-errortype') ?? String(response.status)}: ${message ?? answer}`)
}

/** The answer as it comes, whatever it says. @throws when none comes */
export function signedFetch(
  { endpoint, region, accessKeyId, secretAccessKey, sessionToken = null }: AwsAccess,
  { service, method, path, query = '', body, headers: given = {} }: SignedCall,
  signal?: AbortSignal,
): Promise<Response> {
  const headers = { ...given, ...(sessionToken === null ? {} : { 'x-amz-security-token': sessionToken }) }
  const payload = body === undefined ? '' : JSON.stringify(body)
  const timestamp = new Date().toISOString().replaceAll(/[-:]|\.\d{3}/g, '')
  const date = timestamp.slice(0, 8)
  const scope = `${date}/${region}/${service}/aws4_request`
  const signed = new Map([
    ['host', [new URL(endpoint).host]],
    ['x-amz-date', [timestamp]],
    ...Object.entries(headers).map(([name, value]): [string, string[]] => [name, [value]]),
  ])
  const signedHeaders = [...signed.keys()].sort()
  const request = { method, rawPath: path, rawQuery: query, headers: signed, body: Buffer.from(payload) }
  const text = stringToSign(timestamp, scope, canonicalRequest(request, signedHeaders, sha256Hex(payload)))
  const key = deriveSigningKey(secretAccessKey, date, region, service)
  const signature = createHmac('sha256', key).update(text).digest('hex')
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`
  return fetch(`${endpoint}${path}${query === '' ? '' : `?${query}`}`, {
    method,
    headers: { 'x-amz-date': timestamp, authorization, ...headers },
    ...(body === undefined ? {} : { body: payload }),
    ...(signal === undefined ? {} : { signal }),
  })
}
