/** Guards of AlterConfigs and IncrementalAlterConfigs: ALTER_CONFIGS on what is configured (kafka-protocol §6.3). */
import { ConfigResourceType } from '@millrace/metadata/image'
import { guardOf, type Guard } from '@millrace/network/guard'
import { AclOperation, CLUSTER_NAME, ResourceType } from '@millrace/policy/acl/acl'
import type { Access } from '@millrace/policy/acl/access'
import { ApiKey } from '@millrace/protocol/apis'
import { ErrorCode, errorMessage } from '@millrace/protocol/errors'
import type { AlterConfigsRequest, AlterConfigsResponseInput } from '@millrace/protocol/messages/33-alter-configs'
import type {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponseInput,
} from '@millrace/protocol/messages/44-incremental-alter-configs'

interface ConfigResource {
  readonly resourceType: number
  readonly resourceName: string
}

export function configGuards(): readonly [number, Guard][] {
  return [
    guardOf<AlterConfigsRequest, AlterConfigsResponseInput>(
      ApiKey.AlterConfigs,
      ({ access, request, respond, pass }) => {
        const { resources, refused } = divide(access, request.resources)
        pass({ ...request, resources }, (response, release) =>
          respond(response === null ? null : { ...response, responses: [...response.responses, ...refused] }, release),
        )
      },
    ),
    guardOf<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponseInput>(
      ApiKey.IncrementalAlterConfigs,
      ({ access, request, respond, pass }) => {
        const { resources, refused } = divide(access, request.resources)
        pass({ ...request, resources }, (response, release) =>
          respond(response === null ? null : { ...response, responses: [...response.responses, ...refused] }, release),
        )
      },
    ),
  ]
}

function divide<Resource extends ConfigResource>(
  access: Access,
  all: readonly Resource[],
): { resources: Resource[]; refused: (ConfigResource & { errorCode: number; errorMessage: string })[] } {
  const allowed = new Set(all.filter((resource) => mayAlter(access, resource)))
  const refused = all
    .filter((resource) => !allowed.has(resource))
    .map(({ resourceType, resourceName }) => {
      const errorCode = errorCodeOf(resourceType)
      return { errorCode, errorMessage: errorMessage(errorCode), resourceType, resourceName }
    })
  return { resources: [...allowed], refused }
}

/** On the cluster for brokers, their loggers, and client metrics. */
function mayAlter(access: Access, { resourceType, resourceName }: ConfigResource): boolean {
  const operation = AclOperation.ALTER_CONFIGS
  if (resourceType === ConfigResourceType.TOPIC) return access.allows(operation, ResourceType.TOPIC, resourceName)
  if (resourceType === ConfigResourceType.GROUP) return access.allows(operation, ResourceType.GROUP, resourceName)
  return access.allows(operation, ResourceType.CLUSTER, CLUSTER_NAME)
}

function errorCodeOf(resourceType: number): number {
  if (resourceType === ConfigResourceType.TOPIC) return ErrorCode.TOPIC_AUTHORIZATION_FAILED
  if (resourceType === ConfigResourceType.GROUP) return ErrorCode.GROUP_AUTHORIZATION_FAILED
  return ErrorCode.CLUSTER_AUTHORIZATION_FAILED
}
