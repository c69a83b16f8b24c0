/**
 * What a client of IAM access control sends to log in: a presigned request `kafka-cluster:Connect`, as the one message of
 * AWS_MSK_IAM (aws-msk-iam-auth) or as the bearer token of OAUTHBEARER (the AWS MSK IAM SASL signers).
 */
import { createHmac } from 'node:crypto'
import { canonicalRequest, sha256Hex, stringToSign } from '@millrace/policy/sigv4/canonical-request'
import { deriveSigningKey } from '@millrace/policy/sigv4/signing-key'
import type { IamSigner } from './finding.ts'

export const IAM_MECHANISMS = ['AWS_MSK_IAM', 'OAUTHBEARER'] as const
export type IamMechanism = (typeof IAM_MECHANISMS)[number]

const EXPIRES_SECONDS = 900
const SERVICE = 'kafka-cluster'

export function isIamMechanism(mechanism: string): mechanism is IamMechanism {
  return (IAM_MECHANISMS as readonly string[]).includes(mechanism)
}

/** @param host by which the client reached the broker */
export function loginToken(mechanism: IamMechanism, signer: IamSigner, host: string, nowMs: number): string {
  if (mechanism === 'AWS_MSK_IAM') {
    const lower = [...presign(signer, host, nowMs)].map(([name, value]) => [name.toLowerCase(), value] as const)
    return JSON.stringify({ version: '2020_10_22', host, 'user-agent': USER_AGENT, ...Object.fromEntries(lower) })
  }
  // The signers sign for the endpoint of the region, wherever the broker is; they know no other suffix.
  const regional = `kafka.${signer.region}.amazonaws.com`
  const url = `https://${regional}/?${queryOf(presign(signer, regional, nowMs))}&User-Agent=${USER_AGENT}`
  return `n,,\u0001auth=Bearer ${Buffer.from(url).toString('base64url')}\u0001\u0001`
}

const USER_AGENT = 'millrace-doctor'

function presign({ credentials, region }: IamSigner, host: string, nowMs: number): Map<string, string> {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  const timestamp = new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d{3}/g, '')
  const date = timestamp.slice(0, 8)
  const scope = `${date}/${region}/${SERVICE}/aws4_request`
  const parameters = new Map([
    ['Action', 'kafka-cluster:Connect'],
    ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
    ['X-Amz-Credential', `${accessKeyId}/${scope}`],
    ['X-Amz-Date', timestamp],
    ['X-Amz-Expires', String(EXPIRES_SECONDS)],
    ...(sessionToken === null ? [] : [['X-Amz-Security-Token', sessionToken] as const]),
    ['X-Amz-SignedHeaders', 'host'],
  ])
  const request = { method: 'GET', rawPath: '/', rawQuery: queryOf(parameters), headers: new Map([['host', [host]]]) }
  const text = stringToSign(timestamp, scope, canonicalRequest(request, ['host'], sha256Hex('')))
  const key = deriveSigningKey(secretAccessKey, date, region, SERVICE)
  return parameters.set('X-Amz-Signature', createHmac('sha256', key).update(text).digest('hex'))
}

function queryOf(parameters: ReadonlyMap<string, string>): string {
  return [...parameters].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
}
