/** What a client of IAM access control signs, by Signature Version 4, with everything that may be wrong about it. */
import { createHash, createHmac } from 'node:crypto'
import type { AccessKey } from './iam.ts'

export interface Presigning {
  readonly key: AccessKey
  readonly host: string
  readonly region?: string
  readonly service?: string
  readonly action?: string
  /** When it was signed; now by default. */
  readonly nowMs?: number
  readonly expiresSeconds?: number
}

/** The parameters of the signed request, by name. */
export function presign(options: Presigning): Map<string, string> {
  const { key, host, region = 'us-east-1', service = 'kafka-cluster', action = 'kafka-cluster:Connect' } = options
  const timestamp = new Date(options.nowMs ?? Date.now()).toISOString().replaceAll(/[-:]|\.\d{3}/g, '')
  const date = timestamp.slice(0, 8)
  const scope = `${date}/${region}/${service}/aws4_request`
  const parameters = new Map([
    ['Action', action],
    ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
    ['X-Amz-Credential', `${key.accessKeyId}/${scope}`],
    ['X-Amz-Date', timestamp],
    ['X-Amz-Expires', String(options.expiresSeconds ?? 900)],
    ...(key.sessionToken === undefined ? [] : [['X-Amz-Security-Token', key.sessionToken] as const]),
    ['X-Amz-SignedHeaders', 'host'],
  ])
  const query = [...parameters].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
  const canonical = `GET\n/\n${query}\nhost:${host}\n\nhost\n${sha256('')}`
  const signingKey = [date, region, service, 'aws4_request'].reduce<Buffer | string>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    `AWS4${key.secretAccessKey}`,
  )
  const signature = createHmac('sha256', signingKey)
    .update(`AWS4-HMAC-SHA256\n${timestamp}\n${scope}\n${sha256(canonical)}`)
    .digest('hex')
  return parameters.set('X-Amz-Signature', signature)
}

/** As the mechanism AWS_MSK_IAM carries it. */
export function mskIamPayload(host: string, parameters: ReadonlyMap<string, string>): string {
  const lower = [...parameters].map(([name, value]) => [name.toLowerCase(), value])
  return JSON.stringify({ version: '2020_10_22', host, 'user-agent': 'hostile', ...Object.fromEntries(lower) })
}

/** As a bearer token carries it. */
export function bearerOf(host: string, parameters: ReadonlyMap<string, string>): string {
  const query = [...parameters].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
  return Buffer.from(`https://${host}/?${query}&User-Agent=hostile`).toString('base64url')
}
