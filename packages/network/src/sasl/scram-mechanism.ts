/**
 * SCRAM-SHA-512 (RFC 5802, KIP-84) against stored credentials (kafka-protocol §6.1). An unknown user goes the whole way with
 * a credential that nobody has, so that neither the answers nor their timing tell who is known.
 */
import { createHmac } from 'node:crypto'
import type { Random } from '@millrace/base/host'
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
import {
  SaslFailure,
  type SaslConversation,
  type SaslFailureDetails,
  type SaslMechanism,
  type SaslStep,
} from './sasl-mechanism.ts'

const SALT_BYTES = 16
const NONCE_BYTES = 24
const KEY_BYTES = 64
const FAILURE_MESSAGE = 'Authentication failed: invalid credentials with SASL mechanism SCRAM-SHA-512'

export interface ScramOptions {
  readonly random: Random
  /** What is kept of the user's password; null: there is no such user. Asked at the beginning of every conversation. */
  readonly credentialOf: (user: string) => ScramCredential | null
  readonly principalOf: (user: string) => string
  /** What an operator may do that this user is let in; `known`: the user exists, and the password is another. */
  readonly remedyOf?: (user: string, known: boolean) => string
}

export function scramMechanism(options: ScramOptions): SaslMechanism {
  // The same unknown user is shown the same salt for as long as the process lives, as a known one would be.
  const pepper = options.random.bytes(KEY_BYTES)
  const nobody = (user: string): ScramCredential => ({
    salt: createHmac('sha512', pepper).update(user).digest().subarray(0, SALT_BYTES),
    iterations: SCRAM_ITERATIONS_MIN,
    storedKey: Buffer.from(options.random.bytes(KEY_BYTES)),
    serverKey: Buffer.from(options.random.bytes(KEY_BYTES)),
  })
  return { name: SCRAM_SHA_512, begin: () => new ScramConversation(options, nobody) }
}

/** The user `internal` of a cluster's nodes: the cluster's secret is the password. */
export function internalScramMechanism(options: {
  readonly random: Random
  readonly user: string
  readonly principal: string
  readonly secret: string
}): SaslMechanism {
  const { random, user, principal, secret } = options
  // Deriving takes milliseconds. The salt follows from the secret, so that a node derives it once for itself and for all
  // its peers: the secret is random and stored nowhere in this form, a salt has nothing to hide.
  const salt = createHmac('sha512', secret).update('salt of internal listeners').digest().subarray(0, SALT_BYTES)
  const credential = scramCredential(saltedPassword(secret, salt, SCRAM_ITERATIONS_MIN), salt, SCRAM_ITERATIONS_MIN)
  return scramMechanism({
    random,
    credentialOf: (name) => (name === user ? credential : null),
    principalOf: () => principal,
  })
}

interface Begun {
  readonly first: ClientFirst
  readonly serverFirst: string
  readonly credential: ScramCredential
  /** False: nobody has this credential. */
  readonly known: boolean
}

class ScramConversation implements SaslConversation {
  readonly #options: ScramOptions
  readonly #nobody: (user: string) => ScramCredential
  #begun: Begun | null = null

  constructor(options: ScramOptions, nobody: (user: string) => ScramCredential) {
    this.#options = options
    this.#nobody = nobody
  }

  next(token: Buffer): SaslStep {
    const begun = this.#begun
    try {
      return this.#begun === null ? this.#begin(token) : this.#finish(token, this.#begun)
    } catch (error) {
      if (!(error instanceof ScramError)) throw error
      const unknown = begun?.known === false ? ', who does not exist' : ''
      const about = begun === null ? '' : ` of user ${JSON.stringify(begun.first.username)}${unknown}`
      throw new SaslFailure(FAILURE_MESSAGE, `SCRAM-SHA-512${about}: ${error.message}`, this.#detailsOf(error, begun))
    }
  }

  #detailsOf(error: ScramError, begun: Begun | null): SaslFailureDetails {
    if (begun === null) return {}
    const user = begun.first.username
    const principal = this.#options.principalOf(user)
    if (!begun.known) return { kind: 'unknown-user', principal, remedy: this.#options.remedyOf?.(user, false) ?? null }
    if (!error.wrongProof) return { principal }
    return { kind: 'wrong-password', principal, remedy: this.#options.remedyOf?.(user, true) ?? null }
  }

  #begin(token: Buffer): SaslStep {
    const first = parseClientFirst(token.toString('utf8'))
    const stored = this.#options.credentialOf(first.username)
    const credential = stored ?? this.#nobody(first.username)
    const nonce = Buffer.from(this.#options.random.bytes(NONCE_BYTES)).toString('base64url')
    const serverFirst = serverFirstMessage(first, nonce, credential)
    this.#begun = { first, serverFirst, credential, known: stored !== null }
    return { kind: 'challenge', token: Buffer.from(serverFirst) }
  }

  #finish(token: Buffer, { first, serverFirst, credential, known }: Begun): SaslStep {
    const serverFinal = serverFinalMessage(first, serverFirst, token.toString('utf8'), credential)
    if (!known) throw new ScramError('unknown user')
    // Those who are logged in are gone over when a user is deleted; who is about to be must not slip in behind.
    if (this.#options.credentialOf(first.username) === null) throw new ScramError('the user was deleted meanwhile')
    return {
      kind: 'authenticated',
      token: Buffer.from(serverFinal),
      principal: this.#options.principalOf(first.username),
      lifetimeMs: null,
      credentialId: first.username,
    }
  }
}
