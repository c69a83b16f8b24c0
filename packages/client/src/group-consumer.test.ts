import { beforeEach, describe, expect, test } from 'vitest'
import { ErrorCode } from '@millrace/protocol/errors'
import { fetchRequest, fetchResponse } from '@millrace/protocol/messages/01-fetch'
import { listOffsetsRequest, listOffsetsResponse } from '@millrace/protocol/messages/02-list-offsets'
import { offsetCommitRequest, offsetCommitResponse } from '@millrace/protocol/messages/08-offset-commit'
import { offsetFetchRequest, offsetFetchResponse } from '@millrace/protocol/messages/09-offset-fetch'
import { joinGroupRequest, joinGroupResponse } from '@millrace/protocol/messages/11-join-group'
import { heartbeatRequest, heartbeatResponse } from '@millrace/protocol/messages/12-heartbeat'
import { leaveGroupRequest, leaveGroupResponse } from '@millrace/protocol/messages/13-leave-group'
import { syncGroupRequest, syncGroupResponse } from '@millrace/protocol/messages/14-sync-group'
import { buildBatch } from '@millrace/protocol/records/build-batch'
import type { ScriptedBroker } from '@millrace/testkit/scripted-broker'
import { ScriptedCluster } from '@millrace/testkit/scripted-cluster'
import { World } from '@millrace/testkit/world'
import { encodeSubscription } from './consumer-protocol.ts'
import { GroupConsumer } from './group-consumer.ts'

let world: World
let cluster: ScriptedCluster
let coordinator: ScriptedBroker
let consumer: GroupConsumer
let heartbeatErrors: number[]
let committed: Map<number, number>
let generation: number
/** Another member that the leader must reckon with; it comes first in order of ids. */
let withOther: boolean

beforeEach(() => {
  world = new World({ seed: 2 })
  cluster = new ScriptedCluster(world, 2)
  cluster.topics.set('t', [1, 2, 1, 2])
  cluster.coordinatorId = 2
  coordinator = cluster.node(2)
  heartbeatErrors = []
  committed = new Map()
  generation = 0
  withOther = false
  scriptCoordinator()
  for (const broker of cluster.brokers) scriptLeader(broker)
  consumer = new GroupConsumer({
    host: cluster.clientHost,
    bootstrap: cluster.bootstrap,
    groupId: 'g',
    topics: ['t'],
    startAt: 'earliest',
    sessionTimeoutMs: 6_000,
  })
})

function scriptCoordinator(): void {
  coordinator.answer(joinGroupRequest, joinGroupResponse, ({ memberId, protocols }) => {
    if (memberId === '')
      return {
        errorCode: ErrorCode.MEMBER_ID_REQUIRED,
        protocolName: null,
        leader: '',
        memberId: 'member-1',
        members: [],
      }
    generation++
    const members = [{ memberId, metadata: protocols[0]?.metadata ?? Buffer.alloc(0) }]
    if (withOther) members.unshift({ memberId: 'a-member', metadata: encodeSubscription(['t']) })
    return {
      errorCode: 0,
      generationId: generation,
      protocolType: 'consumer',
      protocolName: 'range',
      leader: memberId,
      memberId,
      members,
    }
  })
  coordinator.answer(syncGroupRequest, syncGroupResponse, ({ memberId, assignments }) => ({
    errorCode: 0,
    assignment: assignments.find((one) => one.memberId === memberId)?.assignment ?? Buffer.alloc(0),
  }))
  coordinator.answer(heartbeatRequest, heartbeatResponse, () => ({ errorCode: heartbeatErrors.shift() ?? 0 }))
  coordinator.answer(leaveGroupRequest, leaveGroupResponse, () => ({ errorCode: 0 }))
  coordinator.answer(offsetFetchRequest, offsetFetchResponse, ({ groups }) => ({
    groups: groups.map(({ groupId, topics }) => ({
      groupId,
      errorCode: 0,
      topics: (topics ?? []).map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) => ({
          partitionIndex,
          committedOffset: committed.get(partitionIndex) ?? -1,
          metadata: '',
          errorCode: 0,
        })),
      })),
    })),
  }))
  coordinator.answer(offsetCommitRequest, offsetCommitResponse, ({ generationIdOrMemberEpoch, topics }) => ({
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, committedOffset }) => {
        const current = generationIdOrMemberEpoch === generation
        if (current) committed.set(partitionIndex, committedOffset)
        return { partitionIndex, errorCode: current ? 0 : ErrorCode.ILLEGAL_GENERATION }
      }),
    })),
  }))
}

