/**
 * What a SASL mechanism is to the server: conversations by tokens, each ending in a principal or in a SaslFailure. A
 * mechanism knows nothing of Kafka's requests; sasl-authentication.ts carries its tokens.
 */
import type { IamDenial } from '@millrace/policy/denials/denials'
import type { RefusalKind } from '../refusals.ts'

/** The peer of a conversation, as far as a mechanism may go by it. */
export interface SaslPeer {
  readonly remoteAddress: string
  /** By which it reached this node. */
  readonly localAddress: string
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
      /** Of what the proof was made: an access key id, the name of a SCRAM user. */
      readonly credentialId?: string
    }
  /** It cannot be said yet: `when` calls back once, and the same token is to be looked at again. */
  | { readonly kind: 'later'; readonly when: (callback: () => void) => void }
  /** It cannot be said here and now: the connection is closed without an answer, so that the client tries again. */
  | { readonly kind: 'unknowable'; readonly reason: string }

export interface SaslConversation {
  /** The peer's next token. @throws SaslFailure */
  next(token: Buffer): SaslStep
}

export interface SaslMechanism {
  /** `SCRAM-SHA-512` */
  readonly name: string
  /** @param renews the connection has logged in before (KIP-368) */
  begin(peer: SaslPeer, renews?: boolean): SaslConversation
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
