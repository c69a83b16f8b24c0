/** Groups of every kind and in every state that lasts, made alike in any cluster. */
import { records } from '../authorization/records.ts'
import { untilAnswer } from '../harness/until-answer.ts'
import type { Coordinators } from './coordinators.ts'

export const TOPIC = 'rides'
export const PARTITIONS = 2
/** What members that choose their own id are called. */
export const MEMBER = 'AAAAAAAAAAAAAAAAAAAAAQ'
const PLENTY_MS = 60_000

/** By what is special about them; 'unknown' and 'nameless' are never made. */
export const groups = {
  unknown: 'unknown',
  nameless: '',
  deleted: 'deleted',
  offsetsOnly: 'offsets-only',
  classic: 'classic-with-member',
  connect: 'classic-of-workers',
  classicLeft: 'classic-that-was-left',
  consumer: 'consumer-with-member',
  consumerLeft: 'consumer-that-was-left',
  share: 'share-with-member',
  shareLeft: 'share-that-was-left',
} as const

export interface GroupWorld {
  readonly topicId: string
  /** Ids that the cluster gave; they differ from cluster to cluster. */
  readonly memberIds: readonly string[]
}

interface Coded {
  readonly errorCode?: unknown
}

const good = ({ errorCode }: Coded): boolean => errorCode === 0

export async function createGroupWorld(cluster: Coordinators): Promise<GroupWorld> {
  const featureUpdates = [{ feature: 'share.version', maxVersionLevel: 1, upgradeType: 1 }]
  const body = { timeoutMs: PLENTY_MS, featureUpdates, validateOnly: false }
  await untilAnswer('share groups to be on', () => cluster.ask({ apiKey: 57, version: 1, body }), good)
  const topicId = await createTopic(cluster)
  for (const groupId of [groups.deleted, groups.offsetsOnly]) await commit(cluster, groupId)
  const deletion = { apiKey: 42, version: 2, body: { groupsNames: [groups.deleted] } }
  await cluster.askFor(groups.deleted, deletion)
  const memberIds = [
    await joinClassic(cluster, groups.classic, 'consumer'),
    await joinClassic(cluster, groups.connect, 'connect'),
    await joinClassic(cluster, groups.classicLeft, 'consumer'),
  ]
  const left = { groupId: groups.classicLeft, members: [{ memberId: memberIds[2] }] }
  await cluster.askFor(groups.classicLeft, { apiKey: 13, version: 5, body: left })
  for (const groupId of [groups.consumer, groups.consumerLeft]) await joinConsumer(cluster, groupId)
  for (const groupId of [groups.share, groups.shareLeft]) await joinShare(cluster, groupId)
  const leaves = { memberId: MEMBER, memberEpoch: -1 }
  await cluster.askFor(groups.consumerLeft, heartbeat(groups.consumerLeft, leaves))
  await cluster.askFor(groups.shareLeft, shareHeartbeat(groups.shareLeft, leaves))
  return { topicId, memberIds }
}

async function createTopic(cluster: Coordinators): Promise<string> {
  const topics = [{ name: TOPIC, numPartitions: PARTITIONS, replicationFactor: -1, assignments: [], configs: [] }]
  const creation = { apiKey: 19, version: 7, body: { topics, timeoutMs: PLENTY_MS, validateOnly: false } }
  await untilAnswer(
    `topic ${TOPIC}`,
    () => cluster.ask(creation),
    ({ topics: told }) => [0, 36].includes((told as { errorCode: number }[])[0]?.errorCode ?? -1),
  )
  const metadata = { apiKey: 3, version: 12, body: { topics: [{ name: TOPIC }], allowAutoTopicCreation: false } }
  interface Told extends Coded {
    readonly topicId: string
    readonly partitions: readonly Coded[]
  }
  const answers = await untilAnswer(
    `leaders of ${TOPIC}`,
    () => cluster.askAll(metadata) as unknown as Promise<{ topics: Told[] }[]>,
    (all) => all.every(({ topics: [told] }) => told?.partitions.length === PARTITIONS && told.partitions.every(good)),
  )
  await write(cluster)
  return answers[0]?.topics[0]?.topicId ?? ''
}

