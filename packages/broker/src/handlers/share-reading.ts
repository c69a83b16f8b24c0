/**
 * What a member may read of its share session. A session outlives the requests that named its topics, and the guard looks at
 * requests: rights that are gone by now are looked at here, when a ShareFetch begins and when it has waited.
 */
import type { Access } from '@millrace/policy/acl/access'
import { AclOperation, ResourceType } from '@millrace/policy/acl/acl'
import { ErrorCode } from '@millrace/protocol/errors'
import type { BrokerRuntime } from '../broker-runtime.ts'
import type { SharePartitionResult } from '../share-partitions/share-fetch-operation.ts'
import type { TopicPartitionId } from '../share-partitions/share-partitions.ts'

/** Topics that are not known may be: whoever opens them says so. */
function mayRead({ metadata }: BrokerRuntime, access: Access, { topicId }: TopicPartitionId): boolean {
  const name = metadata.image.topicsById.get(topicId)?.name
  return name === undefined || access.allows(AclOperation.READ, ResourceType.TOPIC, name)
}

function refusal({ topicId, partition }: TopicPartitionId): SharePartitionResult {
  const nothing = { currentLeader: null, acquired: [], buffers: [], sizeBytes: 0, release: null }
  return { topicId, partition, errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED, ...nothing }
}

/** What is read, and the refusals of the rest: told with the answer, at once where nothing is left to be read. */
export function readablePartitions(
  runtime: BrokerRuntime,
  access: Access,
  partitions: readonly TopicPartitionId[],
): { readonly readable: readonly TopicPartitionId[]; readonly refused: readonly SharePartitionResult[] } {
  const readable: TopicPartitionId[] = []
  const refused: SharePartitionResult[] = []
  for (const asked of partitions) {
    if (mayRead(runtime, access, asked)) readable.push(asked)
    else refused.push(refusal(asked))
  }
  return { readable, refused }
}

/** Records of a topic that may not be read any more are given back, and others get them. */
export function stillReadable(
  runtime: BrokerRuntime,
  access: Access,
  result: SharePartitionResult,
  giveBack: (result: SharePartitionResult) => void,
): SharePartitionResult {
  if (mayRead(runtime, access, result)) return result
  result.release?.()
  if (result.acquired.length > 0) giveBack(result)
  return refusal(result)
}
