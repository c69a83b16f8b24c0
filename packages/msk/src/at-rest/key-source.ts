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
  /** Lets the managed service use a customer key for a cluster. The grant's id; null: the key is AWS's and needs none. */
  grant(keyArn: string, clusterArn: string): Promise<string | null>
  /** Whether a grant on the key, whoever made it, lets the managed service use it for the cluster. */
  isGranted(keyArn: string, clusterArn: string): Promise<boolean>
  /** Gives a grant back; nothing where it is gone. */
  retire(keyArn: string, grantId: string): Promise<void>
  /** Calls `listener` with the ARN of a key whose status or grants changed, or that is gone. Returns how to stop that. */
  subscribe(listener: (keyArn: string) => void): () => void
}

/** The AWS managed key of MSK. */
export const MANAGED_KEY_ALIAS = 'alias/aws/kafka'

/** Of a control plane without KMS: there are no keys. */
export const noKeys: KeySource = {
  keyState: () => Promise.resolve(null),
  grant: () => Promise.resolve(null),
  isGranted: () => Promise.resolve(false),
  retire: () => Promise.resolve(),
  subscribe: () => () => undefined,
}
