/** Guards of administrative APIs that brokers answer themselves (kafka-protocol §6.3). */
import { guardWholly, type Guard } from '@millrace/network/guard'
import { AclOperation, CLUSTER_NAME, ResourceType } from '@millrace/policy/acl/acl'
import { ApiKey } from '@millrace/protocol/apis'
import { ErrorCode, errorMessage } from '@millrace/protocol/errors'
import type { DescribeAclsResponseInput } from '@millrace/protocol/messages/29-describe-acls'
import type { DescribeLogDirsResponseInput } from '@millrace/protocol/messages/35-describe-log-dirs'
import type { DescribeClientQuotasResponseInput } from '@millrace/protocol/messages/48-describe-client-quotas'
import type { DescribeUserScramCredentialsResponseInput } from '@millrace/protocol/messages/50-describe-user-scram-credentials'
import type { ListConfigResourcesResponseInput } from '@millrace/protocol/messages/74-list-config-resources'

const { DESCRIBE, DESCRIBE_CONFIGS } = AclOperation

export function administrationGuards(): readonly [number, Guard | null][] {
  return [
    onCluster<DescribeAclsResponseInput>(ApiKey.DescribeAcls, DESCRIBE, (refused) => ({ ...refused, resources: [] })),
    onCluster<DescribeLogDirsResponseInput>(ApiKey.DescribeLogDirs, DESCRIBE, ({ throttleTimeMs, errorCode }) => ({
      throttleTimeMs,
      errorCode,
      results: [],
    })),
    onCluster<DescribeClientQuotasResponseInput>(ApiKey.DescribeClientQuotas, DESCRIBE_CONFIGS, (refused) => ({
      ...refused,
      entries: null,
    })),
    onCluster<DescribeUserScramCredentialsResponseInput>(ApiKey.DescribeUserScramCredentials, DESCRIBE, (refused) => ({
      ...refused,
      results: [],
    })),
    onCluster<ListConfigResourcesResponseInput>(
      ApiKey.ListConfigResources,
      DESCRIBE_CONFIGS,
      ({ throttleTimeMs, errorCode }) => ({ throttleTimeMs, errorCode, configResources: [] }),
    ),
    // Telemetry is for every client that may connect (KIP-714).
    [ApiKey.GetTelemetrySubscriptions, null],
    [ApiKey.PushTelemetry, null],
  ]
}

interface Refused {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly errorMessage: string
}

/** An API that needs one operation on the cluster, and whose response has one error for all. */
function onCluster<Response>(
  apiKey: number,
  operation: number,
  refuse: (refused: Refused) => Response,
): [number, Guard] {
  return guardWholly<unknown, Response>(
    apiKey,
    (access) =>
      access.allows(operation, ResourceType.CLUSTER, CLUSTER_NAME)
        ? ErrorCode.NONE
        : ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
    (_request, errorCode) => refuse({ throttleTimeMs: 0, errorCode, errorMessage: errorMessage(errorCode) }),
  )
}
