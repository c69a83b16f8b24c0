/**
 * Authorizer: the one place in a broker or controller that says who may do what.
 *
 *     const access = authorizer.of(context.connection)
 *     if (!access.allows(AclOperation.READ, ResourceType.GROUP, groupId)) → GROUP_AUTHORIZATION_FAILED
 *
 * While nothing is forbidden (no ACLs, allow.everyone.if.no.acl.found) `of` is one test and answers with access to
 * everything. Otherwise the access of a connection is looked up by the connection and remembers its answers until `use`
 * brings new rules. Nodes of the cluster, known by their principal, are never refused. Single owner: the node's loop.
 */
import { invariant } from '@millrace/base/invariant'
import { Denials } from '../denials/denials.ts'
import { CheckedAccess, unrestrictedAccess, type Access } from './access.ts'
import type { Authority } from './authority.ts'
import { canonicalHost } from './canonical-host.ts'

/** Who asks: a connection, or the client behind a forwarded request. */
export interface Asker {
  readonly principal: string
  readonly remoteAddress: string
}

export interface AuthorizerOptions {
  /** The principal of the cluster's own nodes: proved by the cluster's secret, given to no client. */
  readonly nodePrincipal: string
  /** Wall clock, for the record of denials. */
  readonly nowMs: () => number
}

/** Remembered names of resources, over all who ask; past it everything is forgotten together. Some 20 MB. */
const NAMES_MAX = 100_000
/** Likewise principals with their hosts. */
const ASKERS_MAX = 10_000

export class Authorizer {
  /** The latest refusals, for those who ask why. */
  readonly denials: Denials
  readonly #nodePrincipal: string
  readonly #nowMs: () => number
  #authorities: readonly Authority[] = []
  /** Nobody can be refused anything. */
  #open = true
  #byConnection = new WeakMap<Asker, CheckedAccess>()
  #byAsker = new Map<string, CheckedAccess>()
  #names = 0

  constructor({ nodePrincipal, nowMs }: AuthorizerOptions) {
    this.#nodePrincipal = nodePrincipal
    this.#nowMs = nowMs
    this.denials = new Denials(nowMs)
  }

  /** From now on these decide; for each principal the first that speaks for it. Without any everything is allowed. */
  use(authorities: readonly Authority[]): void {
    this.#authorities = authorities
    this.#open = authorities.every((authority) => authority.allowsEverything)
    this.#forget()
  }

  of(asker: Asker): Access {
    if (this.#open || asker.principal === this.#nodePrincipal) return unrestrictedAccess
    const known = this.#byConnection.get(asker)
    // A connection's principal changes once, when it authenticates.
    if (known !== undefined && known.principal === asker.principal && this.#isGood(known)) return known
    const access = this.#accessOf(asker)
    this.#byConnection.set(asker, access)
    return access
  }

  #accessOf({ principal, remoteAddress }: Asker): CheckedAccess {
    const host = canonicalHost(remoteAddress)
    const key = `${host} ${principal}`
    const known = this.#byAsker.get(key)
    if (known !== undefined && this.#isGood(known)) return known
    const authority = this.#authorities.find((each) => each.speaksFor(principal))
    invariant(authority !== undefined, 'no authority speaks for a principal', { principal })
    if (this.#byAsker.size >= ASKERS_MAX) this.#forget()
    const access = new CheckedAccess(principal, host, authority, {
      denied: (question, decision) => this.denials.add(question, decision),
      remembered: () => {
        if (++this.#names > NAMES_MAX) this.#forget()
      },
    })
    this.#byAsker.set(key, access)
    return access
  }

  /** Answers that depend on the time of day are good for a while only. */
  #isGood({ goodUntilMs }: CheckedAccess): boolean {
    return goodUntilMs === Infinity || this.#nowMs() < goodUntilMs
  }

  #forget(): void {
    this.#byConnection = new WeakMap()
    this.#byAsker = new Map()
    this.#names = 0
  }
}
