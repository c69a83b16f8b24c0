/**
 * A private certificate authority as it is stored, and every change it can go through: functions from an authority to the
 * changed one that throw what ACM-PCA answers when its state forbids it. Source: the API reference of AWS Private CA.
 */
import { AwsError } from '@millrace/aws/errors'
import type { CertificateAuthorityConfiguration } from '@millrace/aws/frozen/acm-pca'
import type { KeyAlgorithm, SigningAlgorithm } from '@millrace/pki/signing-keys'
import type { AuthorityStatus } from './private-authorities.ts'

export type Tags = Readonly<Record<string, string>>

/** What makes it an authority: its certificate, and what stands above it. */
export interface AuthorityCertificate {
  readonly certificatePem: string
  /** From the one above it to the root; null: it is a root. */
  readonly chainPem: string | null
  /** 32 hex digits or fewer, lower case. */
  readonly serial: string
  readonly notBefore: string
  readonly notAfter: string
}

export interface Authority {
  readonly arn: string
  readonly accountId: string
  readonly region: string
  readonly type: 'ROOT' | 'SUBORDINATE'
  /** As stored: `EXPIRED` is found by the clock (`statusOf`). */
  readonly status: Exclude<AuthorityStatus, 'EXPIRED'>
  readonly keyAlgorithm: KeyAlgorithm
  readonly signingAlgorithm: SigningAlgorithm
  /** As its creator gave it. */
  readonly configuration: CertificateAuthorityConfiguration
  readonly usageMode: 'GENERAL_PURPOSE' | 'SHORT_LIVED_CERTIFICATE'
  readonly keyStorageSecurityStandard: string
  readonly createdAt: string
  readonly lastStateChangeAt: string
  /** PKCS #8, base64, sealed by the master key; about `keyAbout(arn)`. */
  readonly sealedKey: string
  readonly requestPem: string
  /** Null: none was imported yet. */
  readonly certificate: AuthorityCertificate | null
  /** Of a deleted one; null otherwise. */
  readonly deletion: { readonly at: string; readonly before: 'PENDING_CERTIFICATE' | 'DISABLED' | 'ACTIVE' } | null
  readonly idempotencyToken: string | null
  readonly tags: Tags
}

export const DAY_MS = 86_400_000
const RESTORABLE_DAYS_DEFAULT = 30

export function statusOf(authority: Authority, now: Date): AuthorityStatus {
  const { status, certificate } = authority
  const ended = certificate !== null && Date.parse(certificate.notAfter) <= now.getTime()
  return ended && (status === 'ACTIVE' || status === 'DISABLED') ? 'EXPIRED' : status
}

export function invalidState(authority: Authority, now: Date, what: string): AwsError {
  const state = statusOf(authority, now)
  return new AwsError('InvalidStateException', {
    message: `The certificate authority ${authority.arn} is in the ${state} state: ${what}`,
  })
}

export function requireNotDeleted(authority: Authority, now: Date): void {
  if (authority.status === 'DELETED') throw invalidState(authority, now, 'restore it first.')
}

export function withStatus(authority: Authority, status: 'ACTIVE' | 'DISABLED', now: Date): Authority {
  const state = statusOf(authority, now)
  if (state !== 'ACTIVE' && state !== 'DISABLED')
    throw invalidState(authority, now, 'only an ACTIVE or DISABLED one can be updated.')
  return authority.status === status ? authority : { ...authority, status, lastStateChangeAt: now.toISOString() }
}

/** A certificate makes a waiting authority active, and leaves a disabled one disabled. */
export function withCertificate(authority: Authority, certificate: AuthorityCertificate, now: Date): Authority {
  requireNotDeleted(authority, now)
  if (authority.status === 'DISABLED') return { ...authority, certificate }
  return { ...authority, certificate, status: 'ACTIVE', lastStateChangeAt: now.toISOString() }
}

export function deleted(authority: Authority, days: number = RESTORABLE_DAYS_DEFAULT, now: Date): Authority {
  requireNotDeleted(authority, now)
  const { status } = authority
  if (status === 'DELETED' || statusOf(authority, now) === 'ACTIVE')
    throw invalidState(authority, now, 'disable it (UpdateCertificateAuthority) before you delete it.')
  const at = new Date(now.getTime() + days * DAY_MS).toISOString()
  return { ...authority, status: 'DELETED', deletion: { at, before: status }, lastStateChangeAt: now.toISOString() }
}

export function restored(authority: Authority, now: Date): Authority {
  const { deletion } = authority
  if (deletion === null) throw invalidState(authority, now, 'only a DELETED one can be restored.')
  return { ...authority, status: deletion.before, deletion: null, lastStateChangeAt: now.toISOString() }
}
