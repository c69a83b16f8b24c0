/** A shard of groups over a partition that is an array of batches, each committed a virtual millisecond after its append. Tests only. */
import { silentLogger } from '@millrace/base/logger'
import type { MetadataImage } from '@millrace/metadata/image'
import { ErrorCode } from '@millrace/protocol/errors'
import { World } from '@millrace/testkit/world'
import { BrokerSettings } from '../../metadata/broker-settings.ts'
import { imageOf, partitionState, topic } from '../../handlers/handler-fixture.ts'
import type { AppendCallback } from '../../replication/append-types.ts'
import type { Partition } from '../../replication/partition.ts'
import { Commits } from '../commits.ts'
import type { JoinResult, SyncResult } from '../member.ts'
import { Membership, type JoinRequest } from '../membership.ts'
import { fromWire, toWire } from '../modern/topic-partitions.ts'
import { Rebalance } from '../rebalance.ts'
import { GroupShard } from '../shard.ts'
import { ClassicMembers } from './classic-members.ts'
import { ConsumerMembers, type HeartbeatResult } from './consumer-members.ts'
import { ConsumerGroup } from './consumer-group.ts'
import { ConsumerSettings } from './consumer-settings.ts'
import type { HeartbeatRequest } from './heartbeat-request.ts'
import { ConsumerOperations } from './operations.ts'

/** Topics as `{ orders: 4 }`; each topic's id is its name, padded. */
export function imageWith(topics: Record<string, number>, more: Partial<MetadataImage> = {}): MetadataImage {
  const images = Object.entries(topics).map(([name, count]) =>
    topic(
      name,
      idOf(name),
      Array.from({ length: count }, () => partitionState({ replicas: [1] })),
    ),
  )
  return imageOf([], images, more)
}

export function idOf(name: string): string {
  return Buffer.from(name.padEnd(16).slice(0, 16)).toString('base64url')
}

/** 'orders-0 orders-2' */
export function owned(text: string): ReturnType<typeof fromWire> {
  const all = text === '' ? [] : text.split(' ')
  return fromWire(
    all.map((one) => {
      const dash = one.lastIndexOf('-')
      return { topicId: idOf(one.slice(0, dash)), partitions: [Number(one.slice(dash + 1))] }
    }),
  )
}

export function shown(partitions: ReturnType<typeof fromWire>): string {
  return toWire(partitions)
    .flatMap(({ topicId, partitions: indexes }) => {
      const name = Buffer.from(topicId, 'base64url').toString().trim()
      return indexes.map((index) => `${name}-${index}`)
    })
    .sort()
    .join(' ')
}

export interface Answer<T> {
  result: T | null
}

export interface Fixture {
  readonly world: World
  /** What the coordinator sees of the metadata. */
  readonly view: { image: MetadataImage; topicsVersion: number }
  /** What the next appends are told. */
  readonly appends: { error: number }
  readonly batches: Buffer[]
  readonly shard: GroupShard
  readonly operations: ConsumerOperations
  readonly membership: Membership
  readonly classics: ClassicMembers
  readonly commits: Commits
  readonly heartbeat: (memberId: string, memberEpoch: number, more?: Partial<HeartbeatRequest>) => HeartbeatResult
  readonly join: (memberId: string, more?: Partial<JoinRequest>) => Answer<JoinResult>
  sync(memberId: string, generationId: number, assignments?: readonly (readonly [string, Buffer])[]): Answer<SyncResult>
  readonly classicHeartbeat: (memberId: string, generationId: number) => number
  readonly group: () => ConsumerGroup
  readonly setTopics: (next: Record<string, number>) => void
}

