/**
 * What a SASL mechanism is to the server: conversations by tokens, each ending in a principal or in a SaslFailure. A
 * mechanism knows nothing of Kafka's requests; sasl-authentication.ts carries its tokens.
 */
import type { IamDenial } from '@millrace/policy/denials/denials'
import type { RefusalKind } from '../refusals.ts'

/** The peer of a conversation, as far as a mechanism may go by it. */
export interface SaslPeer {
  readonly remoteAddress: string
}

export type SaslStep =
  | { readonly kind: 'challenge'; readonly token: Buffer }
  | {
      readonly kind: 'authenticated'
      /** The last token, for the peer to check or to keep. */
      readonly token: Buffer
      /** `User:alice`. */
      readonly principal: string
      /** How long the proof is good for, ms; null: for as long as the connection lives (KIP-368). */
      readonly lifetimeMs: number | null
    }

export interface SaslConversation {
  /** The peer's next token. @throws SaslFailure */
  next(token: Buffer): SaslStep
}

export interface SaslMechanism {
  /** `SCRAM-SHA-512` */
  readonly name: string
  begin(peer: SaslPeer): SaslConversation
}

/** What an operator is told of a failed login, beside the sentence. */
export interface SaslFailureDetails {
  /** 'sasl' unless it is known better. */
  readonly kind?: RefusalKind
  /** What would let the peer in, as a sentence or command. */
  readonly remedy?: string | null
  /** Who the peer says it is, as it would be called: `User:alice`. */
  readonly principal?: string | null
  /** Where a policy said no. */
  readonly iam?: IamDenial | null
}

/** The peer has not proved who it is. `message` is told to the peer, `reason` and details only to the operator. */
export class SaslFailure extends Error {
  override readonly name = 'SaslFailure'
  readonly reason: string
  readonly details: SaslFailureDetails

  constructor(message: string, reason: string, details: SaslFailureDetails = {}) {
    super(message)
    this.reason = reason
    this.details = details
  }
}
