/** Groups and their offsets, for administrators: every request goes to the group's coordinator. */
import { ErrorCode } from '@millrace/protocol/errors'
import { offsetCommitRequest, offsetCommitResponse } from '@millrace/protocol/messages/08-offset-commit'
import { offsetFetchRequest, offsetFetchResponse } from '@millrace/protocol/messages/09-offset-fetch'
import { describeGroupsRequest, describeGroupsResponse } from '@millrace/protocol/messages/15-describe-groups'
import { listGroupsRequest, listGroupsResponse } from '@millrace/protocol/messages/16-list-groups'
import { deleteGroupsRequest, deleteGroupsResponse } from '@millrace/protocol/messages/42-delete-groups'
import { offsetDeleteRequest, offsetDeleteResponse } from '@millrace/protocol/messages/47-offset-delete'
import type { ClusterClient } from '../cluster-client.ts'
import { decodeAssignment, type TopicAssignment } from '../consumer-protocol.ts'
import { KafkaError, throwIfError } from '../kafka-error.ts'
import { byTopic, flattened, type TopicPartition } from './partitions.ts'

export interface ListedGroup {
  readonly groupId: string
  /** "consumer", "connect", …; '' for a group that only commits offsets. */
  readonly protocolType: string
  /** '' from brokers before 2.6. */
  readonly state: string
  /** 'classic' or 'consumer'; '' from brokers before 3.8. */
  readonly type: string
  readonly coordinatorId: number
}

export interface GroupMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  /** Of members of protocol type "consumer"; empty for others. */
  readonly assignment: readonly TopicAssignment[]
}

export interface DescribedGroup {
  readonly groupId: string
  /** "Empty", "PreparingRebalance", "CompletingRebalance", "Stable" or "Dead". */
  readonly state: string
  readonly protocolType: string
  /** Name of the assignor in use. */
  readonly protocol: string
  readonly coordinatorId: number
  readonly members: readonly GroupMember[]
}

export interface GroupOffset extends TopicPartition {
  readonly offset: number
  /** -1 when unknown. */
  readonly leaderEpoch?: number
  readonly metadata?: string | null
}

/** Versions from 10 on name topics by id. */
const OFFSETS_BY_NAME_VERSION_MAX = 9
const GROUPS_PER_REQUEST_VERSION = 8

/** The groups of all brokers. */
export async function listGroups(cluster: ClusterClient, states: readonly string[]): Promise<ListedGroup[]> {
  return cluster.retrying(async () => {
    const groups: ListedGroup[] = []
    for (const coordinatorId of (await cluster.metadata([])).brokers.keys()) {
      const response = await cluster.call(
        await cluster.node(coordinatorId),
        listGroupsRequest,
        listGroupsResponse,
        (version) => (version >= 4 ? { statesFilter: states } : {}),
      )
      throwIfError(response.errorCode)
      for (const { groupId, protocolType, groupState, groupType } of response.groups) {
        groups.push({ groupId, protocolType, state: groupState, type: groupType, coordinatorId })
      }
    }
    return groups
  })
}

/** The groups, in the order asked; one that does not exist is in state "Dead". */
export async function describeGroups(cluster: ClusterClient, groupIds: readonly string[]): Promise<DescribedGroup[]> {
  const described: DescribedGroup[] = []
  for (const groupId of groupIds) described.push(await cluster.retrying(() => describeGroup(cluster, groupId)))
  return described
}

async function describeGroup(cluster: ClusterClient, groupId: string): Promise<DescribedGroup> {
  const coordinatorId = await cluster.coordinatorOf(groupId)
  const body = { groups: [groupId] }
  const response = await cluster.call(
    await cluster.node(coordinatorId),
    describeGroupsRequest,
    describeGroupsResponse,
    body,
  )
  const group = response.groups[0]
  if (group === undefined) throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, `no answer for group ${groupId}`)
  if (group.errorCode !== ErrorCode.GROUP_ID_NOT_FOUND) throwIfError(group.errorCode, group.errorMessage)
  const { protocolType } = group
  return {
    groupId,
    state: group.groupState,
    protocolType,
    protocol: group.protocolData,
    coordinatorId,
    members: group.members.map(({ memberId, groupInstanceId, clientId, clientHost, memberAssignment }) => ({
      memberId,
      groupInstanceId,
      clientId,
      clientHost,
      assignment: protocolType === 'consumer' ? decodeAssignment(memberAssignment) : [],
    })),
  }
}

