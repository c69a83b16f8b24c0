/** What the managed service must know of IAM; `millrace` wires the service that does. */
import type { Credential } from '@millrace/aws/credentials'

export interface CredentialSource {
  /** Active keys and live sessions, root's included; of one account, or of all without. */
  credentials(accountId?: string): Iterable<Credential>
  /** Calls `listener` after a change of keys, sessions or policies. Returns how to stop that. */
  onChange(listener: () => void): () => void
}

/** Of a control plane without IAM: nobody has a key. */
export const noCredentials: CredentialSource = {
  credentials: () => [],
  onChange: () => () => undefined,
}
