/**
 * IamAuthority: what IAM policies allow the clients of one cluster. It speaks for principals of type `IAM:` alone, and for
 * all of them: Kafka's ACLs neither give nor take anything here, and who is not in the snapshot may nothing. Every action is
 * decided by itself; the actions that AWS's table says must go with it are asked when a client does what needs them
 * (docs/differences.md).
 */
import type { AclQuestion } from '../acl/acl-index.ts'
import type { AclDecision, Authority } from '../acl/authority.ts'
import { evaluate, explain, type AuthorizationRequest } from '../evaluate.ts'
import type { NamedPolicy, PolicySets } from '../principal-policies.ts'
import type { KeyValues } from '../principal-values.ts'
import type { Principal } from '../principal.ts'
import { actionOf, CONNECT, resourceArn, type KafkaResourceKind } from './actions.ts'
import {
  IAM_PRINCIPAL_PREFIX,
  iamPrincipal,
  isIamPrincipal,
  type IamSnapshot,
  type SnapshotPrincipal,
} from './iam-snapshot.ts'
import { goodUntilMs, turningPoints, type TurningPoints } from './validity.ts'

interface Grant {
  readonly sets: PolicySets
  readonly values: KeyValues
}

interface Known {
  readonly principal: Principal
  readonly grants: readonly Grant[]
  readonly turns: TurningPoints
}

export interface IamAuthorityOptions {
  readonly snapshot: IamSnapshot
  /** Wall clock, for conditions on the time. */
  readonly nowMs: () => number
}

export class IamAuthority implements Authority {
  readonly allowsEverything: boolean = false
  readonly #snapshot: IamSnapshot
  readonly #nowMs: () => number
  readonly #accountId: string
  readonly #region: string
  /** By the text of the principal on a connection. */
  readonly #principals: ReadonlyMap<string, SnapshotPrincipal>
  /** Of those who have asked: a snapshot may hold ten thousand who never do. */
  readonly #known = new Map<string, Known>()

  constructor({ snapshot, nowMs }: IamAuthorityOptions) {
    this.#snapshot = snapshot
    this.#nowMs = nowMs
    const [, , , region = '', accountId = ''] = snapshot.clusterArn.split(':')
    this.#region = region
    this.#accountId = accountId
    this.#principals = new Map(snapshot.principals.map((each) => [iamPrincipal(each.principal.arn), each]))
  }

  speaksFor(principal: string): boolean {
    return isIamPrincipal(principal)
  }

  /** Root of the cluster's account, whom no policy limits unless the cluster's own forbids something. */
  allowsEverythingTo(principal: string): boolean {
    const known = this.#knownOf(principal)
    return (
      known?.principal.type === 'root' &&
      known.principal.accountId === this.#accountId &&
      this.#snapshot.clusterPolicy?.document.statements.some(({ effect }) => effect === 'Deny') !== true
    )
  }

