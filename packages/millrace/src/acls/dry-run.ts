/**
 * Whom a change of ACLs would lock out or let in, by the evaluator that decides in the brokers. Pure: who is tried, from
 * which hosts and on which resources is the caller's knowledge.
 */
import { OPERATIONS_OF, PatternType, ResourceType, WILDCARD, type Acl } from '@millrace/policy/acl/acl'
import { AclAuthority } from '@millrace/policy/acl/authority'
import { canonicalHost } from '@millrace/policy/acl/canonical-host'
import type { ClusterAcls } from '../why/acl-remedy.ts'

export interface Asker {
  readonly principal: string
  readonly host: string
}

export interface AccessChange extends Asker {
  readonly resourceType: number
  readonly resourceNames: readonly string[]
  /** Operations that were allowed and are not any more, and the reverse. */
  readonly loses: readonly number[]
  readonly gains: readonly number[]
}

export interface DryRun {
  readonly before: ClusterAcls
  readonly after: readonly Acl[]
  readonly askers: readonly Asker[]
  /** Names that there are. */
  readonly topics: readonly string[]
  readonly groups: readonly string[]
}

/** One entry for every asker and all resources that change alike for it. */
export function accessChanges({ before, after, askers, ...existing }: DryRun): AccessChange[] {
  const { acls, ...settings } = before
  const old = new AclAuthority({ acls, ...settings })
  const next = new AclAuthority({ acls: after, ...settings })
  const touched = touchedResources(difference(acls, after), existing)
  const changes = new Map<string, AccessChange & { readonly resourceNames: string[] }>()
  for (const { principal, host: written } of askers) {
    // ACLs do not speak for those.
    if (principal.startsWith('IAM:')) continue
    const host = canonicalHost(written)
    for (const { resourceType, resourceName } of touched) {
      const loses: number[] = []
      const gains: number[] = []
      for (const operation of OPERATIONS_OF.get(resourceType) ?? []) {
        const question = { principal, host, operation, resourceType, resourceName }
        const was = old.decide(question).allowed
        const is = next.decide(question).allowed
        if (was !== is) (was ? loses : gains).push(operation)
      }
      if (loses.length + gains.length === 0) continue
      const key = JSON.stringify([principal, host, resourceType, loses, gains])
      const alike = changes.get(key)
      if (alike === undefined)
        changes.set(key, { principal, host, resourceType, resourceNames: [resourceName], loses, gains })
      else alike.resourceNames.push(resourceName)
    }
  }
  return [...changes.values()]
}

/** ACLs that are in one of the lists only. */
function difference(before: readonly Acl[], after: readonly Acl[]): Acl[] {
  const keys = (acls: readonly Acl[]): Set<string> => new Set(acls.map(keyOf))
  const [old, next] = [keys(before), keys(after)]
  return [...before.filter((acl) => !next.has(keyOf(acl))), ...after.filter((acl) => !old.has(keyOf(acl)))]
}

export function keyOf(acl: Acl): string {
  const { resourceType, resourceName, patternType, principal, host, operation, permissionType } = acl
  return JSON.stringify([resourceType, resourceName, patternType, principal, host, operation, permissionType])
}

/** Names that the patterns of changed ACLs fall on: those that exist, and those that the ACLs name themselves. */
function touchedResources(
  changed: readonly Acl[],
  { topics, groups }: Pick<DryRun, 'topics' | 'groups'>,
): Pick<Acl, 'resourceType' | 'resourceName'>[] {
  const touched = new Map<string, Pick<Acl, 'resourceType' | 'resourceName'>>()
  for (const { resourceType, resourceName, patternType } of changed) {
    const existing = resourceType === ResourceType.TOPIC ? topics : resourceType === ResourceType.GROUP ? groups : []
    const wildcard = patternType === PatternType.LITERAL && resourceName === WILDCARD
    const names = [resourceName]
    if (wildcard) names.push(...existing)
    if (patternType === PatternType.PREFIXED) names.push(...existing.filter((name) => name.startsWith(resourceName)))
    for (const name of names) touched.set(`${resourceType} ${name}`, { resourceType, resourceName: name })
  }
  return [...touched.values()]
}
