/** The response of each forwarded API when the controller gave none: every item the client named carries the failure. */
import { ZERO_UUID } from '@millrace/base/uuid'
import type { CreateAclsRequest, CreateAclsResponseInput } from '@millrace/protocol/messages/30-create-acls'
import type { DeleteAclsRequest, DeleteAclsResponseInput } from '@millrace/protocol/messages/31-delete-acls'
import type { AlterConfigsRequest, AlterConfigsResponseInput } from '@millrace/protocol/messages/33-alter-configs'
import type {
  CreatePartitionsRequest,
  CreatePartitionsResponseInput,
} from '@millrace/protocol/messages/37-create-partitions'
import type { CreateTopicsRequest, CreateTopicsResponseInput } from '@millrace/protocol/messages/19-create-topics'
import type { DeleteTopicsRequest, DeleteTopicsResponseInput } from '@millrace/protocol/messages/20-delete-topics'
import type { ElectLeadersRequest, ElectLeadersResponseInput } from '@millrace/protocol/messages/43-elect-leaders'
import type {
  AlterClientQuotasRequest,
  AlterClientQuotasResponseInput,
} from '@millrace/protocol/messages/49-alter-client-quotas'
import type {
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponseInput,
} from '@millrace/protocol/messages/51-alter-user-scram-credentials'
import type { UpdateFeaturesResponseInput } from '@millrace/protocol/messages/57-update-features'
import type { ForwardingFailure } from './forwarder.ts'

export function createTopicsFailure(
  request: CreateTopicsRequest,
  { errorCode, message }: ForwardingFailure,
): CreateTopicsResponseInput {
  return {
    topics: request.topics.map(({ name }) => ({ name, errorCode, errorMessage: message, configs: null })),
  }
}

export function deleteTopicsFailure(
  request: DeleteTopicsRequest,
  { errorCode, message }: ForwardingFailure,
): DeleteTopicsResponseInput {
  const named = request.topicNames.map((name) => ({ name, topicId: ZERO_UUID }))
  return {
    responses: [...named, ...request.topics].map(({ name, topicId }) => ({
      name,
      topicId,
      errorCode,
      errorMessage: message,
    })),
  }
}

export function createPartitionsFailure(
  request: CreatePartitionsRequest,
  { errorCode, message }: ForwardingFailure,
): CreatePartitionsResponseInput {
  return {
    throttleTimeMs: 0,
    results: request.topics.map(({ name }) => ({ name, errorCode, errorMessage: message })),
  }
}

/** For AlterConfigs and IncrementalAlterConfigs, whose responses have one layout. */
export function alterConfigsFailure(
  request: {
    readonly resources: readonly Pick<AlterConfigsRequest['resources'][number], 'resourceType' | 'resourceName'>[]
  },
  { errorCode, message }: ForwardingFailure,
): AlterConfigsResponseInput {
  return {
    throttleTimeMs: 0,
    responses: request.resources.map(({ resourceType, resourceName }) => ({
      errorCode,
      errorMessage: message,
      resourceType,
      resourceName,
    })),
  }
}

export function electLeadersFailure(
  request: ElectLeadersRequest,
  { errorCode, message }: ForwardingFailure,
): ElectLeadersResponseInput {
  return {
    throttleTimeMs: 0,
    errorCode,
    replicaElectionResults: (request.topicPartitions ?? []).map(({ topic, partitions }) => ({
      topic,
      partitionResult: partitions.map((partitionId) => ({ partitionId, errorCode, errorMessage: message })),
    })),
  }
}

export function alterClientQuotasFailure(
  request: AlterClientQuotasRequest,
  { errorCode, message }: ForwardingFailure,
): AlterClientQuotasResponseInput {
  return {
    throttleTimeMs: 0,
    entries: request.entries.map(({ entity }) => ({ errorCode, errorMessage: message, entity })),
  }
}

export function alterUserScramCredentialsFailure(
  { deletions, upsertions }: AlterUserScramCredentialsRequest,
  { errorCode, message }: ForwardingFailure,
): AlterUserScramCredentialsResponseInput {
  const users = new Set([...deletions, ...upsertions].map(({ name }) => name))
  return { throttleTimeMs: 0, results: [...users].map((user) => ({ user, errorCode, errorMessage: message })) }
}

/** For responses that have errorCode and errorMessage at the top and one list: 45 and 46. */
export function topLevelFailure({ errorCode, message }: ForwardingFailure): {
  throttleTimeMs: number
  errorCode: number
  errorMessage: string
} {
  return { throttleTimeMs: 0, errorCode, errorMessage: message }
}

export function updateFeaturesFailure({ errorCode, message }: ForwardingFailure): UpdateFeaturesResponseInput {
  return { throttleTimeMs: 0, errorCode, errorMessage: message, results: [] }
}

export function createAclsFailure(
  { creations }: CreateAclsRequest,
  { errorCode, message }: ForwardingFailure,
): CreateAclsResponseInput {
  return { throttleTimeMs: 0, results: creations.map(() => ({ errorCode, errorMessage: message })) }
}

export function deleteAclsFailure(
  { filters }: DeleteAclsRequest,
  { errorCode, message }: ForwardingFailure,
): DeleteAclsResponseInput {
  const failed = filters.map(() => ({ errorCode, errorMessage: message, matchingAcls: [] }))
  return { throttleTimeMs: 0, filterResults: failed }
}