  goodUntilMs(principal: string): number {
    const known = this.#knownOf(principal)
    return known === undefined ? Infinity : goodUntilMs(known.turns, this.#nowMs())
  }

  decide({ principal, host, operation, resourceType, resourceName }: AclQuestion): AclDecision {
    const action = actionOf(operation, resourceType)
    if (action === null) return refused(`No action of IAM access control allows this to ${principal}.`)
    return this.#decide(principal, host, action.action, action.kind, resourceName)
  }

  /** Whether the principal may come in at all; asked at every login, and again with every snapshot. */
  decideConnect(principal: string, host: string): AclDecision {
    return this.#decide(principal, host, CONNECT, 'cluster', '')
  }

  /** By trying the names that the policies themselves suggest: never yes where no name is allowed. */
  decideByType(question: AclQuestion): AclDecision {
    const { principal, operation, resourceType } = question
    const action = actionOf(operation, resourceType)
    const known = this.#knownOf(principal)
    const prefix = action === null ? '' : resourceArn(this.#snapshot.clusterArn, action.kind, '')
    for (const resourceName of known === undefined ? [] : suggestedNames(known, prefix)) {
      const decision = this.decide({ ...question, resourceName })
      if (decision.allowed) return decision
    }
    return this.decide({ ...question, resourceName: '*' })
  }

  #decide(principal: string, host: string, action: string, kind: KafkaResourceKind, name: string): AclDecision {
    const known = this.#knownOf(principal)
    const resource = resourceArn(this.#snapshot.clusterArn, kind, name)
    if (known === undefined) return refused(`Nobody here is called ${principal.slice(IAM_PRINCIPAL_PREFIX.length)}.`)
    let allowed: AclDecision | null = null
    for (const { sets, values } of known.grants) {
      const request: AuthorizationRequest = {
        principal: known.principal,
        action,
        resource,
        values: this.#valuesOf(values, host, kind),
      }
      const decision = evaluate(request, sets)
      const { reason: because, set, statement } = decision
      const reason = explain(request, decision)
      if (!decision.allowed)
        return { allowed: false, reason, acl: null, iam: { actions: [action], resource, because, set, statement } }
      allowed ??= { allowed: true, reason, acl: null }
    }
    return allowed ?? refused(`${principal} has no live credential.`)
  }

  #knownOf(principal: string): Known | undefined {
    const known = this.#known.get(principal)
    if (known !== undefined) return known
    const found = this.#principals.get(principal)
    if (found === undefined) return undefined
    const made = knownOf(this.#snapshot, this.#accountId, found)
    this.#known.set(principal, made)
    return made
  }

  #valuesOf(values: KeyValues, host: string, kind: KafkaResourceKind): AuthorizationRequest['values'] {
    const nowMs = this.#nowMs()
    return new Map([
      ...Object.entries(values),
      ['aws:sourceip', [host]],
      ['aws:securetransport', ['true']],
      ['aws:requestedregion', [this.#region]],
      ['aws:currenttime', [new Date(nowMs).toISOString()]],
      ['aws:epochtime', [String(Math.floor(nowMs / 1000))]],
      ['aws:resourceaccount', [this.#accountId]],
      // The cluster is what has tags: topics, groups and transactional ids have none (service authorization reference).
      ...(kind === 'cluster'
        ? Object.entries(this.#snapshot.tags).map(
            ([key, value]) => [`aws:resourcetag/${key.toLowerCase()}`, [value]] as [string, string[]],
          )
        : []),
    ])
  }
}

/** Where nothing was told of IAM: its principals may nothing, and never fall to those who decide for others. */
export function authorityWithoutIam(): Authority {
  const snapshot = {
    clusterArn: '',
    tags: {},
    clusterPolicy: null,
    policies: [],
    principals: [],
    credentials: [],
    connectsPerSecond: null,
    reverseNames: [],
  }
  return new IamAuthority({ snapshot, nowMs: () => 0 })
}

function refused(reason: string): AclDecision {
  return { allowed: false, reason, acl: null }
}

function knownOf(
  { policies, clusterPolicy }: IamSnapshot,
  accountId: string,
  { principal, grants }: SnapshotPrincipal,
): Known {
  const named = (index: number): NamedPolicy => policies[index] ?? { name: '', document: NOTHING }
  const resource = { accountId, policies: clusterPolicy === null ? [] : [clusterPolicy], mustAllow: false }
  const made = grants.map(({ identity, boundary, session, values }): Grant => ({
    sets: {
      identity: identity.map(named),
      boundary: boundary === null ? null : named(boundary),
      session: session === null ? null : session.map(named),
      resource,
    },
    values,
  }))
  const all = made.flatMap(({ sets }) => [
    ...sets.identity,
    ...(sets.boundary === null ? [] : [sets.boundary]),
    ...(sets.session ?? []),
    ...resource.policies,
  ])
  return { principal, grants: made, turns: turningPoints(all) }
}

/** Of an index that a snapshot does not have: allows nothing. */
const NOTHING: NamedPolicy['document'] = { version: '2012-10-17', id: null, statements: [] }

/** Names with which a resource of `prefix` may match what some statement says. */
function suggestedNames({ grants }: Known, prefix: string): Set<string> {
  const names = new Set<string>(['x'])
  for (const { sets, values } of grants) {
    const policies = [...sets.identity, ...(sets.session ?? []), ...(sets.resource?.policies ?? [])]
    for (const { effect, resources } of policies.flatMap(({ document }) => document.statements)) {
      if (effect !== 'Allow' || resources.negated) continue
      for (const pattern of resources.patterns) {
        const name = nameUnder(prefix, pattern, values)
        if (name !== null) names.add(name)
      }
    }
  }
  return names
}

/**
 * A name that `pattern` matches behind `prefix`: the pattern's own text from where the prefix ends, its stars taken for
 * nothing. Null when the pattern's fixed beginning already says otherwise; a guess too many costs one question.
 */
function nameUnder(prefix: string, pattern: string, values: KeyValues): string | null {
  const star = pattern.search(/[*?$]/)
  const fixed = star === -1 ? pattern : pattern.slice(0, star)
  if (fixed.startsWith(prefix)) return filled(pattern.slice(prefix.length), values)
  if (star === -1 || !prefix.startsWith(fixed)) return null
  // `arn:aws:kafka:*:*:topic/*/orders-*`: what follows the last slash is about the name.
  return filled(pattern.slice(pattern.lastIndexOf('/') + 1), values)
}

function filled(pattern: string, values: KeyValues): string {
  const name = pattern
    .replaceAll(/\$\{([^}]+)\}/g, (_whole, key: string) => values[key.toLowerCase()]?.[0] ?? '')
    .replaceAll('*', '')
    .replaceAll('?', 'x')
  return name === '' ? 'x' : name
}
