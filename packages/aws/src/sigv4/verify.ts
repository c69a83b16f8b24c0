/**
 * Signature Version 4, the verifying side, for headers and presigned queries. Order of the checks: form, credential, time,
 * what must be signed, body, signature; so that a caller with a wrong clock is told so and not that the signature is bad.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { canonicalRequest, sha256Hex, stringToSign } from '@millrace/policy/sigv4/canonical-request'
import { parseSigningTime } from '@millrace/policy/sigv4/signing-time'
import type { Credential, CredentialStore } from '../credentials.ts'
import { AwsError } from '../errors.ts'
import { header, type ApiRequest } from '../protocols/protocol.ts'
import type { SignedRequest } from './signed-request.ts'
import type { SigningKeys } from './signing-keys.ts'

export const CLOCK_SKEW_MS: number = 15 * 60_000
/** AWS's limit: seven days. */
export const PRESIGNED_SECONDS_MAX: number = 7 * 86_400

/** Headers that say what a request means: where they are sent, they must be signed. */
const meaningHeaders = ['host', 'x-amz-date', 'x-amz-target', 'x-amz-security-token'] as const

export interface VerifyOptions {
  readonly request: ApiRequest
  readonly signed: SignedRequest
  readonly credentials: CredentialStore
  readonly keys: SigningKeys
  readonly nowMs: number
}

/**
 * The credential that signed the request. Throws UnrecognizedClientException, ExpiredTokenException or
 * InvalidSignatureException.
 */
export async function verifySignature({
  request,
  signed,
  credentials,
  keys,
  nowMs,
}: VerifyOptions): Promise<Credential> {
  const credential = await credentials.lookup(signed.accessKeyId)
  if (credential === null) throw unrecognized(signed)
  checkToken(credential, signed, nowMs)
  checkTime(signed, nowMs)
  checkSignedHeaders(request, signed)

  const canonical = canonicalRequest(request, signed.signedHeaders, payloadHash(request, signed))
  const { accessKeyId, date, region, service } = signed
  const key = keys.get(accessKeyId, credential.secret, date, region, service)
  const text = stringToSign(signed.timestamp, `${date}/${region}/${service}/aws4_request`, canonical)
  const expected = createHmac('sha256', key).update(text).digest()
  const given = Buffer.from(signed.signature, 'hex')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new AwsError('InvalidSignatureException', {
      message:
        'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.',
      operatorMessage: `canonical request: ${JSON.stringify(canonical)}`,
    })
  }
  return credential
}

function unrecognized(signed: SignedRequest): AwsError {
  return new AwsError('UnrecognizedClientException', {
    message: 'The security token included in the request is invalid.',
    operatorMessage: `unknown access key id ${JSON.stringify(signed.accessKeyId)}`,
  })
}

function checkToken(credential: Credential, signed: SignedRequest, nowMs: number): void {
  if (
    credential.sessionToken !== null &&
    (signed.sessionToken === null || !sameText(credential.sessionToken, signed.sessionToken))
  ) {
    throw new AwsError('UnrecognizedClientException', {
      message: 'The security token included in the request is invalid.',
    })
  }
  if (credential.expiresAtMs !== null && credential.expiresAtMs <= nowMs) {
    throw new AwsError('ExpiredTokenException', { message: 'The security token included in the request is expired.' })
  }
}

/** Over hashes: the lengths of the texts are not told either. */
function sameText(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(sha256Hex(a)), Buffer.from(sha256Hex(b)))
}

function checkTime(signed: SignedRequest, nowMs: number): void {
  const { timestamp, expiresSeconds } = signed
  if (!timestamp.startsWith(signed.date)) {
    throw invalid(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${signed.date}' != '${timestamp.slice(0, 8)}'.`,
    )
  }
  const signedMs = parseSigningTime(timestamp)
  if (Number.isNaN(signedMs)) throw invalid(`The date ${timestamp} of the signature does not exist.`)
  const now = new Date(nowMs).toISOString()
  if (signedMs - nowMs > CLOCK_SKEW_MS) {
    throw invalid(
      `Signature not yet current: ${timestamp} is still later than ${now} + 15 min. Check the clock of the client.`,
    )
  }
  if (expiresSeconds !== null && expiresSeconds > PRESIGNED_SECONDS_MAX) {
    throw invalid(`X-Amz-Expires must be at most ${PRESIGNED_SECONDS_MAX} seconds.`)
  }
  const validMs = expiresSeconds === null ? CLOCK_SKEW_MS : expiresSeconds * 1000
  if (nowMs - signedMs > validMs) {
    const hint = expiresSeconds === null ? ' Check the clock of the client.' : ''
    throw invalid(`Signature expired: ${timestamp} is now earlier than ${now} - ${validMs / 1000} s.${hint}`)
  }
}

function checkSignedHeaders(request: ApiRequest, { signedHeaders }: SignedRequest): void {
  for (const name of meaningHeaders) {
    if (request.headers.has(name) && !signedHeaders.includes(name))
      throw invalid(`The header '${name}' must be among the signed headers.`)
  }
  if (!signedHeaders.includes('host')) throw invalid("The header 'host' must be among the signed headers.")
}

/** A stated hash must be that of the body; the body's own hash goes into the signature either way. */
function payloadHash(request: ApiRequest, signed: SignedRequest): string {
  const actual = sha256Hex(request.body)
  const stated = header(request, 'x-amz-content-sha256')
  if (signed.expiresSeconds === null && stated !== '' && stated !== actual) {
    throw invalid('The x-amz-content-sha256 header does not match the SHA-256 of the request body.')
  }
  return actual
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidSignatureException', { message })
}
