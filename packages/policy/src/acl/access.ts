/**
 * Access: what one principal from one host may do, with the answers remembered. It lives until the next change of what
 * is allowed (authorizer.ts makes new ones), so a remembered answer never goes stale.
 */
import { OPERATIONS_OF, allOperations } from './acl.ts'
import type { AclQuestion } from './acl-index.ts'
import type { AclDecision, Authority } from './authority.ts'

export interface Access {
  /** Everything is allowed: a handler need not ask about its resources one by one. */
  readonly unrestricted: boolean
  /** The check that a request depends on: a "no" is kept for those who ask why. */
  allows(operation: number, resourceType: number, resourceName: string): boolean
  /** The same for lists that simply leave out what is not allowed, and where another check may still say yes. */
  wouldAllow(operation: number, resourceType: number, resourceName: string): boolean
  /** Whether the operation is allowed on at least one resource of the type, existing or not (KIP-679). */
  allowsSome(operation: number, resourceType: number): boolean
  /** The bits of authorized operations on a resource: bit n for operation n (KIP-430). */
  operationsOn(resourceType: number, resourceName: string): number
}

/** Of super users, and of everybody while nothing is forbidden. */
export const unrestrictedAccess: Access = {
  unrestricted: true,
  allows: () => true,
  wouldAllow: () => true,
  allowsSome: () => true,
  operationsOn: (resourceType) => allOperations(resourceType),
}

export interface AccessListener {
  denied(question: AclQuestion, decision: AclDecision): void
  /** One more name is remembered. */
  remembered(): void
}

/** Longer names are decided anew each time: clients may make them up, and legal ones of topics have 249 characters. */
export const REMEMBERED_NAME_LENGTH_MAX = 255

/** Two bits per operation and name: whether it was decided, and whether it is allowed. */
interface Known {
  decided: number
  allowed: number
}

export class CheckedAccess implements Access {
  readonly unrestricted: boolean
  readonly principal: string
  /** Ms since the epoch, exclusive; after that there is another access. */
  readonly goodUntilMs: number
  readonly #host: string
  readonly #authority: Authority
  readonly #listener: AccessListener
  readonly #known = new Map<number, Map<string, Known>>()

  constructor(principal: string, host: string, authority: Authority, listener: AccessListener) {
    this.principal = principal
    this.unrestricted = authority.allowsEverythingTo(principal)
    this.goodUntilMs = authority.goodUntilMs(principal)
    this.#host = host
    this.#authority = authority
    this.#listener = listener
  }

  allows(operation: number, resourceType: number, resourceName: string): boolean {
    if (this.wouldAllow(operation, resourceType, resourceName)) return true
    const question = this.#question(operation, resourceType, resourceName)
    this.#listener.denied(question, this.#authority.decide(question))
    return false
  }

  wouldAllow(operation: number, resourceType: number, resourceName: string): boolean {
    if (this.unrestricted) return true
    if (resourceName.length > REMEMBERED_NAME_LENGTH_MAX)
      return this.#authority.decide(this.#question(operation, resourceType, resourceName)).allowed
    const known = this.#knownOf(resourceType, resourceName)
    const bit = 1 << operation
    if ((known.decided & bit) === 0) {
      known.decided |= bit
      if (this.#authority.decide(this.#question(operation, resourceType, resourceName)).allowed) known.allowed |= bit
    }
    return (known.allowed & bit) !== 0
  }

  allowsSome(operation: number, resourceType: number): boolean {
    if (this.unrestricted) return true
    const question = this.#question(operation, resourceType, '')
    const decision = this.#authority.decideByType(question)
    if (!decision.allowed) this.#listener.denied(question, decision)
    return decision.allowed
  }

  operationsOn(resourceType: number, resourceName: string): number {
    let bits = 0
    for (const operation of OPERATIONS_OF.get(resourceType) ?? [])
      if (this.wouldAllow(operation, resourceType, resourceName)) bits |= 1 << operation
    return bits
  }

  #knownOf(resourceType: number, resourceName: string): Known {
    let names = this.#known.get(resourceType)
    if (names === undefined) this.#known.set(resourceType, (names = new Map()))
    let known = names.get(resourceName)
    if (known === undefined) {
      names.set(resourceName, (known = { decided: 0, allowed: 0 }))
      this.#listener.remembered()
    }
    return known
  }

  #question(operation: number, resourceType: number, resourceName: string): AclQuestion {
    return { principal: this.principal, host: this.#host, operation, resourceType, resourceName }
  }
}
