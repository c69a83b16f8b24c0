/** Guards of administrative APIs that brokers answer themselves (kafka-protocol §6.3). */
import { guardOnCluster, type Guard } from '@millrace/network/guard'
import { AclOperation } from '@millrace/policy/acl/acl'
import { ApiKey } from '@millrace/protocol/apis'
import type { DescribeAclsResponseInput } from '@millrace/protocol/messages/29-describe-acls'
import type {
  AlterReplicaLogDirsRequest,
  AlterReplicaLogDirsResponseInput,
} from '@millrace/protocol/messages/34-alter-replica-log-dirs'
import type { DescribeLogDirsResponseInput } from '@millrace/protocol/messages/35-describe-log-dirs'
import type { DescribeClientQuotasResponseInput } from '@millrace/protocol/messages/48-describe-client-quotas'
import type { DescribeUserScramCredentialsResponseInput } from '@millrace/protocol/messages/50-describe-user-scram-credentials'
import type { ListConfigResourcesResponseInput } from '@millrace/protocol/messages/74-list-config-resources'

const { ALTER, DESCRIBE, DESCRIBE_CONFIGS } = AclOperation

export function administrationGuards(): readonly [number, Guard | null][] {
  return [
    guardOnCluster<unknown, DescribeAclsResponseInput>(ApiKey.DescribeAcls, DESCRIBE, (refused) => ({
      ...refused,
      resources: [],
    })),
    guardOnCluster<AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponseInput>(
      ApiKey.AlterReplicaLogDirs,
      ALTER,
      ({ throttleTimeMs, errorCode }, { dirs }) => ({
        throttleTimeMs,
        results: dirs.flatMap(({ topics }) =>
          topics.map(({ name, partitions }) => ({
            topicName: name,
            partitions: partitions.map((partitionIndex) => ({ partitionIndex, errorCode })),
          })),
        ),
      }),
    ),
    guardOnCluster<unknown, DescribeLogDirsResponseInput>(
      ApiKey.DescribeLogDirs,
      DESCRIBE,
      ({ throttleTimeMs, errorCode }) => ({
        throttleTimeMs,
        errorCode,
        results: [],
      }),
    ),
    guardOnCluster<unknown, DescribeClientQuotasResponseInput>(
      ApiKey.DescribeClientQuotas,
      DESCRIBE_CONFIGS,
      (refused) => ({
        ...refused,
        entries: null,
      }),
    ),
    guardOnCluster<unknown, DescribeUserScramCredentialsResponseInput>(
      ApiKey.DescribeUserScramCredentials,
      DESCRIBE,
      // As Apache Kafka has it: one result, of nobody.
      ({ throttleTimeMs, ...refusal }) => ({
        throttleTimeMs,
        ...refusal,
        results: [{ user: '', ...refusal, credentialInfos: [] }],
      }),
    ),
    guardOnCluster<unknown, ListConfigResourcesResponseInput>(
      ApiKey.ListConfigResources,
      DESCRIBE_CONFIGS,
      ({ throttleTimeMs, errorCode }) => ({ throttleTimeMs, errorCode, configResources: [] }),
    ),
    // Telemetry is for every client that may connect (KIP-714).
    [ApiKey.GetTelemetrySubscriptions, null],
    [ApiKey.PushTelemetry, null],
  ]
}
