/** What is asked about each group: first what changes nothing, then what should be refused, then what deletes. */
import type { Question } from './coordinators.ts'
import { consumerSubscription, groups, TOPIC } from './group-world.ts'

export interface GroupQuestion extends Question {
  readonly name: string
  /** Whose coordinator is asked; null: every broker. */
  readonly groupId: string | null
}

type Ask = (groupId: string, topicId: string) => Question

const NOBODY = 'AAAAAAAAAAAAAAAAAAAAAw'
const described = { includeAuthorizedOperations: true }
const partitions = [{ partitionIndex: 0, committedOffset: 2, committedLeaderEpoch: -1, committedMetadata: '' }]
const shareTopics = [{ topicName: TOPIC, partitions: [0, 7] }]

const asks =
  (version: number, apiKey: number, body: (groupId: string, topicId: string) => object): Ask =>
  (groupId, topicId) => ({ apiKey, version, body: body(groupId, topicId) })

const readings: Readonly<Record<string, Ask>> = {
  'DescribeGroups 5': asks(5, 15, (groupId) => ({ groups: [groupId], ...described })),
  'DescribeGroups 6': asks(6, 15, (groupId) => ({ groups: [groupId], ...described })),
  'ConsumerGroupDescribe 0': asks(0, 69, (groupId) => ({ groupIds: [groupId], ...described })),
  'ConsumerGroupDescribe 1': asks(1, 69, (groupId) => ({ groupIds: [groupId], ...described })),
  'ShareGroupDescribe 1': asks(1, 77, (groupId) => ({ groupIds: [groupId], ...described })),
  'OffsetFetch 7': asks(7, 9, (groupId) => ({ groupId, topics: null, requireStable: true })),
  'OffsetFetch 7 of a topic': asks(7, 9, (groupId) => ({
    groupId,
    topics: [{ name: TOPIC, partitionIndexes: [0, 7] }],
    requireStable: true,
  })),
  'OffsetFetch 9': asks(9, 9, (groupId) => ({ groups: [{ groupId, topics: null }], requireStable: true })),
  'OffsetFetch 9 of a stranger': asks(9, 9, (groupId) => ({
    groups: [{ groupId, memberId: NOBODY, memberEpoch: 1, topics: null }],
    requireStable: true,
  })),
  'DescribeShareGroupOffsets 0': asks(0, 90, (groupId) => ({ groups: [{ groupId, topics: null }] })),
  'DescribeShareGroupOffsets 0 of topics': asks(0, 90, (groupId) => ({
    groups: [{ groupId, topics: [...shareTopics, { topicName: 'unknown', partitions: [0] }] }],
  })),
}

const refusals: Readonly<Record<string, Ask>> = {
  'OffsetCommit 9 of a stranger': asks(9, 8, (groupId) => ({
    groupId,
    generationIdOrMemberEpoch: 1,
    memberId: NOBODY,
    topics: [{ name: TOPIC, partitions }],
  })),
  'JoinGroup 9 of a stranger': asks(9, 11, (groupId) => ({
    groupId,
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    memberId: NOBODY,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: consumerSubscription() }],
  })),
  'Heartbeat 4 of a stranger': asks(4, 12, (groupId) => ({ groupId, generationId: 1, memberId: NOBODY })),
  'LeaveGroup 5 of a stranger': asks(5, 13, (groupId) => ({ groupId, members: [{ memberId: NOBODY }] })),
  'SyncGroup 5 of a stranger': asks(5, 14, (groupId) => ({
    groupId,
    generationId: 1,
    memberId: NOBODY,
    protocolType: 'consumer',
    protocolName: 'range',
    assignments: [],
  })),
  'ConsumerGroupHeartbeat 1 of a stranger': asks(1, 68, (groupId) => ({
    groupId,
    memberId: NOBODY,
    memberEpoch: 1,
    topicPartitions: null,
  })),
  'ConsumerGroupHeartbeat 1 that leaves': asks(1, 68, (groupId) => ({
    groupId,
    memberId: NOBODY,
    memberEpoch: -1,
    topicPartitions: null,
  })),
  'ShareGroupHeartbeat 1 of a stranger': asks(1, 76, (groupId) => ({ groupId, memberId: NOBODY, memberEpoch: 1 })),
  'ShareGroupHeartbeat 1 that leaves': asks(1, 76, (groupId) => ({ groupId, memberId: NOBODY, memberEpoch: -1 })),
}

/** Groups of one type that somebody joins by the protocol of another; joins that succeed would change the group. */
const intrusions: Readonly<Record<string, Ask>> = {
  'ConsumerGroupHeartbeat 1 that joins': asks(1, 68, (groupId) => ({
    groupId,
    memberId: NOBODY,
    memberEpoch: 0,
    rebalanceTimeoutMs: 10_000,
    subscribedTopicNames: [TOPIC],
    topicPartitions: [],
  })),
  'ShareGroupHeartbeat 1 that joins': asks(1, 76, (groupId) => ({
    groupId,
    memberId: NOBODY,
    memberEpoch: 0,
    subscribedTopicNames: [TOPIC],
  })),
}

