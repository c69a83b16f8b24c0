/**
 * What a node must know of IAM to let clients in and to decide for them while nobody can be asked: plain JSON, made by the
 * control plane for one cluster. Never a secret: a signing key is good for one day, region and service, and the secret cannot
 * be had back from it; of a session token there is only the hash.
 */
import type { NamedPolicy } from '../principal-policies.ts'
import type { KeyValues } from '../principal-values.ts'
import type { Principal } from '../principal.ts'

export interface IamSnapshot {
  readonly clusterArn: string
  /** The cluster's tags, for aws:ResourceTag. */
  readonly tags: Readonly<Record<string, string>>
  /** The cluster's own policy, by which principals of other accounts come in; null: it has none. */
  readonly clusterPolicy: NamedPolicy | null
  /** Each policy once, however many principals it is attached to; grants name them by index. */
  readonly policies: readonly NamedPolicy[]
  readonly principals: readonly SnapshotPrincipal[]
  readonly credentials: readonly SnapshotCredential[]
  /** New logins per second at one broker; null: as many as come. */
  readonly connectsPerSecond: number | null
  /** What this machine's addresses are called by reverse lookup: Java clients sign those names. */
  readonly reverseNames: readonly string[]
}

export interface SnapshotPrincipal {
  readonly principal: Principal
  /**
   * Mostly one. Sessions of one role under one name are one principal, and may have been made with different session policies:
   * then there are several, and only what all of them allow is allowed.
   */
  readonly grants: readonly SnapshotGrant[]
}

/** PrincipalPolicies, with policies by index. */
export interface SnapshotGrant {
  readonly identity: readonly number[]
  readonly boundary: number | null
  readonly session: readonly number[] | null
  /** The condition keys that it brings to every request, in lower case. */
  readonly values: KeyValues
}

export interface SnapshotCredential {
  readonly accessKeyId: string
  /** Index of the principal whose it is. */
  readonly principal: number
  /** Base64 by date `20260501`: yesterday, today, tomorrow. */
  readonly signingKeys: Readonly<Record<string, string>>
  /** Hex SHA-256 of the token that must come along; null: a long-term key. */
  readonly sessionTokenHash: string | null
  /** Ms since the epoch; null: never. */
  readonly expiresAtMs: number | null
}

/** Of the principal of a connection: no SCRAM user and no certificate, which are always `User:`, can pose as one. */
export const IAM_PRINCIPAL_PREFIX = 'IAM:'

export function iamPrincipal(arn: string): string {
  return `${IAM_PRINCIPAL_PREFIX}${arn}`
}

export function isIamPrincipal(principal: string): boolean {
  return principal.startsWith(IAM_PRINCIPAL_PREFIX)
}
