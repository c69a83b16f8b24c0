/** What the managed service must know of Secrets Manager; `millrace` wires the service that does. */
import type { Scope } from '../arns.ts'

/** The current value of a secret, and what is asked of it before it is used. */
export interface SecretReading {
  readonly name: string
  /** Complete, with the random suffix. */
  readonly arn: string
  /** As its owner gave it; null: the AWS managed key. */
  readonly kmsKeyId: string | null
  /** Null when there is none, and where `unreadable` says why. */
  readonly secretString: string | null
  readonly versionId: string | null
  /** Deletion is scheduled. */
  readonly deleted: boolean
  /** Why the value cannot be had; null: it can. */
  readonly unreadable: string | null
}

export interface SecretSource {
  /** Null: there is no such secret in this account and region. */
  readSecret(arn: string, scope: Scope): Promise<SecretReading | null>
  /** Calls `listener` with the ARN after a secret's value changed, or it was deleted or restored. Returns how to stop that. */
  subscribe(listener: (secretArn: string) => void): () => void
}

/** Of a control plane without Secrets Manager: there are no secrets. */
export const noSecrets: SecretSource = {
  readSecret: () => Promise.resolve(null),
  subscribe: () => () => undefined,
}