/** One record; whoever does not lead refuses. */
async function write(cluster: Coordinators): Promise<void> {
  const topicData = [{ name: TOPIC, partitionData: [{ index: 0, records: records.get('@batch') }] }]
  const produce = { apiKey: 0, version: 9, body: { acks: -1, timeoutMs: PLENTY_MS, topicData } }
  interface Told {
    readonly responses: readonly { readonly partitionResponses: readonly Coded[] }[]
  }
  await untilAnswer(
    `a record in ${TOPIC}`,
    () => cluster.askAll(produce) as unknown as Promise<Told[]>,
    (all) => all.some(({ responses }) => good(responses[0]?.partitionResponses[0] ?? {})),
  )
}

async function commit(cluster: Coordinators, groupId: string): Promise<void> {
  const partitions = [{ partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: -1, committedMetadata: 'm' }]
  const body = { groupId, generationIdOrMemberEpoch: -1, memberId: '', topics: [{ name: TOPIC, partitions }] }
  await untilAnswer(
    `an offset of ${groupId}`,
    () => cluster.askFor(groupId, { apiKey: 8, version: 8, body }),
    ({ topics }) => good((topics as { partitions: Coded[] }[])[0]?.partitions[0] ?? {}),
  )
}

/** @returns the member id that the coordinator gave */
async function joinClassic(cluster: Coordinators, groupId: string, protocolType: string): Promise<string> {
  const times = { sessionTimeoutMs: PLENTY_MS, rebalanceTimeoutMs: PLENTY_MS }
  const protocols = [{ name: 'range', metadata: consumerSubscription() }]
  const join = (memberId: string) => ({
    apiKey: 11,
    version: 5,
    body: { groupId, ...times, memberId, groupInstanceId: null, protocolType, protocols },
  })
  let memberId = ''
  const joined = await untilAnswer(
    `a member of ${groupId}`,
    async () => {
      const answer = await cluster.askFor(groupId, join(memberId))
      memberId = String(answer['memberId'])
      return answer
    },
    good,
  )
  const generationId = joined['generationId']
  const assignments = [{ memberId, assignment: Buffer.alloc(0) }]
  const body = { groupId, generationId, memberId, groupInstanceId: null, protocolType, protocolName: 'range' }
  const synced = await cluster.askFor(groupId, { apiKey: 14, version: 5, body: { ...body, assignments } })
  if (!good(synced)) throw new Error(`${groupId} was not assigned: ${JSON.stringify(synced)}`)
  return memberId
}

/** Version 0 of the consumer protocol's subscription, to one topic. */
export function consumerSubscription(): Buffer {
  const name = Buffer.from(TOPIC)
  const bytes = Buffer.alloc(2 + 4 + 2 + name.length + 4)
  bytes.writeInt32BE(1, 2)
  bytes.writeInt16BE(name.length, 6)
  name.copy(bytes, 8)
  return bytes
}

const heartbeat = (groupId: string, more: object) => ({
  apiKey: 68,
  version: 1,
  body: { groupId, memberId: MEMBER, topicPartitions: null, ...more },
})

async function joinConsumer(cluster: Coordinators, groupId: string): Promise<void> {
  const joins = { memberEpoch: 0, subscribedTopicNames: [TOPIC], rebalanceTimeoutMs: PLENTY_MS, topicPartitions: [] }
  await untilAnswer(`a member of ${groupId}`, () => cluster.askFor(groupId, heartbeat(groupId, joins)), isAssigned)
}

const shareHeartbeat = (groupId: string, more: object) => ({
  apiKey: 76,
  version: 1,
  body: { groupId, memberId: MEMBER, ...more },
})

/** Its partitions are initialized with the share coordinator, which takes a while, and then assigned. */
async function joinShare(cluster: Coordinators, groupId: string): Promise<void> {
  const joins = { memberEpoch: 0, subscribedTopicNames: [TOPIC] }
  await untilAnswer(`a member of ${groupId}`, () => cluster.askFor(groupId, shareHeartbeat(groupId, joins)), isAssigned)
  const offsets = { apiKey: 90, version: 0, body: { groups: [{ groupId, topics: null }] } }
  await untilAnswer(
    `the state of ${groupId}`,
    () => cluster.askFor(groupId, offsets) as unknown as Promise<{ groups: { topics: unknown[] }[] }>,
    ({ groups: [told] }) => told?.topics.length === 1,
  )
}

function isAssigned(answer: { readonly assignment?: unknown }): boolean {
  const assignment = (answer.assignment ?? null) as { topicPartitions: { partitions: unknown[] }[] } | null
  return assignment?.topicPartitions[0]?.partitions.length === PARTITIONS
}