const deletions: Readonly<Record<string, Ask>> = {
  'OffsetCommit 9 of nobody': asks(9, 8, (groupId) => ({ groupId, topics: [{ name: TOPIC, partitions }] })),
  'OffsetDelete 0': asks(0, 47, (groupId) => ({
    groupId,
    topics: [
      { name: TOPIC, partitions: [{ partitionIndex: 0 }, { partitionIndex: 7 }] },
      { name: 'unknown', partitions: [{ partitionIndex: 0 }] },
    ],
  })),
  'AlterShareGroupOffsets 0 of no topic': asks(0, 91, (groupId) => ({
    groupId,
    topics: [{ topicName: 'unknown', partitions: [{ partitionIndex: 0, startOffset: 1 }] }],
  })),
  'DeleteShareGroupOffsets 0': asks(0, 92, (groupId) => ({
    groupId,
    topics: [{ topicName: TOPIC }, { topicName: 'unknown' }],
  })),
  'DescribeShareGroupOffsets 0 when deleted': asks(0, 90, (groupId) => ({ groups: [{ groupId, topics: null }] })),
  'DeleteGroups 2': asks(2, 42, (groupId) => ({ groupsNames: [groupId] })),
  'DeleteGroups 2, once more': asks(2, 42, (groupId) => ({ groupsNames: [groupId] })),
}

/**
 * What Apache Kafka 4.1.1 fails at. (It also takes every AlterShareGroupOffsets of a topic that is there, says that all
 * went well, and changes nothing.)
 */
const UNWELCOME: ReadonlySet<string> = new Set([
  'DescribeShareGroupOffsets 0 of topics: nameless',
  'AlterShareGroupOffsets 0 of no topic: nameless',
])

const filters: readonly { readonly statesFilter: string[]; readonly typesFilter: string[] }[] = [
  { statesFilter: [], typesFilter: [] },
  { statesFilter: ['Empty'], typesFilter: [] },
  { statesFilter: ['stable', 'DEAD'], typesFilter: [] },
  { statesFilter: ['Nonsense'], typesFilter: [] },
  { statesFilter: [], typesFilter: ['Classic'] },
  { statesFilter: [], typesFilter: ['consumer', 'share'] },
  { statesFilter: [], typesFilter: ['nonsense'] },
  { statesFilter: ['Stable'], typesFilter: ['share'] },
]

const listings = (when: string): GroupQuestion[] => [
  ...[3, 4].map((version) => ({
    name: `FindCoordinator ${version} of the nameless ${when}`,
    groupId: null,
    apiKey: 10,
    version,
    body: { keyType: 0, ...(version < 4 ? { key: '' } : { coordinatorKeys: [''] }) },
  })),
  ...filters.map((body) => ({
    name: `ListGroups 5 ${JSON.stringify(body)} ${when}`,
    groupId: null,
    apiKey: 16,
    version: 5,
    body,
  })),
  { name: `ListGroups 4 ${when}`, groupId: null, apiKey: 16, version: 4, body: { statesFilter: [] } },
  { name: `ListGroups 3 ${when}`, groupId: null, apiKey: 16, version: 3, body: { statesFilter: [] } },
]

export function groupQuestions(topicId: string): GroupQuestion[] {
  const ofSome = (name: string, some: Readonly<Record<string, string>>): GroupQuestion[] =>
    Object.entries(some).map(([kind, groupId]) => ({
      name: `${name}: ${kind}`,
      groupId,
      ...intrusions[name]!(groupId, topicId),
    }))
  const ofEach = (questions: Readonly<Record<string, Ask>>): GroupQuestion[] =>
    Object.entries(questions).flatMap(([name, ask]) =>
      Object.entries(groups).map(([kind, groupId]) => ({
        name: `${name}: ${kind}`,
        groupId,
        ...ask(groupId, topicId),
      })),
    )
  const { nameless, connect, share, shareLeft, offsetsOnly, classic, classicLeft, consumer } = groups
  return [
    ...listings('before'),
    ...ofEach(readings),
    ...ofEach(refusals),
    ...ofSome('ConsumerGroupHeartbeat 1 that joins', { nameless, connect, share, shareLeft }),
    ...ofSome('ShareGroupHeartbeat 1 that joins', { nameless, connect, offsetsOnly, classic, classicLeft, consumer }),
    ...listings('when strangers were refused'),
    ...ofEach(deletions),
    ...listings('when all was deleted'),
  ].filter(({ name }) => !UNWELCOME.has(name))
}
