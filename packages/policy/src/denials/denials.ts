/**
 * The latest denials of authorization, for `why`: who was refused what, and the ACL or statement that decided. Bounded and
 * aggregated (recent-entries.ts); a principal that asks for names it makes up displaces only its own.
 */
import type { Acl } from '../acl/acl.ts'
import type { AclQuestion } from '../acl/acl-index.ts'
import type { AclDecision } from '../acl/authority.ts'
import type { Decision, DecidingStatement } from '../evaluate.ts'
import { RecentEntries, type Seen } from './recent-entries.ts'

/** What decided, when IAM did: enough to write the statement that would turn it. */
export interface IamDenial {
  /** What was asked and not allowed: `kafka-cluster:WriteData`; several when all of them are needed and none is there. */
  readonly actions: readonly string[]
  /** The ARN that the actions are about. */
  readonly resource: string
  readonly because: Decision['reason']
  /** Whose statement decided, or which set of policies was silent. */
  readonly set: Decision['set']
  /** The statement that said no; null when none said yes. */
  readonly statement: DecidingStatement | null
}

export interface DenialDetails extends AclQuestion {
  /** A sentence: the ACL or statement that said no, or that none said yes. */
  readonly reason: string
  readonly acl: Acl | null
  /** null when ACLs decided. */
  readonly iam: IamDenial | null
}

export type Denial = DenialDetails & Seen

const DENIALS_MAX = 1_000
/** Of one principal from one host. */
const ASKER_DENIALS_MAX = 200
/** Of a resource's name and of a reason; clients may make long ones up. */
const TEXT_LENGTH_MAX = 500

export class Denials {
  readonly #entries: RecentEntries<DenialDetails>

  constructor(nowMs: () => number) {
    this.#entries = new RecentEntries({ nowMs, entriesMax: DENIALS_MAX, groupEntriesMax: ASKER_DENIALS_MAX })
  }

  add(question: AclQuestion, { reason, acl, iam = null }: AclDecision): void {
    const { principal, host, operation, resourceType } = question
    const resourceName = question.resourceName.slice(0, TEXT_LENGTH_MAX)
    const asker = `${host} ${principal}`
    const key = `${operation}/${resourceType}/${asker}/${resourceName}`
    this.#entries.add(key, asker, {
      principal,
      host,
      operation,
      resourceType,
      resourceName,
      reason: reason.slice(0, TEXT_LENGTH_MAX),
      acl,
      iam,
    })
  }

  /** The latest denial last. */
  list(): Denial[] {
    return this.#entries.list()
  }

  /** Those behind `sequence`, the latest last, `max` of them. */
  after(sequence: number, max: number): Denial[] {
    return this.#entries.after(sequence, max)
  }
}