/** Committed offsets of the group: of the given partitions (offset -1 where there is none), or all with null. */
export async function listGroupOffsets(
  cluster: ClusterClient,
  groupId: string,
  partitions: readonly TopicPartition[] | null,
): Promise<Required<GroupOffset>[]> {
  const topics =
    partitions === null
      ? null
      : byTopic(partitions, ({ partition }) => partition).map((topic) => ({
          name: topic.name,
          partitionIndexes: topic.partitions,
        }))
  return cluster.retrying(async () => {
    const response = await cluster.call(
      await cluster.node(await cluster.coordinatorOf(groupId)),
      offsetFetchRequest,
      offsetFetchResponse,
      (version) => (version >= GROUPS_PER_REQUEST_VERSION ? { groups: [{ groupId, topics }] } : { groupId, topics }),
      { atMost: OFFSETS_BY_NAME_VERSION_MAX },
    )
    const group = response.groups[0] ?? response
    throwIfError(group.errorCode)
    return flattened(group.topics, (topic, found) => {
      throwIfError(found.errorCode)
      const { partitionIndex, committedOffset, committedLeaderEpoch, metadata } = found
      return { topic, partition: partitionIndex, offset: committedOffset, leaderEpoch: committedLeaderEpoch, metadata }
    })
  })
}

/** Who commits: a member of a generation, or, for a group without members, nobody in particular. */
export interface Committer {
  readonly generationId: number
  readonly memberId: string
}

const NOBODY: Committer = { generationId: -1, memberId: '' }

/** Sets committed offsets. As administrator (no committer) the group must be empty: UNKNOWN_MEMBER_ID otherwise. */
export async function commitOffsets(
  cluster: ClusterClient,
  groupId: string,
  offsets: readonly GroupOffset[],
  committer: Committer = NOBODY,
): Promise<void> {
  if (offsets.length === 0) return
  const topics = byTopic(offsets, ({ partition, offset, leaderEpoch, metadata }) => ({
    partition,
    offset,
    leaderEpoch,
    metadata,
  }))
  await cluster.retrying(async () => {
    const connection = await cluster.node(await cluster.coordinatorOf(groupId), 'coordinator')
    const response = await cluster.call(
      connection,
      offsetCommitRequest,
      offsetCommitResponse,
      (version) => ({
        groupId,
        generationIdOrMemberEpoch: committer.generationId,
        memberId: committer.memberId,
        topics: topics.map(({ name, partitions }) => ({
          name,
          partitions: partitions.map(({ partition, offset, leaderEpoch, metadata }) => ({
            partitionIndex: partition,
            committedOffset: offset,
            committedMetadata: metadata ?? '',
            ...(version >= 6 ? { committedLeaderEpoch: leaderEpoch ?? -1 } : {}),
          })),
        })),
      }),
      { atMost: OFFSETS_BY_NAME_VERSION_MAX },
    )
    for (const { partitions } of response.topics) for (const { errorCode } of partitions) throwIfError(errorCode)
  })
}

/** Deletes groups; the first that fails throws: NON_EMPTY_GROUP, GROUP_ID_NOT_FOUND. */
export async function deleteGroups(cluster: ClusterClient, groupIds: readonly string[]): Promise<void> {
  for (const groupId of groupIds) {
    await cluster.retrying(async () => {
      const connection = await cluster.node(await cluster.coordinatorOf(groupId))
      const response = await cluster.call(connection, deleteGroupsRequest, deleteGroupsResponse, {
        groupsNames: [groupId],
      })
      const result = response.results[0]
      throwIfError(result?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR, result?.errorMessage || null)
    })
  }
}

/** Forgets committed offsets of topics that the group does not read now: GROUP_SUBSCRIBED_TO_TOPIC otherwise. */
export async function deleteOffsets(
  cluster: ClusterClient,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<void> {
  await cluster.retrying(async () => {
    const connection = await cluster.node(await cluster.coordinatorOf(groupId))
    const topics = byTopic(partitions, ({ partition }) => ({ partitionIndex: partition }))
    const response = await cluster.call(connection, offsetDeleteRequest, offsetDeleteResponse, { groupId, topics })
    throwIfError(response.errorCode)
    for (const topic of response.topics) for (const { errorCode } of topic.partitions) throwIfError(errorCode)
  })
}
