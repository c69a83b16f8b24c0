/** ACLs of a cluster, by Kafka's numbers (kafka-protocol §6.2). */
import type { Decoded } from '@millrace/protocol/definition'
import { ErrorCode } from '@millrace/protocol/errors'
import { describeAclsRequest, describeAclsResponse } from '@millrace/protocol/messages/29-describe-acls'
import { createAclsRequest, createAclsResponse } from '@millrace/protocol/messages/30-create-acls'
import { deleteAclsRequest, deleteAclsResponse } from '@millrace/protocol/messages/31-delete-acls'
import type { ClusterClient } from '../cluster-client.ts'
import { throwIfError } from '../kafka-error.ts'

export interface AclBinding {
  readonly resourceType: number
  readonly resourceName: string
  /** 3 literal, 4 prefixed. */
  readonly patternType: number
  /** `User:alice` */
  readonly principal: string
  readonly host: string
  readonly operation: number
  /** 2 deny, 3 allow. */
  readonly permissionType: number
}

/** What is left out is any. */
export interface AclFilter {
  readonly resourceType?: number
  readonly resourceName?: string
  /** Any by default; 2: all patterns that match the name. */
  readonly patternType?: number
  readonly principal?: string
  readonly host?: string
  readonly operation?: number
  readonly permissionType?: number
}

const ANY = 1

function wireFilter(filter: AclFilter): Decoded<typeof describeAclsRequest> {
  return {
    resourceTypeFilter: filter.resourceType ?? ANY,
    resourceNameFilter: filter.resourceName ?? null,
    patternTypeFilter: filter.patternType ?? ANY,
    principalFilter: filter.principal ?? null,
    hostFilter: filter.host ?? null,
    operation: filter.operation ?? ANY,
    permissionType: filter.permissionType ?? ANY,
  }
}

export async function describeAcls(cluster: ClusterClient, filter: AclFilter): Promise<AclBinding[]> {
  return cluster.retrying(async () => {
    const response = await cluster.call(
      await cluster.any(),
      describeAclsRequest,
      describeAclsResponse,
      wireFilter(filter),
    )
    // While the cluster has no ACLs at all, Kafka says that security is off.
    if (response.errorCode === ErrorCode.SECURITY_DISABLED) return []
    throwIfError(response.errorCode, response.errorMessage)
    return response.resources.flatMap(({ resourceType, resourceName, patternType, acls }) =>
      acls.map((acl) => ({ resourceType, resourceName, patternType, ...acl })),
    )
  })
}

export async function createAcls(cluster: ClusterClient, acls: readonly AclBinding[]): Promise<void> {
  await cluster.retrying(async () => {
    const creations = acls.map(({ patternType, ...acl }) => ({ ...acl, resourcePatternType: patternType }))
    const response = await cluster.call(await cluster.any(), createAclsRequest, createAclsResponse, { creations })
    for (const { errorCode, errorMessage } of response.results) throwIfError(errorCode, errorMessage)
  })
}

/** Those that were removed. */
export async function deleteAcls(cluster: ClusterClient, filters: readonly AclFilter[]): Promise<AclBinding[]> {
  return cluster.retrying(async () => {
    const response = await cluster.call(await cluster.any(), deleteAclsRequest, deleteAclsResponse, {
      filters: filters.map(wireFilter),
    })
    return response.filterResults.flatMap(({ errorCode, errorMessage, matchingAcls }) => {
      throwIfError(errorCode, errorMessage)
      return matchingAcls.map(({ errorCode: aclErrorCode, errorMessage: aclError, ...acl }) => {
        throwIfError(aclErrorCode, aclError)
        return acl
      })
    })
  })
}
