/**
 * The vocabulary of Kafka's ACLs with the wire's numbers (KIP-11, KIP-290; kafka-protocol §6.2). A binding says: this
 * principal, from this host, may (or may not) do this to that resource.
 */

export const ResourceType = {
  ANY: 1,
  TOPIC: 2,
  GROUP: 3,
  CLUSTER: 4,
  TRANSACTIONAL_ID: 5,
  DELEGATION_TOKEN: 6,
  USER: 7,
} as const

export const PatternType = { ANY: 1, MATCH: 2, LITERAL: 3, PREFIXED: 4 } as const

export const AclOperation = {
  ANY: 1,
  ALL: 2,
  READ: 3,
  WRITE: 4,
  CREATE: 5,
  DELETE: 6,
  ALTER: 7,
  DESCRIBE: 8,
  CLUSTER_ACTION: 9,
  DESCRIBE_CONFIGS: 10,
  ALTER_CONFIGS: 11,
  IDEMPOTENT_WRITE: 12,
  CREATE_TOKENS: 13,
  DESCRIBE_TOKENS: 14,
  TWO_PHASE_COMMIT: 15,
} as const

export const PermissionType = { ANY: 1, DENY: 2, ALLOW: 3 } as const

/** The one resource of type CLUSTER. */
export const CLUSTER_NAME = 'kafka-cluster'
/** As resource name, host, or name in `User:*`: any. */
export const WILDCARD = '*'
export const WILDCARD_PRINCIPAL = 'User:*'

export interface Acl {
  readonly resourceType: number
  readonly resourceName: string
  /** LITERAL or PREFIXED. A literal `*` is every name. */
  readonly patternType: number
  /** `<type>:<name>`, case-sensitive; `User:*` is everyone. */
  readonly principal: string
  /** An IP address, or `*`; no names, no networks. */
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}

/** What there is to be allowed on each type of resource: the bits of authorized operations (KIP-430). */
export const OPERATIONS_OF: ReadonlyMap<number, readonly number[]> = new Map<number, readonly number[]>([
  [
    ResourceType.TOPIC,
    [
      AclOperation.READ,
      AclOperation.WRITE,
      AclOperation.CREATE,
      AclOperation.DELETE,
      AclOperation.ALTER,
      AclOperation.DESCRIBE,
      AclOperation.DESCRIBE_CONFIGS,
      AclOperation.ALTER_CONFIGS,
    ],
  ],
  // Those of configs since Kafka 4.0.
  [
    ResourceType.GROUP,
    [
      AclOperation.READ,
      AclOperation.DELETE,
      AclOperation.DESCRIBE,
      AclOperation.DESCRIBE_CONFIGS,
      AclOperation.ALTER_CONFIGS,
    ],
  ],
  [
    ResourceType.CLUSTER,
    [
      AclOperation.CREATE,
      AclOperation.ALTER,
      AclOperation.DESCRIBE,
      AclOperation.CLUSTER_ACTION,
      AclOperation.DESCRIBE_CONFIGS,
      AclOperation.ALTER_CONFIGS,
      AclOperation.IDEMPOTENT_WRITE,
    ],
  ],
  [ResourceType.TRANSACTIONAL_ID, [AclOperation.WRITE, AclOperation.DESCRIBE]],
])

/** The bits of all operations on a type of resource: bit n for operation n. */
export function allOperations(resourceType: number): number {
  return (OPERATIONS_OF.get(resourceType) ?? []).reduce((bits, operation) => bits | (1 << operation), 0)
}

const OPERATION_NAMES = namesOf(AclOperation)
const RESOURCE_NAMES = namesOf(ResourceType)
const PATTERN_NAMES = namesOf(PatternType)

export function operationName(operation: number): string {
  return OPERATION_NAMES.get(operation) ?? `operation ${operation}`
}

export function resourceTypeName(resourceType: number): string {
  return RESOURCE_NAMES.get(resourceType) ?? `resource type ${resourceType}`
}

/** `ALLOW READ on TOPIC orders (LITERAL) to User:a from *`. */
export function describeAcl(acl: Acl): string {
  const permission = acl.permissionType === PermissionType.DENY ? 'DENY' : 'ALLOW'
  const pattern = PATTERN_NAMES.get(acl.patternType) ?? String(acl.patternType)
  const resource = `${resourceTypeName(acl.resourceType)} ${acl.resourceName} (${pattern})`
  return `${permission} ${operationName(acl.operation)} on ${resource} to ${acl.principal} from ${acl.host}`
}

function namesOf(numbers: Readonly<Record<string, number>>): ReadonlyMap<number, string> {
  return new Map(Object.entries(numbers).map(([name, number]) => [number, name]))
}
