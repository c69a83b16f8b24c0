/**
 * Authentication on internal listeners: SCRAM-SHA-512 as user `internal` with the cluster's secret as the password
 * (kafka-protocol §6.1). Node and server each prove that they know it; the secret itself never travels.
 *
 * Deriving the credential takes milliseconds. Its salt follows from the secret, so that a node derives it once for
 * itself and for all its peers: the secret is random and stored nowhere in this form, a salt has nothing to hide. Each
 * connection has its own conversation. Any failure is final for the connection and tells the peer nothing about its cause.
 */
import { createHmac } from 'node:crypto'
import type { Random } from '@millrace/base/host'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  SCRAM_ITERATIONS_MIN,
  SCRAM_SHA_512,
  ScramError,
  parseClientFirst,
  saltedPassword,
  scramCredential,
  serverFinalMessage,
  serverFirstMessage,
  type ClientFirst,
  type ScramCredential,
} from '@millrace/protocol/sasl/scram'

export const INTERNAL_USER = 'internal'
/** Of no type that a client can get: authentication on client listeners gives principals of type User. */
export const INTERNAL_PRINCIPAL = 'Node:internal'

const SALT_BYTES = 16
const NONCE_BYTES = 24
const NOTHING = Buffer.alloc(0)
const FAILURE_MESSAGE = 'Authentication failed: invalid credentials with SASL mechanism SCRAM-SHA-512'

/** What all connections of one server are checked against. */
export class InternalCredentials {
  readonly credential: ScramCredential
  readonly random: Random

  constructor(secret: string, random: Random) {
    const salt = createHmac('sha512', secret).update('salt of internal listeners').digest().subarray(0, SALT_BYTES)
    this.credential = scramCredential(saltedPassword(secret, salt, SCRAM_ITERATIONS_MIN), salt, SCRAM_ITERATIONS_MIN)
    this.random = random
  }
}

export interface AuthenticationStep {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly authBytes: Buffer
  /** Set with the last step of a successful conversation. */
  readonly principal: string | null
}

type State =
  | { readonly at: 'handshake' }
  | { readonly at: 'client-first' }
  | { readonly at: 'client-final'; readonly first: ClientFirst; readonly serverFirst: string }
  | { readonly at: 'complete' }
  | { readonly at: 'failed' }

/** The conversation of one connection. */
export class InternalAuthentication {
  readonly mechanisms: readonly string[] = [SCRAM_SHA_512]
  readonly #credentials: InternalCredentials
  #state: State = { at: 'handshake' }

  constructor(credentials: InternalCredentials) {
    this.#credentials = credentials
  }

  /** The peer has proved that it knows the secret. */
  get complete(): boolean {
    return this.#state.at === 'complete'
  }

  /** SaslHandshake: NONE, UNSUPPORTED_SASL_MECHANISM or, out of turn, ILLEGAL_SASL_STATE. */
  handshake(mechanism: string): number {
    if (this.#state.at !== 'handshake') return ErrorCode.ILLEGAL_SASL_STATE
    if (mechanism !== SCRAM_SHA_512) {
      this.#state = { at: 'failed' }
      return ErrorCode.UNSUPPORTED_SASL_MECHANISM
    }
    this.#state = { at: 'client-first' }
    return ErrorCode.NONE
  }

  /** SaslAuthenticate: the next message of the conversation. */
  authenticate(authBytes: Buffer): AuthenticationStep {
    const state = this.#state
    if (state.at !== 'client-first' && state.at !== 'client-final') {
      return failure(ErrorCode.ILLEGAL_SASL_STATE, 'SaslAuthenticate is out of turn.')
    }
    try {
      return state.at === 'client-first'
        ? this.#begin(authBytes)
        : this.#finish(authBytes, state.first, state.serverFirst)
    } catch (error) {
      if (!(error instanceof ScramError)) throw error
      this.#state = { at: 'failed' }
      return failure(ErrorCode.SASL_AUTHENTICATION_FAILED, FAILURE_MESSAGE)
    }
  }

  #begin(authBytes: Buffer): AuthenticationStep {
    const first = parseClientFirst(authBytes.toString('utf8'))
    const nonce = Buffer.from(this.#credentials.random.bytes(NONCE_BYTES)).toString('base64url')
    const serverFirst = serverFirstMessage(first, nonce, this.#credentials.credential)
    this.#state = { at: 'client-final', first, serverFirst }
    return { errorCode: ErrorCode.NONE, errorMessage: null, authBytes: Buffer.from(serverFirst), principal: null }
  }

  /** An unknown user is told so no earlier than a wrong password would be. */
  #finish(authBytes: Buffer, first: ClientFirst, serverFirst: string): AuthenticationStep {
    const serverFinal = serverFinalMessage(first, serverFirst, authBytes.toString('utf8'), this.#credentials.credential)
    if (first.username !== INTERNAL_USER) throw new ScramError('unknown user')
    this.#state = { at: 'complete' }
    return {
      errorCode: ErrorCode.NONE,
      errorMessage: null,
      authBytes: Buffer.from(serverFinal),
      principal: INTERNAL_PRINCIPAL,
    }
  }
}

function failure(errorCode: number, errorMessage: string): AuthenticationStep {
  return { errorCode, errorMessage, authBytes: NOTHING, principal: null }
}
