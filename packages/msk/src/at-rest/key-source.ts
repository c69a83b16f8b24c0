/** What the managed service must know of KMS keys; `millrace` wires the service that has them. */
import type { Scope } from '../arns.ts'

export interface KeyReading {
  /** `arn:aws:kms:REGION:ACCOUNT:key/UUID`. */
  readonly arn: string
  readonly status: 'Enabled' | 'Disabled' | 'PendingDeletion'
}

/** What the managed service needs a customer key for: to seal a cluster's storage, or to read a secret. */
export type KeyUse =
  | { readonly for: 'storage'; readonly clusterArn: string }
  | { readonly for: 'secret'; readonly secretArn: string }

export interface KeySource {
  /** @param key id, ARN, alias or alias ARN; `alias/aws/kafka` is made when first asked for. Null: none of this account and region. */
  keyState(key: string, scope: Scope): Promise<KeyReading | null>
  /** Lets the managed service use a customer key. The grant's id; null: the key is AWS's and needs none. */
  grant(keyArn: string, use: KeyUse): Promise<string | null>
  /** Whether a grant on the key, whoever made it, lets the managed service use it so. */
  isGranted(keyArn: string, use: KeyUse): Promise<boolean>
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
