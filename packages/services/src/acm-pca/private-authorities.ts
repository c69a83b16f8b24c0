/** What other parts of Millrace may know of private certificate authorities, beside the AWS API: clusters trust them. */
import type { Scope } from '../scope.ts'

export type AuthorityStatus = 'PENDING_CERTIFICATE' | 'ACTIVE' | 'DISABLED' | 'EXPIRED' | 'DELETED'

export interface AuthorityReading {
  readonly arn: string
  readonly status: AuthorityStatus
  /** Null: none was imported yet. */
  readonly certificatePem: string | null
  /** Serial numbers of the certificates that were revoked: hex digits, lower case, no zeros in front. */
  readonly revokedSerials: readonly string[]
}

export interface PrivateAuthorities {
  /** Null: there is no such authority in this account and region. */
  readAuthority(arn: string, scope: Scope): Promise<AuthorityReading | null>
  /** Calls `listener` with the ARN after an authority changed, or one of its certificates was revoked. Returns how to stop that. */
  subscribe(listener: (authorityArn: string) => void): () => void
}
