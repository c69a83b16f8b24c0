/** Kafka's numbers for the words of an ACL, and the ACL of a grant. */
import type { Grant } from './cases.ts'
import { uniqueName } from './names.ts'

export const AclWords = {
  topic: 2,
  group: 3,
  cluster: 4,
  'transactional-id': 5,
  literal: 3,
  prefixed: 4,
  deny: 2,
  allow: 3,
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
} as const

export interface TableAcl {
  readonly resourceType: number
  readonly resourceName: string
  readonly resourcePatternType: number
  readonly principal: string
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}

export function aclOf({ allow, operation, type, name, prefixed }: Grant, caseId: number, principal: string): TableAcl {
  if (!(operation in AclWords)) throw new Error(`not an operation of Kafka: ${operation}`)
  return {
    resourceType: AclWords[type],
    resourceName: type === 'cluster' ? 'kafka-cluster' : prefixed ? name : uniqueName(name, caseId),
    resourcePatternType: prefixed ? AclWords.prefixed : AclWords.literal,
    principal,
    host: '*',
    operation: AclWords[operation as keyof typeof AclWords],
    permissionType: allow ? AclWords.allow : AclWords.deny,
  }
}
