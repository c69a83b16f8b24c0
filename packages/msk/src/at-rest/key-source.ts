/** What the managed service must know of KMS keys; `millrace` wires the service that has them. */
import type { Scope } from '../arns.ts'

export interface KeyReading {
  /** `arn:aws:kms:REGION:ACCOUNT:key/UUID`. */
  readonly arn: string
  readonly status: 'Enabled' | 'Disabled' | 'PendingDeletion'
}

export interface KeySource {
  /** @param key id, ARN, alias or alias ARN; `alias/aws/kafka` is made when first asked for. Null: none of this account and region. */
  keyState(key: string, scope: Scope): Promise<KeyReading | null>
  /** Calls `listener` with the ARN of a key whose status changed, or that is gone. Returns how to stop that. */
  subscribe(listener: (keyArn: string) => void): () => void
}

/** The AWS managed key of MSK. */
export const MANAGED_KEY_ALIAS = 'alias/aws/kafka'

/** Of a control plane without KMS: there are no keys. */
export const noKeys: KeySource = {
  keyState: () => Promise.resolve(null),
  subscribe: () => () => undefined,
}
