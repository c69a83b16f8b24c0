/**
 * Who has lately come in as a client, and from where: what a change of ACLs is tried against before it is made. Bounded;
 * on listeners without authentication everyone is User:ANONYMOUS. Single owner: the server's loop.
 */
import { RecentEntries, type Seen } from '@millrace/policy/denials/recent-entries'

export interface PrincipalAtHost {
  /** `User:alice` */
  readonly principal: string
  readonly remoteAddress: string
  readonly listener: string
}

export type SeenPrincipal = PrincipalAtHost & Seen

const ENTRIES_MAX = 1_000
/** Addresses of one principal. */
const PRINCIPAL_ENTRIES_MAX = 200
/** A certificate's subject may be long. */
const NAME_LENGTH_MAX = 500

export class SeenPrincipals {
  readonly #entries: RecentEntries<PrincipalAtHost>

  constructor(nowMs: () => number) {
    this.#entries = new RecentEntries({
      nowMs,
      entriesMax: ENTRIES_MAX,
      groupEntriesMax: PRINCIPAL_ENTRIES_MAX,
    })
  }

  add({ principal, remoteAddress, listener }: PrincipalAtHost): void {
    // Cut off, it would be somebody else.
    if (principal.length > NAME_LENGTH_MAX) return
    this.#entries.add(`${principal} ${remoteAddress} ${listener}`, principal, { principal, remoteAddress, listener })
  }

  /** Those seen behind `sequence`, the latest last, `max` of them. */
  after(sequence: number, max: number): SeenPrincipal[] {
    return this.#entries.after(sequence, max)
  }
}
