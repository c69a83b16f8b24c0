/**
 * Connections that came to nothing, for `why`: wrong protocol for the port, failed handshakes and logins, refusals at
 * accept, throttling. Everyone who turns a client away records here with the reason and, where there is one, the remedy.
 * Bounded and aggregated like denials: an address that fails again and again is one entry per kind and principal. Nothing
 * secret may come in here: no password, token or signature. Single owner: the server's loop.
 */
import type { IamDenial } from '@millrace/policy/denials/denials'
import { RecentEntries, type Seen } from '@millrace/policy/denials/recent-entries'
import { quotaName, type QuotaExcess } from '@millrace/policy/denials/quota-excess'

export type RefusalKind =
  /** Kafka without TLS on a TLS listener, and the reverse. */
  | 'plaintext-to-tls'
  | 'tls-to-plaintext'
  /** HTTP, or bytes that are no request at all. */
  | 'not-kafka'
  | 'tls-handshake'
  /** Missing, expired, revoked, or of an authority that is not trusted here. */
  | 'client-certificate'
  /** A login that failed in another way than those below. */
  | 'sasl'
  | 'unsupported-mechanism'
  | 'unknown-user'
  | 'wrong-password'
  /** A request before the login, on a listener that demands one. */
  | 'not-authenticated'
  /** A client that poses as a broker or controller. */
  | 'inter-broker'
  | 'unknown-key'
  | 'clock-skew'
  /** A signature, token or session past its time. */
  | 'expired'
  | 'wrong-region'
  | 'wrong-host'
  | 'bad-signature'
  /** Proved who it is, but may not connect (kafka-cluster:Connect). */
  | 'not-connect-allowed'
  | 'security-group'
  | 'connection-limit'
  | 'quota'

export interface RefusalDetails {
  readonly kind: RefusalKind
  readonly listener: string
  readonly remoteAddress: string
  /** Who it is, or says it is; null when nothing is known. */
  readonly principal: string | null
  /** A sentence for the operator. */
  readonly reason: string
  /** What would let it in: a sentence or command; null where nobody should be. */
  readonly remedy: string | null
  /** Where a policy said no. */
  readonly iam: IamDenial | null
  /** Where a quota makes it wait. */
  readonly quota: QuotaExcess | null
}

export type Refusal = RefusalDetails & Seen

/** What is to be recorded; what is left out is null. */
export type RefusalRecord = Pick<RefusalDetails, 'kind' | 'listener' | 'remoteAddress' | 'reason'> &
  Partial<RefusalDetails>

const REFUSALS_MAX = 1_000
/** Of one kind from one address: logins under made-up names. */
const SOURCE_REFUSALS_MAX = 100
/** Names and reasons come from clients in part. */
const TEXT_LENGTH_MAX = 500

export class Refusals {
  readonly #entries: RecentEntries<RefusalDetails>

  constructor(nowMs: () => number) {
    this.#entries = new RecentEntries({ nowMs, entriesMax: REFUSALS_MAX, groupEntriesMax: SOURCE_REFUSALS_MAX })
  }

  /**
   * Returns whether it is worth a line in the log: the first time, and each time the count has ten times as many. A flood of
   * failing handshakes would wash everything else out of the log, and writing it would cost more than the handshakes.
   */
  add(refusal: RefusalRecord): boolean {
    const { kind, listener, remoteAddress, reason, principal = null, remedy = null, iam = null } = refusal
    const source = `${kind}/${remoteAddress}`
    const who = principal?.slice(0, TEXT_LENGTH_MAX) ?? null
    const quota = withinLength(refusal.quota ?? null)
    const what = quota === null ? '' : quotaName(quota)
    const count = this.#entries.add(`${source}/${listener}/${who ?? ''}/${what}`, source, {
      kind,
      listener,
      remoteAddress,
      principal: who,
      reason: reason.slice(0, TEXT_LENGTH_MAX),
      remedy: remedy?.slice(0, TEXT_LENGTH_MAX) ?? null,
      iam,
      quota,
    })
    return /^10*$/.test(String(count))
  }

  /** The latest last. */
  list(): Refusal[] {
    return this.#entries.list()
  }

  /** Those behind `sequence`, the latest last, `max` of them. */
  after(sequence: number, max: number): Refusal[] {
    return this.#entries.after(sequence, max)
  }
}

/** A client id may be cut like other words of clients; the name of a quota's entity, cut, would be another's. */
function withinLength(quota: QuotaExcess | null): QuotaExcess | null {
  if (quota === null || quota.entity.some(({ entityName }) => (entityName?.length ?? 0) > TEXT_LENGTH_MAX)) return null
  return { ...quota, clientId: quota.clientId?.slice(0, TEXT_LENGTH_MAX) ?? null }
}
