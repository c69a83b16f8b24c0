/**
 * The SASL mechanisms of IAM access control. Both carry one signed request from the client and end there; they differ in how
 * it is written, in the host that it is signed for, and in how long a login is good.
 */
import { canonicalHost } from '@millrace/policy/acl/canonical-host'
import {
  SaslFailure,
  type SaslConversation,
  type SaslMechanism,
  type SaslPeer,
  type SaslStep,
} from '@millrace/network/sasl/sasl-mechanism'
import { iamPrincipal } from '@millrace/policy/kafka-cluster/iam-snapshot'
import { regionalHostFault } from './cluster-hosts.ts'
import type { IamLogins } from './iam-logins.ts'
import { MSK_IAM_VERSION, readMskIamPayload } from './msk-iam-payload.ts'
import { readOauthbearerToken } from './oauthbearer-token.ts'
import { MalformedTokenError, type SignedConnect } from './signed-connect.ts'
import { faultOfRequest, faultOfSignature, signatureEndsMs, type ConnectFault } from './verify-connect.ts'

/** What tells one mechanism from the other. */
interface Carrier {
  readonly name: 'AWS_MSK_IAM' | 'OAUTHBEARER'
  read(token: Buffer): SignedConnect
  hostFault(logins: IamLogins, host: string, peer: SaslPeer): string | null
  /** When a login ends, ms since the epoch, unless its credential ends before. */
  endsMs(signed: SignedConnect, nowMs: number): number
  answer(requestId: string): Buffer
}

/** As MSK limits sessions (connections.max.reauth.ms). */
const SESSION_MS_MAX = 12 * 3_600_000

const mskIam: Carrier = {
  name: 'AWS_MSK_IAM',
  read: readMskIamPayload,
  hostFault: (logins, host, peer) => logins.hosts.faultOf(host, peer.localAddress),
  endsMs: (_signed, nowMs) => nowMs + SESSION_MS_MAX,
  answer: (requestId) => Buffer.from(JSON.stringify({ version: MSK_IAM_VERSION, 'request-id': requestId })),
}

const oauthbearer: Carrier = {
  name: 'OAUTHBEARER',
  read: readOauthbearerToken,
  hostFault: (logins, host) => regionalHostFault(host, logins.region),
  endsMs: (signed) => signatureEndsMs(signed),
  answer: () => Buffer.alloc(0),
}

export function iamMechanism(name: Carrier['name'], logins: IamLogins): SaslMechanism {
  const carrier = name === mskIam.name ? mskIam : oauthbearer
  return { name, begin: (peer, renews = false) => new IamConversation(carrier, logins, peer, renews) }
}

class IamConversation implements SaslConversation {
  readonly #carrier: Carrier
  readonly #logins: IamLogins
  readonly #peer: SaslPeer
  /** Under which it is told to client and operator. */
  readonly #requestId: string
  readonly #sinceMs: number
  /** It has been asked whether one more may come in. */
  #counted: boolean

  constructor(carrier: Carrier, logins: IamLogins, peer: SaslPeer, renews: boolean) {
    this.#carrier = carrier
    this.#logins = logins
    this.#peer = peer
    // Who is in already does not come in.
    this.#counted = renews
    this.#requestId = uuidOf(logins.host.random.bytes(16))
    this.#sinceMs = logins.host.clock.monotonicMs()
  }

  next(token: Buffer): SaslStep {
    const logins = this.#logins
    this.#checkRate()
    const signed = this.#read(token)
    const nowMs = logins.host.clock.nowMs()
    const fault = faultOfRequest(signed, {
      region: logins.region,
      nowMs,
      hostFault: (host) => this.#carrier.hostFault(logins, host, this.#peer),
    })
    if (fault !== null) throw this.#refused(signed, fault, null)
    const found = logins.credential(signed.accessKeyId, signed.date)
    if (found === null) return this.#unknown(signed)
    const { known, key } = found
    const principal = logins.principalOf(known)
    const forged = faultOfSignature(signed, known, key, nowMs)
    if (forged !== null) throw this.#refused(signed, forged, principal)
    this.#checkConnect(principal)
    const endsMs = Math.min(this.#carrier.endsMs(signed, nowMs), known.expiresAtMs ?? Infinity)
    return {
      kind: 'authenticated',
      token: this.#carrier.answer(this.#requestId),
      principal,
      lifetimeMs: Math.max(1, Math.floor(endsMs - nowMs)),
      credentialId: signed.accessKeyId,
    }
  }

  /** MSK counts whoever knocks, also who is refused then. */
  #checkRate(): void {
    if (this.#counted) return
    this.#counted = true
    if (this.#logins.rate.admits()) return
    throw new SaslFailure(
      `[${this.#requestId}]: Too many connects`,
      'More clients log in per second than a broker of this type lets in (--simulate-limits).',
      {
        kind: 'connection-limit',
        remedy: 'Keep connections open, and let clients back off before they connect again.',
      },
    )
  }

  #read(token: Buffer): SignedConnect {
    try {
      return this.#carrier.read(token)
    } catch (error) {
      if (!(error instanceof MalformedTokenError)) throw error
      throw new SaslFailure(this.#message, `${this.#carrier.name}: ${error.message}`)
    }
  }

  #unknown(signed: SignedConnect): SaslStep {
    const next = this.#logins.onUnknownKey(this.#sinceMs)
    if (next === 'try-again') {
      const reason = `The access key id ${signed.accessKeyId} is not known here, and the control plane, which may know it, is away.`
      return { kind: 'unknowable', reason }
    }
    if (next !== 'refuse') return { kind: 'later', when: next.when }
    const reason = `Nobody's: the access key id ${signed.accessKeyId} does not exist, is inactive, or its session has ended.`
    throw this.#refused(signed, { kind: 'unknown-key', reason, remedy: 'aws iam create-access-key' }, null)
  }

  #checkConnect(principal: string): void {
    const decision = this.#logins.authority?.decideConnect(principal, canonicalHost(this.#peer.remoteAddress))
    if (decision?.allowed === true) return
    throw new SaslFailure(this.#message, decision?.reason ?? 'IAM is off here.', {
      kind: 'not-connect-allowed',
      principal,
      iam: decision?.iam ?? null,
    })
  }

  get #message(): string {
    return `[${this.#requestId}]: Access denied`
  }

  #refused(signed: SignedConnect, { kind, reason, remedy }: ConnectFault, principal: string | null): SaslFailure {
    const who = principal ?? iamPrincipal(`access key ${signed.accessKeyId}`)
    return new SaslFailure(this.#message, reason, { kind, remedy, principal: who })
  }
}

/** RFC 9562, version 4. */
function uuidOf(random: Uint8Array): string {
  const bytes = Buffer.from(random)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
