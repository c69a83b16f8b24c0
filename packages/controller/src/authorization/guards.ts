/**
 * What each API of clients checks before the controller decides (kafka-protocol §6.3). The principal is the one in the
 * envelope. Every API that may be forwarded has a row; one without keeps the controller from starting.
 */
import { guardOnCluster, type Guard, type GuardTable } from '@millrace/network/guard'
import { AclOperation } from '@millrace/policy/acl/acl'
import { ApiKey } from '@millrace/protocol/apis'
import { errorMessage } from '@millrace/protocol/errors'
import type { CreateAclsRequest, CreateAclsResponseInput } from '@millrace/protocol/messages/30-create-acls'
import type { DeleteAclsRequest, DeleteAclsResponseInput } from '@millrace/protocol/messages/31-delete-acls'
import type { ElectLeadersRequest, ElectLeadersResponseInput } from '@millrace/protocol/messages/43-elect-leaders'
import type {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponseInput,
} from '@millrace/protocol/messages/45-alter-partition-reassignments'
import type { ListPartitionReassignmentsResponseInput } from '@millrace/protocol/messages/46-list-partition-reassignments'
import type {
  AlterClientQuotasRequest,
  AlterClientQuotasResponseInput,
} from '@millrace/protocol/messages/49-alter-client-quotas'
import type {
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponseInput,
} from '@millrace/protocol/messages/51-alter-user-scram-credentials'
import type { DescribeQuorumResponseInput } from '@millrace/protocol/messages/55-describe-quorum'
import type { UpdateFeaturesResponseInput } from '@millrace/protocol/messages/57-update-features'
import type { UnregisterBrokerResponseInput } from '@millrace/protocol/messages/64-unregister-broker'
import type { ControllerRuntime } from '../controller-runtime.ts'
import { configGuards } from './config-guards.ts'
import { topicGuards } from './topic-guards.ts'

const { ALTER, ALTER_CONFIGS, DESCRIBE } = AclOperation

export function controllerGuards(runtime: ControllerRuntime): GuardTable {
  return new Map([...topicGuards(() => runtime.image), ...configGuards(), ...clusterGuards()])
}

function clusterGuards(): readonly [number, Guard][] {
  return [
    guardOnCluster<CreateAclsRequest, CreateAclsResponseInput>(
      ApiKey.CreateAcls,
      ALTER,
      ({ throttleTimeMs, ...refusal }, { creations }) => ({ throttleTimeMs, results: creations.map(() => refusal) }),
    ),
    guardOnCluster<DeleteAclsRequest, DeleteAclsResponseInput>(
      ApiKey.DeleteAcls,
      ALTER,
      ({ throttleTimeMs, ...refusal }, { filters }) => ({
        throttleTimeMs,
        filterResults: filters.map(() => ({ ...refusal, matchingAcls: [] })),
      }),
    ),
    guardOnCluster<ElectLeadersRequest, ElectLeadersResponseInput>(
      ApiKey.ElectLeaders,
      ALTER,
      ({ throttleTimeMs, errorCode }, { topicPartitions }) => ({
        throttleTimeMs,
        errorCode,
        replicaElectionResults: (topicPartitions ?? []).map(({ topic, partitions }) => ({
          topic,
          partitionResult: partitions.map((partitionId) => ({
            partitionId,
            errorCode,
            errorMessage: errorMessage(errorCode),
          })),
        })),
      }),
    ),
    guardOnCluster<AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponseInput>(
      ApiKey.AlterPartitionReassignments,
      ALTER,
      ({ throttleTimeMs, ...refusal }, { topics }) => ({
        throttleTimeMs,
        ...refusal,
        responses: topics.map(({ name, partitions }) => ({
          name,
          partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, ...refusal })),
        })),
      }),
    ),
    guardOnCluster<unknown, ListPartitionReassignmentsResponseInput>(
      ApiKey.ListPartitionReassignments,
      DESCRIBE,
      (refusal) => ({ ...refusal, topics: [] }),
    ),
    guardOnCluster<AlterClientQuotasRequest, AlterClientQuotasResponseInput>(
      ApiKey.AlterClientQuotas,
      ALTER_CONFIGS,
      ({ throttleTimeMs, ...refusal }, { entries }) => ({
        throttleTimeMs,
        entries: entries.map(({ entity }) => ({ ...refusal, entity })),
      }),
    ),
    guardOnCluster<AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponseInput>(
      ApiKey.AlterUserScramCredentials,
      ALTER,
      ({ throttleTimeMs, ...refusal }, { deletions, upsertions }) => ({
        throttleTimeMs,
        results: [...new Set([...deletions, ...upsertions].map(({ name }) => name))].map((user) => ({
          user,
          ...refusal,
        })),
      }),
    ),
    guardOnCluster<unknown, DescribeQuorumResponseInput>(
      ApiKey.DescribeQuorum,
      DESCRIBE,
      ({ errorCode, errorMessage: message }) => ({ errorCode, errorMessage: message, topics: [], nodes: [] }),
    ),
    guardOnCluster<unknown, UpdateFeaturesResponseInput>(ApiKey.UpdateFeatures, ALTER, (refusal) => ({
      ...refusal,
      results: [],
    })),
    guardOnCluster<unknown, UnregisterBrokerResponseInput>(ApiKey.UnregisterBroker, ALTER, (refusal) => refusal),
  ]
}
