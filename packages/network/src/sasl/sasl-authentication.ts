/**
 * The SASL side of one connection (kafka-protocol §6.1): SaslHandshake names a mechanism, SaslAuthenticate carries its
 * tokens. Where a proof is good for a time only, the peer proves itself again on the same connection, by the same mechanism
 * and as the same principal (KIP-368). Any failure is final for the connection.
 */
import type { Clock } from '@millrace/base/host'
import { ErrorCode } from '@millrace/protocol/errors'
import type { RefusalRecord } from '../refusals.ts'
import {
  SaslFailure,
  type SaslConversation,
  type SaslMechanism,
  type SaslPeer,
  type SaslStep,
} from './sasl-mechanism.ts'

export interface AuthenticationStep {
  readonly errorCode: number
  /** Told to the peer. */
  readonly errorMessage: string | null
  readonly authBytes: Buffer
  /** 0: for as long as the connection lives. */
  readonly sessionLifetimeMs: number
  /** Set with the last step of a successful conversation. */
  readonly principal: string | null
  /** For the operator, of a failure. */
  readonly failure: LoginFailure | null
  /** Set: there is no answer, the connection is to be closed for this reason. */
  readonly unknowable: string | null
}

export type LoginFailure = Omit<RefusalRecord, 'listener' | 'remoteAddress'>

interface Proof {
  readonly mechanism: SaslMechanism
  readonly principal: string
  readonly credentialId: string | null
  readonly provedMs: number
  /** Infinity: for as long as the connection lives. */
  readonly endsMs: number
}

type State =
  | { readonly at: 'handshake' }
  | { readonly at: 'conversation'; readonly mechanism: SaslMechanism; readonly conversation: SaslConversation }
  | { readonly at: 'proved' }
  | { readonly at: 'failed' }

/** A peer that proves itself more often is out of order (KIP-368). */
const REAUTHENTICATION_MS_MIN = 1_000
const NOTHING = Buffer.alloc(0)

export interface SaslAuthenticationOptions {
  readonly clock: Clock
  readonly mechanisms: readonly SaslMechanism[]
  readonly peer: SaslPeer
}

export class SaslAuthentication {
  readonly #options: SaslAuthenticationOptions
  #state: State = { at: 'handshake' }
  #bareTokens = false
  #proof: Proof | null = null

  constructor(options: SaslAuthenticationOptions) {
    this.#options = options
  }

  get mechanisms(): readonly string[] {
    return this.#options.mechanisms.map(({ name }) => name)
  }

  /** The peer has proved who it is, and that still counts. */
  get complete(): boolean {
    return this.#proof !== null && this.#state.at !== 'failed' && this.#options.clock.monotonicMs() < this.#proof.endsMs
  }

  /** It did once, and did not do it again in time. */
  get expired(): boolean {
    return this.#proof !== null && this.#options.clock.monotonicMs() >= this.#proof.endsMs
  }

  /** Tokens come in frames of their own, without a request around them, and are answered likewise. */
  get takesBareTokens(): boolean {
    return this.#bareTokens && this.#state.at === 'conversation'
  }

  /**
   * SaslHandshake: NONE, UNSUPPORTED_SASL_MECHANISM or, out of turn, ILLEGAL_SASL_STATE.
   * @param version with 0 bare tokens follow, with 1 they come in SaslAuthenticate (KIP-152)
   */
  handshake(name: string, version = 1): number {
    if (this.#state.at !== 'handshake' && !this.#mayProveAgain()) return ErrorCode.ILLEGAL_SASL_STATE
    const mechanism = this.#options.mechanisms.find((one) => one.name === name)
    if (mechanism === undefined || (this.#proof !== null && this.#proof.mechanism !== mechanism)) {
      this.#state = { at: 'failed' }
      return ErrorCode.UNSUPPORTED_SASL_MECHANISM
    }
    this.#bareTokens = version === 0
    this.#state = {
      at: 'conversation',
      mechanism,
      conversation: mechanism.begin(this.#options.peer, this.#proof !== null),
    }
    return ErrorCode.NONE
  }

  /** Of what the proof that counts was made; null: none was, or there is nothing to tell apart. */
  get credentialId(): string | null {
    return this.#proof?.credentialId ?? null
  }

  /** SaslAuthenticate: the next token of the conversation. `done` once, mostly in this turn; nothing else is to be asked before. */
  authenticate(token: Buffer, done: (step: AuthenticationStep) => void): void {
    const state = this.#state
    if (state.at !== 'conversation')
      return done(failed(ErrorCode.ILLEGAL_SASL_STATE, 'SaslAuthenticate is out of turn.', null))
    const outcome = this.#outcome(state, token)
    if (outcome.kind === 'later') outcome.when(() => this.authenticate(token, done))
    else done(outcome)
  }

  #outcome(
    state: Extract<State, { at: 'conversation' }>,
    token: Buffer,
  ): (AuthenticationStep & { readonly kind?: undefined }) | Extract<SaslStep, { kind: 'later' }> {
    try {
      const step = state.conversation.next(token)
      if (step.kind === 'later') return step
      if (step.kind === 'unknowable') {
        this.#state = { at: 'failed' }
        return { ...success, unknowable: step.reason }
      }
      if (step.kind === 'challenge') return { ...success, authBytes: step.token }
      if (this.#proof !== null && this.#proof.principal !== step.principal) {
        throw new SaslFailure(
          `Cannot change principals during re-authentication from ${dotted(this.#proof.principal)}: ${dotted(step.principal)}`,
          `${this.#proof.principal} cannot become ${step.principal} on one connection`,
        )
      }
      const provedMs = this.#options.clock.monotonicMs()
      const endsMs = step.lifetimeMs === null ? Infinity : provedMs + step.lifetimeMs
      const { principal, credentialId = null } = step
      this.#proof = { mechanism: state.mechanism, principal, credentialId, provedMs, endsMs }
      this.#state = { at: 'proved' }
      return { ...success, authBytes: step.token, sessionLifetimeMs: step.lifetimeMs ?? 0, principal: step.principal }
    } catch (error) {
      if (!(error instanceof SaslFailure)) throw error
      this.#state = { at: 'failed' }
      const { reason, details } = error
      const failure: LoginFailure = {
        kind: details.kind ?? 'sasl',
        reason,
        principal: details.principal ?? this.#proof?.principal ?? null,
        remedy: details.remedy ?? null,
        iam: details.iam ?? null,
      }
      return failed(ErrorCode.SASL_AUTHENTICATION_FAILED, error.message, failure)
    }
  }

  #mayProveAgain(): boolean {
    const proof = this.#proof
    if (this.#state.at !== 'proved' || proof === null || proof.endsMs === Infinity) return false
    return this.#options.clock.monotonicMs() - proof.provedMs >= REAUTHENTICATION_MS_MIN
  }
}

const success: AuthenticationStep = {
  errorCode: ErrorCode.NONE,
  errorMessage: null,
  authBytes: NOTHING,
  sessionLifetimeMs: 0,
  principal: null,
  failure: null,
  unknowable: null,
}

function failed(errorCode: number, errorMessage: string, failure: LoginFailure | null): AuthenticationStep {
  return { ...success, errorCode, errorMessage, failure }
}

/** `User.alice`, as Kafka writes principals in that message. */
function dotted(principal: string): string {
  return principal.replace(':', '.')
}
