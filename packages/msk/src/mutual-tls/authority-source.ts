/** What the managed service must know of private certificate authorities; `millrace` wires the service that does. */
import type { Revocations } from '@millrace/base/host'
import type { Scope } from '../arns.ts'

export interface AuthorityReading {
  readonly arn: string
  readonly status: 'PENDING_CERTIFICATE' | 'ACTIVE' | 'DISABLED' | 'EXPIRED' | 'DELETED'
  /** PEM; null: it has none yet. */
  readonly certificatePem: string | null
}

export interface AuthoritySource {
  /** Null: there is no such authority in this account and region. */
  readAuthority(arn: string, scope: Scope): Promise<AuthorityReading | null>
  /** Every certificate that an authority of this account and region has revoked. */
  revocations(scope: Scope): Promise<readonly Revocations[]>
  /** Calls `listener` with the ARN after an authority changed or revoked a certificate. Returns how to stop that. */
  subscribe(listener: (authorityArn: string) => void): () => void
}

/** Of a control plane without private authorities: there are none. */
export const noAuthorities: AuthoritySource = {
  readAuthority: () => Promise.resolve(null),
  revocations: () => Promise.resolve([]),
  subscribe: () => () => undefined,
}