/** Partition p holds records at 10p and 10p + 1; the log starts at 10p. */
function scriptLeader(broker: ScriptedBroker): void {
  broker.answer(listOffsetsRequest, listOffsetsResponse, ({ topics }) => ({
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, timestamp }) => ({
        partitionIndex,
        errorCode: 0,
        offset: partitionIndex * 10 + (timestamp === -2 ? 0 : 2),
      })),
    })),
  }))
  broker.handle(fetchRequest, fetchResponse, ({ topics, maxWaitMs }, reply) => {
    let found = false
    const responses = topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition, fetchOffset }) => {
        const first = partition * 10
        const values = fetchOffset < first ? [] : [first, first + 1].filter((offset) => offset >= fetchOffset)
        found ||= values.length > 0
        return {
          partitionIndex: partition,
          errorCode: fetchOffset < first || fetchOffset > first + 2 ? ErrorCode.OFFSET_OUT_OF_RANGE : 0,
          highWatermark: first + 2,
          abortedTransactions: null,
          records:
            values.length === 0
              ? null
              : buildBatch({
                  baseOffset: values[0] as number,
                  timestampMs: 1,
                  records: values.map((value) => ({ value: Buffer.from(String(value)) })),
                }),
        }
      }),
    }))
    cluster.clientHost.timers.set(found ? 0 : maxWaitMs, () => reply({ responses }))
  })
}

async function pollAll(count: number): Promise<number[]> {
  const offsets: number[] = []
  for (let round = 0; round < count; round++)
    for (const { offset } of await world.settle(consumer.poll({ maxWaitMs: 50 }))) offsets.push(offset)
  return offsets.sort((one, other) => one - other)
}

/** Lets time pass with room for the promises of the heartbeat. */
function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => cluster.clientHost.timers.set(ms, resolve))
}

describe('group consumer', () => {
  test('joins with the id it is given, assigns, and reads all partitions from the log start', async () => {
    expect(await pollAll(2)).toEqual([0, 1, 10, 11, 20, 21, 30, 31])
    expect(coordinator.requestsOf(joinGroupRequest).map(({ memberId }) => memberId)).toEqual(['', 'member-1'])
    expect(consumer.assignment.map(({ partition, offset }) => [partition, offset]).sort()).toEqual([
      [0, 2],
      [1, 12],
      [2, 22],
      [3, 32],
    ])
  })

  test('goes on at committed offsets', async () => {
    committed.set(0, 1).set(3, 32)
    expect(await pollAll(1)).toEqual([1, 10, 11, 20, 21])
    await world.settle(consumer.commit())
    expect([...committed].sort()).toEqual([
      [0, 2],
      [1, 12],
      [2, 22],
      [3, 32],
    ])
  })

  test('a committed offset that is gone begins where startAt says', async () => {
    committed.set(2, 5)
    expect(await pollAll(2)).toContain(20)
  })

  test('keeps its membership by heartbeats while nobody polls', async () => {
    await pollAll(1)
    await world.settle(sleep(21_000))
    const beats = coordinator.requestsOf(heartbeatRequest)
    expect(beats.length).toBe(10)
    expect(beats[0]).toMatchObject({ groupId: 'g', generationId: 1, memberId: 'member-1' })
  })

  test('joins again with its id when a rebalance begins, and shares with the other member', async () => {
    await pollAll(1)
    withOther = true
    heartbeatErrors = [ErrorCode.REBALANCE_IN_PROGRESS]
    await world.settle(sleep(2_100))
    await pollAll(1)
    expect(coordinator.requestsOf(joinGroupRequest).map(({ memberId }) => memberId)).toEqual([
      '',
      'member-1',
      'member-1',
    ])
    expect(consumer.assignment.map(({ partition }) => partition)).toEqual([2, 3])
    expect(consumer.generationId).toBe(2)
  })

  test('joins as a new member when its id is no longer known', async () => {
    await pollAll(1)
    heartbeatErrors = [ErrorCode.UNKNOWN_MEMBER_ID]
    await world.settle(sleep(2_100))
    await pollAll(1)
    expect(coordinator.requestsOf(joinGroupRequest).map(({ memberId }) => memberId)).toEqual([
      '',
      'member-1',
      '',
      'member-1',
    ])
  })

  test('a commit of an old generation fails and leads to a new join', async () => {
    await pollAll(1)
    generation = 7
    await expect(world.settle(consumer.commit())).rejects.toMatchObject({ name: 'ILLEGAL_GENERATION' })
    await pollAll(1)
    await world.settle(consumer.commit())
    expect(consumer.generationId).toBe(8)
  })

  test('close leaves the group and ends the heartbeats', async () => {
    await pollAll(1)
    await world.settle(consumer.close())
    expect(coordinator.requestsOf(leaveGroupRequest)[0]?.members[0]?.memberId).toBe('member-1')
    const before = coordinator.received.length
    await world.settle(sleep(20_000))
    expect(coordinator.received.length).toBe(before)
  })

  test('close without a coordinator gives up without an error', async () => {
    await pollAll(1)
    for (const host of cluster.hosts) host.crashProcess()
    await world.settle(consumer.close())
  })
})
