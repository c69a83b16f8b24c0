/** Which ACLs a DescribeAcls or DeleteAcls filter means (kafka-protocol §6.2). */
import { AclOperation, PatternType, PermissionType, ResourceType, WILDCARD, type Acl } from './acl.ts'

/** null and ANY mean any. Principal and host are compared as they are written. */
export interface AclFilter {
  readonly resourceType: number
  readonly resourceName: string | null
  /** MATCH: all patterns that a resource of this name falls under. */
  readonly patternType: number
  readonly principal: string | null
  readonly host: string | null
  readonly operation: number
  readonly permissionType: number
}

/** What a filter says that cannot be understood; null when nothing. */
export function invalidFilter(filter: AclFilter): string | null {
  if (!within(filter.resourceType, ResourceType)) return `Unknown resource type ${filter.resourceType} in the filter.`
  if (!within(filter.patternType, PatternType)) return `Unknown pattern type ${filter.patternType} in the filter.`
  if (!within(filter.operation, AclOperation)) return `Unknown operation ${filter.operation} in the filter.`
  if (!within(filter.permissionType, PermissionType))
    return `Unknown permission type ${filter.permissionType} in the filter.`
  return null
}

export function matchesFilter(filter: AclFilter, acl: Acl): boolean {
  return (
    (filter.resourceType === ResourceType.ANY || filter.resourceType === acl.resourceType) &&
    (filter.principal === null || filter.principal === acl.principal) &&
    (filter.host === null || filter.host === acl.host) &&
    (filter.operation === AclOperation.ANY || filter.operation === acl.operation) &&
    (filter.permissionType === PermissionType.ANY || filter.permissionType === acl.permissionType) &&
    matchesPattern(filter, acl)
  )
}

function matchesPattern({ patternType, resourceName }: AclFilter, acl: Acl): boolean {
  const ofAnyType = patternType === PatternType.ANY || patternType === PatternType.MATCH
  if (!ofAnyType && patternType !== acl.patternType) return false
  if (resourceName === null) return true
  if (patternType !== PatternType.MATCH) return resourceName === acl.resourceName
  if (acl.patternType === PatternType.PREFIXED) return resourceName.startsWith(acl.resourceName)
  return acl.resourceName === resourceName || acl.resourceName === WILDCARD
}

function within(value: number, numbers: Readonly<Record<string, number>>): boolean {
  return Object.values(numbers).includes(value)
}
