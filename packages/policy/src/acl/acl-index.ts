/**
 * The ACLs of a cluster, arranged so that a decision looks only at those that match a resource. Immutable and pure.
 *
 * Decision, in Kafka's order: a matching DENY of the operation or ALL; a matching ALLOW of the operation, ALL, or one
 * that implies it; nothing. DENY implies nothing: who is denied READ may still DESCRIBE. Sources: KIP-11, KIP-290 and the
 * observed behaviour of Apache Kafka's StandardAuthorizer 3.9 and 4.1.
 */
import { AclOperation, PatternType, PermissionType, WILDCARD, WILDCARD_PRINCIPAL, type Acl } from './acl.ts'
import { canonicalHost } from './canonical-host.ts'

export interface AclQuestion {
  readonly principal: string
  /** Canonical, see canonical-host.ts. */
  readonly host: string
  readonly operation: number
  readonly resourceType: number
  readonly resourceName: string
}

/** `acl` decided; 'none': ACLs cover the resource, none of them says yes or no; 'uncovered': no ACL covers it. */
export type AclVerdict =
  | { readonly kind: 'allow' | 'deny'; readonly acl: Acl }
  | { readonly kind: 'none' }
  | { readonly kind: 'uncovered' }

interface AclsOfType {
  readonly literal: Map<string, Acl[]>
  readonly prefixed: Map<string, Acl[]>
  /** Lengths that prefixes of this type have, ascending: a name is looked up once per length. */
  readonly prefixLengths: number[]
}

/** Kafka asks about this name to learn whether any name would do. */
const ANY_NAME = 'hardcode'

const IMPLIED_BY: ReadonlyMap<number, ReadonlySet<number>> = new Map([
  [
    AclOperation.DESCRIBE,
    new Set<number>([AclOperation.READ, AclOperation.WRITE, AclOperation.DELETE, AclOperation.ALTER]),
  ],
  [AclOperation.DESCRIBE_CONFIGS, new Set<number>([AclOperation.ALTER_CONFIGS])],
])

export class AclIndex {
  readonly size: number
  readonly #types: ReadonlyMap<number, AclsOfType>

  constructor(acls: Iterable<Acl>) {
    const types = new Map<number, AclsOfType>()
    let size = 0
    for (const acl of acls) {
      size++
      const ofType = types.get(acl.resourceType) ?? { literal: new Map(), prefixed: new Map(), prefixLengths: [] }
      types.set(acl.resourceType, ofType)
      const byName = acl.patternType === PatternType.PREFIXED ? ofType.prefixed : ofType.literal
      const sameName = byName.get(acl.resourceName)
      if (sameName === undefined) byName.set(acl.resourceName, [acl])
      else sameName.push(acl)
    }
    for (const { prefixed, prefixLengths } of types.values()) {
      const lengths = new Set([...prefixed.keys()].map((name) => name.length))
      prefixLengths.push(...[...lengths].sort((a, b) => a - b))
    }
    this.size = size
    this.#types = types
  }

  decide(question: AclQuestion): AclVerdict {
    let covered = false
    let allow: Acl | null = null
    for (const acls of this.#matching(question.resourceType, question.resourceName)) {
      covered = true
      for (const acl of acls) {
        if (!concerns(acl, question)) continue
        if (acl.permissionType === PermissionType.DENY) {
          if (acl.operation === question.operation || acl.operation === AclOperation.ALL) return { kind: 'deny', acl }
        } else if (allow === null && grants(acl.operation, question.operation)) allow = acl
      }
    }
    if (allow !== null) return { kind: 'allow', acl: allow }
    return { kind: covered ? 'none' : 'uncovered' }
  }

  /**
   * Whether the principal may do the operation on at least one resource of the type, existing or not: an ALLOW that no
   * DENY dominates (KIP-679). 'uncovered' when the answer is that of resources without ACLs.
   */
  decideByType(principal: string, host: string, operation: number, resourceType: number): AclVerdict {
    const anyName = this.decide({ principal, host, operation, resourceType, resourceName: ANY_NAME })
    if (anyName.kind === 'allow') return anyName
    const mine = { allows: [] as Acl[], deniedLiterals: new Map<string, Acl>(), deniedPrefixes: new Map<string, Acl>() }
    for (const acl of this.#ofType(resourceType)) {
      if (!concerns(acl, { principal, host })) continue
      if (acl.operation !== operation && acl.operation !== AclOperation.ALL) continue
      if (acl.permissionType === PermissionType.ALLOW) mine.allows.push(acl)
      else if (acl.patternType === PatternType.PREFIXED) mine.deniedPrefixes.set(acl.resourceName, acl)
      else if (acl.resourceName === WILDCARD) return { kind: 'deny', acl }
      else mine.deniedLiterals.set(acl.resourceName, acl)
    }
    let dominated: Acl | null = null
    for (const acl of mine.allows) {
      const literal = acl.patternType === PatternType.LITERAL
      if (literal && acl.resourceName === WILDCARD) return { kind: 'allow', acl }
      const deny =
        (literal ? mine.deniedLiterals.get(acl.resourceName) : undefined) ??
        prefixesOf(acl.resourceName)
          .map((prefix) => mine.deniedPrefixes.get(prefix))
          .find((each) => each !== undefined)
      if (deny === undefined) return { kind: 'allow', acl }
      dominated = deny
    }
    if (dominated === null || anyName.kind === 'uncovered') return anyName
    return { kind: 'deny', acl: dominated }
  }

  *#matching(resourceType: number, name: string): Iterable<readonly Acl[]> {
    const ofType = this.#types.get(resourceType)
    if (ofType === undefined) return
    const exact = ofType.literal.get(name)
    if (exact !== undefined) yield exact
    const wildcard = name === WILDCARD ? undefined : ofType.literal.get(WILDCARD)
    if (wildcard !== undefined) yield wildcard
    for (const length of ofType.prefixLengths) {
      if (length > name.length) return
      const prefixed = ofType.prefixed.get(name.slice(0, length))
      if (prefixed !== undefined) yield prefixed
    }
  }

  *#ofType(resourceType: number): Iterable<Acl> {
    const ofType = this.#types.get(resourceType)
    if (ofType === undefined) return
    for (const acls of ofType.literal.values()) yield* acls
    for (const acls of ofType.prefixed.values()) yield* acls
  }
}

function concerns(acl: Acl, { principal, host }: { readonly principal: string; readonly host: string }): boolean {
  if (acl.principal !== principal && acl.principal !== WILDCARD_PRINCIPAL) return false
  return acl.host === WILDCARD || acl.host === host || canonicalHost(acl.host) === host
}

/** Whether an ALLOW of `held` allows `asked`. */
function grants(held: number, asked: number): boolean {
  return held === asked || held === AclOperation.ALL || (IMPLIED_BY.get(asked)?.has(held) ?? false)
}

function prefixesOf(name: string): string[] {
  return Array.from({ length: name.length }, (_, index) => name.slice(0, index + 1))
}
