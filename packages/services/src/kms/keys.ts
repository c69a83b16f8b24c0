/**
 * What other parts of Millrace may know and do with KMS keys, beside the AWS API: secrets are sealed by data keys of a
 * KMS key, the storage of clusters will be.
 */
import type { Scope } from '../scope.ts'

/** As DescribeKey shows it; keys are made at once, so `Creating`, `PendingImport` and the like do not occur. */
export type KeyStatus = 'Enabled' | 'Disabled' | 'PendingDeletion'

export interface KeyState {
  /** `arn:aws:kms:REGION:ACCOUNT:key/UUID`. */
  readonly arn: string
  /** The UUID. */
  readonly keyId: string
  readonly status: KeyStatus
  /** `AWS`: made and held by Millrace for a service (aws/kafka, aws/secretsmanager). */
  readonly manager: 'AWS' | 'CUSTOMER'
}

/** Pairs of text that must be given again, the same, to decrypt: not secret, authenticated. */
export type EncryptionContext = Readonly<Record<string, string>>

export interface DataKey {
  /** 32 random bytes; never stored. */
  readonly plaintext: Buffer
  /** The same, sealed by the key: what is stored, and what `decryptDataKey` takes. */
  readonly ciphertext: Buffer
}

/**
 * `key` is a key id, key ARN, alias name (`alias/orders`) or alias ARN. An alias of an AWS managed key (`alias/aws/kafka`)
 * makes the key when it is not there yet. What needs an enabled key throws AwsError: DisabledException,
 * KMSInvalidStateException (to be deleted), NotFoundException.
 */
export interface Keys {
  /** Null: no such key in this account and region. */
  keyState(key: string, scope: Scope): Promise<KeyState | null>
  generateDataKey(key: string, scope: Scope, context: EncryptionContext): Promise<DataKey>
  encryptDataKey(key: string, scope: Scope, context: EncryptionContext, plaintext: Buffer): Promise<Buffer>
  /** The ciphertext names its key. Throws InvalidCiphertextException when it was tampered with or the context is another. */
  decryptDataKey(scope: Scope, context: EncryptionContext, ciphertext: Buffer): Promise<Buffer>
  /** Calls `listener` with the key's ARN after it was enabled, disabled, scheduled for deletion, saved from it, or removed, and after a grant on it was made or has ended. Returns how to unsubscribe. */
  subscribe(listener: (keyArn: string) => void): () => void
}
