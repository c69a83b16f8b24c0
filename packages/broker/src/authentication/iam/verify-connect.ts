/**
 * Checks a signed Connect against what is known of the cluster and its credentials. In order: what it asks, where it was
 * signed for, when, by whom, and last the signature, so that a client with a wrong clock or region is told so. Pure.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { RefusalKind } from '@millrace/network/refusals'
import type { SnapshotCredential } from '@millrace/policy/kafka-cluster/iam-snapshot'
import { CONNECT } from '@millrace/policy/kafka-cluster/actions'
import { canonicalRequest, sha256Hex, stringToSign } from '@millrace/policy/sigv4/canonical-request'
import { isoTime, parseSigningTime } from '@millrace/policy/sigv4/signing-time'
import type { SignedConnect } from './signed-connect.ts'

/** How far the clock of a client may be ahead. */
export const CLOCK_SKEW_MS: number = 5 * 60_000
/** As every signer asks, and not more. */
export const EXPIRES_SECONDS_MAX = 900
const ALGORITHM = 'AWS4-HMAC-SHA256'
const SERVICE = 'kafka-cluster'
const EMPTY_HASH = sha256Hex('')

export interface ConnectFault {
  readonly kind: RefusalKind
  /** A sentence for the operator. */
  readonly reason: string
  readonly remedy: string | null
}

export interface ConnectScope {
  readonly region: string
  readonly nowMs: number
  /** Null: the signed host is one of ours; else the hosts that would be, in words. */
  readonly hostFault: (host: string) => string | null
}

/** Everything that can be said without knowing the key; null: nothing is wrong. */
export function faultOfRequest(signed: SignedConnect, { region, nowMs, hostFault }: ConnectScope): ConnectFault | null {
  if (signed.action !== CONNECT)
    return fault('sasl', `The client signed the action ${quoted(signed.action)}, not ${CONNECT}.`, null)
  if (signed.algorithm !== ALGORITHM)
    return fault('sasl', `The client signed by ${quoted(signed.algorithm)}, not by ${ALGORITHM}.`, null)
  if (signed.signedHeaders !== 'host')
    return fault('sasl', `The client signed the headers ${quoted(signed.signedHeaders)}, not host alone.`, null)
  if (signed.service !== SERVICE)
    return fault('sasl', `The client signed for the service ${quoted(signed.service)}, not for ${SERVICE}.`, null)
  if (signed.region !== region) {
    return fault(
      'wrong-region',
      `The client signed for the region ${quoted(signed.region)}; this cluster is in ${region}.`,
      `Set AWS_REGION=${region} for the client, or the region in its signer.`,
    )
  }
  const expected = hostFault(signed.host)
  if (expected !== null) {
    return fault(
      'wrong-host',
      `The client signed for the host ${quoted(signed.host)}; this broker expects ${expected}.`,
      'Let the client connect by a name that `aws kafka get-bootstrap-brokers` tells.',
    )
  }
  return faultOfTime(signed, nowMs)
}

function faultOfTime({ date, timestamp, expiresSeconds }: SignedConnect, nowMs: number): ConnectFault | null {
  const signedMs = parseSigningTime(timestamp)
  if (Number.isNaN(signedMs) || !timestamp.startsWith(date))
    return fault('sasl', `X-Amz-Date ${timestamp} and the date of the credential, ${date}, do not go together.`, null)
  const now = isoTime(nowMs)
  if (signedMs - nowMs > CLOCK_SKEW_MS) {
    const reason = `The client signed at ${timestamp}, which is still to come: here it is ${now}.`
    return fault('clock-skew', reason, "Correct the client's clock.")
  }
  if (expiresSeconds <= 0 || expiresSeconds > EXPIRES_SECONDS_MAX)
    return fault('sasl', `The client asks for ${expiresSeconds} s; at most ${EXPIRES_SECONDS_MAX} are given.`, null)
  if (nowMs < signedMs + expiresSeconds * 1000) return null
  return fault(
    'expired',
    `The client signed at ${timestamp} for ${expiresSeconds} s, which are over: here it is ${now}.`,
    "Let the client sign anew for each login, and compare its clock with the broker's.",
  )
}

/** Ms since the epoch at which the signature ends. */
export function signatureEndsMs({ timestamp, expiresSeconds }: SignedConnect): number {
  return parseSigningTime(timestamp) + expiresSeconds * 1000
}

/** @param signingKey of the credential, for the date and region that were signed */
export function faultOfSignature(
  signed: SignedConnect,
  credential: SnapshotCredential,
  signingKey: Buffer,
  nowMs: number,
): ConnectFault | null {
  if (credential.sessionTokenHash !== null) {
    const given = signed.sessionToken === null ? '' : sha256Hex(signed.sessionToken)
    if (!sameHex(given, credential.sessionTokenHash)) {
      const reason = `The session token that came with ${signed.accessKeyId} is ${given === '' ? 'missing' : 'another one'}.`
      return fault('bad-signature', reason, 'Send the token that belongs to the key: AWS_SESSION_TOKEN.')
    }
  }
  if (credential.expiresAtMs !== null && credential.expiresAtMs <= nowMs) {
    const ended = isoTime(credential.expiresAtMs)
    return fault('expired', `The session of ${signed.accessKeyId} ended at ${ended}.`, 'Get a new session from STS.')
  }
  const headers = new Map([['host', [signed.host]]])
  const { rawQuery } = signed
  const canonical = canonicalRequest({ method: 'GET', rawPath: '/', rawQuery, headers }, ['host'], EMPTY_HASH)
  const scope = `${signed.date}/${signed.region}/${SERVICE}/aws4_request`
  const expected = createHmac('sha256', signingKey)
    .update(stringToSign(signed.timestamp, scope, canonical))
    .digest()
  if (sameHex(signed.signature, expected.toString('hex'))) return null
  return fault(
    'bad-signature',
    `The signature is not the one of ${signed.accessKeyId} for the host ${quoted(signed.host)}.`,
    'Compare the secret access key of the client with the one that was given out for this access key id.',
  )
}

function sameHex(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given, 'latin1'), Buffer.from(expected, 'latin1')]
  return a.length === b.length && timingSafeEqual(a, b)
}

function fault(kind: RefusalKind, reason: string, remedy: string | null): ConnectFault {
  return { kind, reason, remedy }
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 200))
}
