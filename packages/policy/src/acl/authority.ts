/**
 * An Authority decides for some principals. ACLs decide for all that nothing else decides for; other kinds of principals
 * (IAM) get an authority of their own, in front. Pure: no clock, no I/O; a decision depends on what was asked alone.
 */
import type { IamDenial } from '../denials/denials.ts'
import { describeAcl, operationName, resourceTypeName, type Acl } from './acl.ts'
import { AclIndex, type AclQuestion, type AclVerdict } from './acl-index.ts'

export interface AclDecision {
  readonly allowed: boolean
  /** A sentence for people: which ACL or rule decided, or that none spoke. */
  readonly reason: string
  /** The ACL that decided; null when none did. */
  readonly acl: Acl | null
  /** Of a "no" by IAM: what was missing, or the statement that said it. */
  readonly iam?: IamDenial | null
}

export interface Authority {
  /** Whether this authority decides for the principal. */
  speaksFor(principal: string): boolean
  /** Nothing is forbidden to anyone it speaks for: nobody needs to ask. */
  readonly allowsEverything: boolean
  /** The same for one of them. */
  allowsEverythingTo(principal: string): boolean
  /** Until when answers about this principal may be remembered, ms since the epoch; Infinity: as long as the authority. */
  goodUntilMs(principal: string): number
  decide(question: AclQuestion): AclDecision
  /** Whether at least one resource of the type would do; `resourceName` is not looked at. */
  decideByType(question: AclQuestion): AclDecision
}

export interface AclAuthorityOptions {
  readonly acls: Iterable<Acl>
  /** `<type>:<name>`; may everything. */
  readonly superUsers: ReadonlySet<string>
  /** allow.everyone.if.no.acl.found: the answer for resources that no ACL covers. */
  readonly allowEveryoneIfNoAcl: boolean
}

/** Kafka's own authorizer: super users, then ACLs, then allow.everyone.if.no.acl.found. */
export class AclAuthority implements Authority {
  readonly allowsEverything: boolean
  readonly #index: AclIndex
  readonly #superUsers: ReadonlySet<string>
  readonly #allowEveryoneIfNoAcl: boolean

  constructor({ acls, superUsers, allowEveryoneIfNoAcl }: AclAuthorityOptions) {
    this.#index = new AclIndex(acls)
    this.#superUsers = superUsers
    this.#allowEveryoneIfNoAcl = allowEveryoneIfNoAcl
    this.allowsEverything = allowEveryoneIfNoAcl && this.#index.size === 0
  }

  speaksFor(_principal: string): boolean {
    return true
  }

  allowsEverythingTo(_principal: string): boolean {
    return this.allowsEverything
  }

  goodUntilMs(_principal: string): number {
    return Infinity
  }

  decide(question: AclQuestion): AclDecision {
    if (this.#superUsers.has(question.principal)) return SUPER_USER
    return this.#decision(this.#index.decide(question), question, resourceOf(question))
  }

  decideByType(question: AclQuestion): AclDecision {
    if (this.#superUsers.has(question.principal)) return SUPER_USER
    const { principal, host, operation, resourceType } = question
    const verdict = this.#index.decideByType(principal, host, operation, resourceType)
    return this.#decision(verdict, question, `any ${resourceTypeName(resourceType)}`)
  }

  #decision(verdict: AclVerdict, { principal, host, operation }: AclQuestion, resource: string): AclDecision {
    switch (verdict.kind) {
      case 'allow':
      case 'deny':
        return { allowed: verdict.kind === 'allow', reason: describeAcl(verdict.acl), acl: verdict.acl }
      case 'none': {
        const reason = `No ACL on ${resource} allows ${principal} from ${host} to ${operationName(operation)}.`
        return { allowed: false, reason, acl: null }
      }
      case 'uncovered':
        return {
          allowed: this.#allowEveryoneIfNoAcl,
          reason: `No ACL covers ${resource}, and allow.everyone.if.no.acl.found is ${this.#allowEveryoneIfNoAcl}.`,
          acl: null,
        }
    }
  }
}

const SUPER_USER: AclDecision = { allowed: true, reason: 'The principal is a super user.', acl: null }

function resourceOf({ resourceType, resourceName }: AclQuestion): string {
  return `${resourceTypeName(resourceType)} ${resourceName}`
}
