/**
 * CreateAcls and DeleteAcls (30, 31): what is asked, decided (kafka-protocol §6.2). Every binding and every filter has an
 * error of its own; the good ones are one atomic append. Making an ACL that exists is a success without a record.
 */
import { randomUuid } from '@millrace/base/uuid'
import { RECORDS_PER_APPEND_MAX } from '@millrace/metadata/metadata-batch'
import { RecordType, type MetadataRecord } from '@millrace/metadata/records/metadata-record'
import {
  AclOperation,
  CLUSTER_NAME,
  PatternType,
  PermissionType,
  ResourceType,
  type Acl,
} from '@millrace/policy/acl/acl'
import { invalidFilter, matchesFilter, type AclFilter } from '@millrace/policy/acl/acl-filter'
import { ErrorCode } from '@millrace/protocol/errors'
import type { CreateAclsRequest, CreateAclsResponseInput } from '@millrace/protocol/messages/30-create-acls'
import type { DeleteAclsRequest, DeleteAclsResponseInput } from '@millrace/protocol/messages/31-delete-acls'
import type { ControlState, Decision, ItemError } from '../decision.ts'

/** Filters times ACLs: what one request may compare without keeping the controller's loop. */
const COMPARISONS_MAX = 2_000_000

const NO_ERROR = { errorCode: ErrorCode.NONE, errorMessage: null }

export function createAcls(state: ControlState, request: CreateAclsRequest): Decision<CreateAclsResponseInput> {
  const known = new Set([...state.image.acls.values()].map(keyOf))
  const records: MetadataRecord[] = []
  const results = request.creations.map((creation) => {
    const acl: Acl = { ...creation, patternType: creation.resourcePatternType }
    const refused = aclError(acl)
    if (refused !== null) return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: refused }
    const key = keyOf(acl)
    if (known.has(key)) return NO_ERROR
    known.add(key)
    const { resourceType, resourceName, patternType, principal, host, operation, permissionType } = acl
    const id = randomUuid(state.random)
    const body = { id, resourceType, resourceName, patternType, principal, host, operation, permissionType }
    records.push({ type: RecordType.ACCESS_CONTROL_ENTRY, version: 0, body })
    return NO_ERROR
  })
  if (records.length <= RECORDS_PER_APPEND_MAX) return { records, response: { throttleTimeMs: 0, results } }
  return { records: [], response: { throttleTimeMs: 0, results: results.map(() => tooMany('creates')) } }
}

export function deleteAcls(state: ControlState, request: DeleteAclsRequest): Decision<DeleteAclsResponseInput> {
  const { filters } = request
  if (filters.length * state.image.acls.size > COMPARISONS_MAX) {
    const errorMessage = `${filters.length} filters are too many for ${state.image.acls.size} ACLs; split the request.`
    const refused = { errorCode: ErrorCode.INVALID_REQUEST, errorMessage, matchingAcls: [] }
    return { records: [], response: { throttleTimeMs: 0, filterResults: filters.map(() => refused) } }
  }
  const removed = new Set<string>()
  const filterResults = filters.map((each) => {
    const filter: AclFilter = {
      ...each,
      resourceType: each.resourceTypeFilter,
      resourceName: each.resourceNameFilter,
      patternType: each.patternTypeFilter,
      principal: each.principalFilter,
      host: each.hostFilter,
    }
    const refused = invalidFilter(filter)
    if (refused !== null) return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: refused, matchingAcls: [] }
    const matching = [...state.image.acls.values()].filter((acl) => matchesFilter(filter, acl))
    for (const { id } of matching) removed.add(id)
    return { ...NO_ERROR, matchingAcls: matching.map((acl) => ({ ...NO_ERROR, ...acl })) }
  })
  if (removed.size > RECORDS_PER_APPEND_MAX) {
    const refused = filterResults.map(() => ({ ...tooMany('deletes'), matchingAcls: [] }))
    return { records: [], response: { throttleTimeMs: 0, filterResults: refused } }
  }
  const records = [...removed].map((id): MetadataRecord => ({
    type: RecordType.REMOVE_ACCESS_CONTROL_ENTRY,
    version: 0,
    body: { id },
  }))
  return { records, response: { throttleTimeMs: 0, filterResults } }
}

/** Why there cannot be such an ACL; null when there can. */
function aclError(acl: Acl): string | null {
  const { resourceType, resourceName, patternType, operation, permissionType, principal, host } = acl
  if (!concrete(resourceType, ResourceType)) return `Invalid resourceType ${resourceType}`
  if (patternType !== PatternType.LITERAL && patternType !== PatternType.PREFIXED)
    return `Invalid patternType ${patternType}`
  if (!concrete(operation, AclOperation)) return `Invalid operation ${operation}`
  if (!concrete(permissionType, PermissionType)) return `Invalid permissionType ${permissionType}`
  if (resourceName === '') return 'Resource name should not be empty'
  if (resourceType === ResourceType.CLUSTER && resourceName !== CLUSTER_NAME)
    return `The only valid name for the CLUSTER resource is ${CLUSTER_NAME}`
  if (!/^[^:]+:/.test(principal))
    return `Could not parse principal from \`${principal}\` (no colon is present separating the principal type from the principal name)`
  return host === '' ? 'Host should not be empty' : null
}

/** A value that names one thing: neither unknown (0) nor ANY (1). */
function concrete(value: number, numbers: Readonly<Record<string, number>>): boolean {
  return value > 1 && Object.values(numbers).includes(value)
}

/** What makes two ACLs the same. */
function keyOf(acl: Acl): string {
  const { resourceType, patternType, operation, permissionType, host, principal, resourceName } = acl
  return JSON.stringify([resourceType, patternType, operation, permissionType, host, principal, resourceName])
}

function tooMany(verb: string): ItemError {
  const errorMessage = `The request ${verb} more than ${RECORDS_PER_APPEND_MAX} ACLs at once; split it.`
  return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage }
}
