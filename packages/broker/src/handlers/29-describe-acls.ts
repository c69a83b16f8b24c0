/** DescribeAcls (29): the ACLs that match a filter, by resource pattern. Facts: kafka-protocol §6.2. */
import type { ApiHandler } from '@millrace/network/api-handler'
import { invalidFilter, matchesFilter } from '@millrace/policy/acl/acl-filter'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  describeAclsRequest,
  describeAclsResponse,
  type DescribeAclsRequest,
  type DescribeAclsResponseInput,
} from '@millrace/protocol/messages/29-describe-acls'
import type { BrokerRuntime } from '../broker-runtime.ts'

type Resource = DescribeAclsResponseInput['resources'][number]

export function describeAclsHandler({
  metadata,
}: BrokerRuntime): ApiHandler<DescribeAclsRequest, DescribeAclsResponseInput> {
  return {
    request: describeAclsRequest,
    response: describeAclsResponse,
    handle(_context, request, respond) {
      const filter = {
        ...request,
        resourceType: request.resourceTypeFilter,
        resourceName: request.resourceNameFilter,
        patternType: request.patternTypeFilter,
        principal: request.principalFilter,
        host: request.hostFilter,
      }
      const refused = invalidFilter(filter)
      if (refused !== null) {
        const errorCode = ErrorCode.INVALID_REQUEST
        return respond({ throttleTimeMs: 0, errorCode, errorMessage: refused, resources: [] })
      }
      const resources = new Map<string, Resource & { acls: Resource['acls'][number][] }>()
      for (const acl of metadata.image.acls.values()) {
        if (!matchesFilter(filter, acl)) continue
        const { resourceType, resourceName, patternType, principal, host, operation, permissionType } = acl
        const key = `${resourceType}/${patternType}/${resourceName}`
        const resource = resources.get(key) ?? { resourceType, resourceName, patternType, acls: [] }
        resources.set(key, resource)
        resource.acls.push({ principal, host, operation, permissionType })
      }
      return respond({
        throttleTimeMs: 0,
        errorCode: ErrorCode.NONE,
        errorMessage: null,
        resources: [...resources.values()],
      })
    },
  }
}
