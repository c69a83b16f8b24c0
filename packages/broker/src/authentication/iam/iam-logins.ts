/**
 * IamLogins: who may log in by IAM at this broker, as the newest snapshot says. It holds what both mechanisms ask (keys, hosts,
 * Connect) and says of open connections whether they may stay. While the control plane is away it goes on with what it was
 * told last; a key that it does not know is then nobody's fault, and the client is sent to try again.
 */
import type { Host } from '@millrace/base/host'
import type { RefusalKind } from '@millrace/network/refusals'
import type { IamDenial } from '@millrace/policy/denials/denials'
import { IamAuthority } from '@millrace/policy/kafka-cluster/iam-authority'
import { iamPrincipal, type IamSnapshot, type SnapshotCredential } from '@millrace/policy/kafka-cluster/iam-snapshot'
import { canonicalHost } from '@millrace/policy/acl/canonical-host'
import { ClusterHosts } from './cluster-hosts.ts'
import { ConnectRate } from './connect-rate.ts'

/** Why a connection that was let in must go. */
export interface Ended {
  readonly kind: RefusalKind
  readonly reason: string
  readonly iam: IamDenial | null
}

/** A key is told to brokers well within that time after it was made. */
const NEW_KEY_PATIENCE_MS = 1_500
/** Logins that wait for their key to be told; more are refused at once. */
const WAITING_MAX = 1_000

export interface IamLoginsOptions {
  readonly host: Host
  readonly advertisedHosts: readonly string[]
  /** Somebody would tell of a new key. */
  readonly controlPlanePresent: () => boolean
}

export class IamLogins {
  readonly hosts: ClusterHosts
  readonly host: Host
  readonly rate: ConnectRate
  readonly #options: IamLoginsOptions
  #snapshot: IamSnapshot | null = null
  #authority: IamAuthority | null = null
  #credentials = new Map<string, SnapshotCredential>()
  readonly #waiting = new Set<() => void>()

  constructor(options: IamLoginsOptions) {
    this.#options = options
    this.host = options.host
    this.rate = new ConnectRate(options.host.clock)
    this.hosts = new ClusterHosts(options.advertisedHosts)
  }

  /** Decides for IAM principals; null: there are none here. */
  get authority(): IamAuthority | null {
    return this.#authority
  }

  /** '' before the first snapshot. */
  get region(): string {
    return this.#snapshot?.clusterArn.split(':')[3] ?? ''
  }

  apply(snapshot: IamSnapshot | null): void {
    this.#snapshot = snapshot
    const nowMs = (): number => this.host.clock.nowMs()
    this.#authority = snapshot === null ? null : new IamAuthority({ snapshot, nowMs })
    this.#credentials = new Map((snapshot?.credentials ?? []).map((each) => [each.accessKeyId, each]))
    this.rate.limit(snapshot?.connectsPerSecond ?? null)
    this.hosts.reverseNames(snapshot?.reverseNames ?? [])
    for (const callback of [...this.#waiting]) callback()
  }

  /** Null: unknown here, or without a signing key for that date. */
  credential(accessKeyId: string, date: string): { readonly known: SnapshotCredential; readonly key: Buffer } | null {
    const known = this.#credentials.get(accessKeyId)
    const key = known?.signingKeys[date]
    return known === undefined || key === undefined ? null : { known, key: Buffer.from(key, 'base64') }
  }

  /** The principal as connections carry it. */
  principalOf(credential: SnapshotCredential): string {
    return iamPrincipal(this.#snapshot?.principals[credential.principal]?.principal.arn ?? '')
  }

  /**
   * A key that is not known: whether to wait for the next snapshot (and until when), to send the client away for another
   * try, or to refuse it.
   * @param sinceMs when the login first asked, monotonic
   */
  onUnknownKey(sinceMs: number): { readonly when: (callback: () => void) => void } | 'try-again' | 'refuse' {
    if (!this.#options.controlPlanePresent()) return 'try-again'
    const leftMs = sinceMs + NEW_KEY_PATIENCE_MS - this.host.clock.monotonicMs()
    if (leftMs <= 0 || this.#waiting.size >= WAITING_MAX) return 'refuse'
    return { when: (callback) => this.#wait(leftMs, callback) }
  }

  /** Why an open connection must go, now that the snapshot is this one; null: it may stay. */
  whyEnded(principal: string, credentialId: string | null, remoteAddress: string): Ended | null {
    const known = credentialId === null ? undefined : this.#credentials.get(credentialId)
    if (known === undefined || this.principalOf(known) !== principal)
      return { kind: 'unknown-key', reason: `The key by which ${principal} logged in is gone.`, iam: null }
    const decision = this.#authority?.decideConnect(principal, canonicalHost(remoteAddress))
    if (decision?.allowed === true) return null
    const reason = decision?.reason ?? 'IAM is off here.'
    return { kind: 'not-connect-allowed', reason, iam: decision?.iam ?? null }
  }

  #wait(ms: number, callback: () => void): void {
    const once = (): void => {
      this.#waiting.delete(once)
      this.host.timers.clear(timer)
      callback()
    }
    const timer = this.host.timers.set(ms, once)
    this.#waiting.add(once)
  }
}