export function serveConsumers(
  topics: Record<string, number> = { orders: 4 },
  properties: Record<string, string> = {},
  batches: Buffer[] = [],
): Fixture {
  const world = new World({ seed: 1 })
  const host = world.addHost('broker-1')
  const view = { image: imageWith(topics), topicsVersion: 1 }
  const appends = { error: ErrorCode.NONE as number }
  const partition = {
    partition: 0,
    logStartOffset: 0,
    logEndOffset: batches.length,
    log: {
      whenWritten: (done: (error: Error | null) => void) => done(null),
      read: ({ offset }: { offset: number }) => ({ buffers: batches.slice(offset), release: null }),
    },
    isLeader: true,
    appendAsLeader(_slab: null, bytes: Buffer, start: number, end: number, _options: object, done: AppendCallback) {
      const { error } = appends
      if (error === ErrorCode.NONE) {
        const batch = Buffer.from(bytes.subarray(start, end))
        batch.writeBigInt64BE(BigInt(batches.length), 0)
        batches.push(batch)
      }
      host.timers.set(1, () => done(error, 0, -1, null))
    },
  } as unknown as Partition
  const shard = new GroupShard({ host, logger: silentLogger, partition, leaderEpoch: 0, appendTimeoutMs: 5_000 })
  const rebalance = new Rebalance(shard, { initialRebalanceDelayMs: 0 })
  const membership = new Membership(shard, rebalance, {
    sessionTimeoutMsMin: 100,
    sessionTimeoutMsMax: 600_000,
    groupSizeMax: 100,
  })
  const brokerSettings = new BrokerSettings({ image: view.image, properties, nodeId: 1 })
  const settings = new ConsumerSettings(brokerSettings, () => view.image)
  const operations = new ConsumerOperations(shard, rebalance, settings, view)
  const consumers = new ConsumerMembers(operations)
  const classics = new ClassicMembers(operations, membership)
  shard.load(() => operations.loaded())
  world.advance(5)

  /** Sends a heartbeat and waits for its answer. A first one (epoch 0) subscribes to `orders` unless told otherwise. */
  const heartbeat = (memberId: string, memberEpoch: number, more: Partial<HeartbeatRequest> = {}): HeartbeatResult => {
    const answer: Answer<HeartbeatResult> = { result: null }
    const joins = memberEpoch === 0
    consumers.heartbeat(
      {
        apiVersion: 1,
        groupId: 'g',
        memberId,
        memberEpoch,
        clientId: 'client',
        clientHost: '/127.0.0.1',
        instanceId: null,
        rackId: null,
        rebalanceTimeoutMs: joins ? 30_000 : -1,
        subscribedTopicNames: joins ? ['orders'] : null,
        subscribedTopicRegex: null,
        serverAssignor: null,
        maySeeTopic: () => true,
        owned: joins ? fromWire([]) : null,
        ...more,
      },
      (result) => (answer.result = result),
    )
    world.advance(5)
    if (answer.result === null) throw new Error('a heartbeat was not answered')
    return answer.result
  }

  const join = (memberId: string, more: Partial<JoinRequest> = {}): Answer<JoinResult> => {
    const answer: Answer<JoinResult> = { result: null }
    const request: JoinRequest = {
      groupId: 'g',
      memberId,
      groupInstanceId: null,
      clientId: 'classic',
      clientHost: '/127.0.0.2',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 20_000,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: subscription(['orders']) }],
      requiresKnownMemberId: false,
      supportsSkipAssignment: true,
      ...more,
    }
    classics.join(request, (result) => (answer.result = result))
    world.advance(5)
    return answer
  }

  const sync = (
    memberId: string,
    generationId: number,
    assignments: readonly (readonly [string, Buffer])[] = [],
  ): Answer<SyncResult> => {
    const answer: Answer<SyncResult> = { result: null }
    const claim = { memberId, groupInstanceId: null, generationId }
    const expected = { protocolType: 'consumer', protocolName: 'range' }
    classics.sync('g', claim, expected, new Map(assignments), (result) => (answer.result = result))
    world.advance(5)
    return answer
  }

  const classicHeartbeat = (memberId: string, generationId: number): number => {
    let told = -1
    classics.heartbeat('g', { memberId, groupInstanceId: null, generationId }, (errorCode) => (told = errorCode))
    world.advance(5)
    return told
  }

  return {
    world,
    view,
    appends,
    batches,
    shard,
    operations,
    membership,
    classics,
    commits: new Commits(shard, 4096),
    heartbeat,
    join,
    sync,
    classicHeartbeat,
    group: (): ConsumerGroup => {
      const group = shard.groups.get('g')
      if (!(group instanceof ConsumerGroup)) throw new Error('there is no consumer group')
      return group
    },
    /** Topics come, go or grow. */
    setTopics: (next: Record<string, number>): void => {
      view.image = imageWith(next, { offset: view.image.offset + 1 })
      view.topicsVersion++
    },
  }
}

/** ConsumerProtocolSubscription version 1. */
export function subscription(topics: readonly string[], ownedPartitions: Record<string, number[]> = {}): Buffer {
  const text = (value: string): Buffer => {
    const bytes = Buffer.alloc(2 + value.length)
    bytes.writeInt16BE(value.length, 0)
    bytes.write(value, 2)
    return bytes
  }
  const int32 = (value: number): Buffer => {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(value, 0)
    return bytes
  }
  const owns = Object.entries(ownedPartitions)
  return Buffer.concat([
    Buffer.from([0, 1]),
    int32(topics.length),
    ...topics.map(text),
    int32(-1),
    int32(owns.length),
    ...owns.flatMap(([name, partitions]) => [text(name), int32(partitions.length), ...partitions.map(int32)]),
  ])
}
