/** What other parts of Millrace may know of private certificate authorities, beside the AWS API: clusters trust them. */
import type { Scope } from '../scope.ts'

export type AuthorityStatus = 'PENDING_CERTIFICATE' | 'ACTIVE' | 'DISABLED' | 'EXPIRED' | 'DELETED'

export interface AuthorityReading {
  readonly arn: string
  readonly status: AuthorityStatus
  /** Null: none was imported yet. */
  readonly certificatePem: string | null
}

/** What counts no more, by who issued it. */
export interface Revocations {
  readonly issuerPem: string
  /** Serial numbers: hex digits, lower case, no zeros in front; null: everything that it issued, since it was revoked itself. */
  readonly serials: readonly string[] | null
}

export interface PrivateAuthorities {
  /** Null: there is no such authority in this account and region. */
  readAuthority(arn: string, scope: Scope): Promise<AuthorityReading | null>
  /** Of all authorities of the account and region. What a revoked authority below them issued is found as far as it is known here. */
  revocations(scope: Scope): Promise<readonly Revocations[]>
  /** Calls `listener` with the ARN after an authority changed, or one of its certificates was revoked. Returns how to stop that. */
  subscribe(listener: (authorityArn: string) => void): () => void
}
