/**
 * What other parts of Millrace may know of secrets, beside the AWS API. The packages that need it (the managed service,
 * for SCRAM) own an interface of their own; `millrace` wires the two.
 */

import type { Scope } from '../scope.ts'

/** The current value of a secret, and what those who check a secret before using it ask. */
export interface SecretReading {
  /** `AmazonMSK_alice`. */
  readonly name: string
  /** Complete, with the six random characters. */
  readonly arn: string
  /** As the owner gave it (key id, key ARN, alias name or alias ARN); null: an AWS managed key, by whatever name. */
  readonly kmsKeyId: string | null
  /** Of version stage AWSCURRENT; null for a binary secret, a secret without a value, and where `unreadable` says why. */
  readonly secretString: string | null
  /** Of version stage AWSCURRENT; null for a secret without a value. */
  readonly versionId: string | null
  /** Deletion is scheduled: the API would refuse to tell the value; `secretString` is null. */
  readonly deleted: boolean
  /** Why the value cannot be had (its KMS key is disabled, is to be deleted, is gone); null: it can. */
  readonly unreadable: string | null
}

export interface Secrets {
  /** `arn` complete or without its random suffix. Null: no such secret in this account and region. Counts as no access (LastAccessedDate). */
  readSecret(arn: string, scope: Scope): Promise<SecretReading | null>
  /**
   * Calls `listener` with the complete ARN after a secret was created, its current value or KMS key changed, or it was deleted
   * or restored; not for changes of its key's state (`Keys.subscribe` tells those). Called after the change is stored; must
   * not throw. Returns how to unsubscribe.
   */
  subscribe(listener: (secretArn: string) => void): () => void
}
