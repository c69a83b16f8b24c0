import { beforeEach, describe, expect, test } from 'vitest'
import { ErrorCode } from '@millrace/protocol/errors'
import { offsetCommitRequest, offsetCommitResponse } from '@millrace/protocol/messages/08-offset-commit'
import { offsetFetchRequest, offsetFetchResponse } from '@millrace/protocol/messages/09-offset-fetch'
import { describeGroupsRequest, describeGroupsResponse } from '@millrace/protocol/messages/15-describe-groups'
import { listGroupsRequest, listGroupsResponse } from '@millrace/protocol/messages/16-list-groups'
import { deleteGroupsRequest, deleteGroupsResponse } from '@millrace/protocol/messages/42-delete-groups'
import { offsetDeleteRequest, offsetDeleteResponse } from '@millrace/protocol/messages/47-offset-delete'
import { ScriptedCluster } from '@millrace/testkit/scripted-cluster'
import { World } from '@millrace/testkit/world'
import { AdminClient } from './admin.ts'
import { encodeAssignment } from './consumer-protocol.ts'

let world: World
let cluster: ScriptedCluster
let admin: AdminClient

beforeEach(() => {
  world = new World({ seed: 3 })
  cluster = new ScriptedCluster(world, 3)
  admin = new AdminClient({ host: cluster.clientHost, bootstrap: cluster.bootstrap, timeoutMs: 10_000 })
})

describe('admin client, groups', () => {
  test("lists groups of every broker and finds each group's coordinator", async () => {
    for (const [index, broker] of cluster.brokers.entries()) {
      broker.answer(listGroupsRequest, listGroupsResponse, ({ statesFilter }) => ({
        errorCode: 0,
        groups: [
          {
            groupId: `g${index + 1}`,
            protocolType: 'consumer',
            groupState: statesFilter[0] ?? 'Stable',
            groupType: 'classic',
          },
        ],
      }))
    }
    cluster.coordinatorId = 3
    cluster.node(3).answer(describeGroupsRequest, describeGroupsResponse, ({ groups: ids }) => ({
      groups: ids.map((groupId) => ({
        errorCode: groupId === 'gone' ? ErrorCode.GROUP_ID_NOT_FOUND : 0,
        errorMessage: null,
        groupId,
        groupState: groupId === 'gone' ? 'Dead' : 'Stable',
        protocolType: 'consumer',
        protocolData: 'range',
        members:
          groupId === 'gone'
            ? []
            : [
                {
                  memberId: 'm',
                  clientId: 'c',
                  clientHost: '/10.0.0.9',
                  memberMetadata: Buffer.alloc(0),
                  memberAssignment: encodeAssignment([{ topic: 't', partitions: [0, 2] }]),
                },
              ],
      })),
    }))
    const groups = await world.settle(admin.listGroups({ states: ['Empty'] }))
    expect(groups.map(({ groupId, coordinatorId, state }) => [groupId, coordinatorId, state])).toEqual([
      ['g1', 1, 'Empty'],
      ['g2', 2, 'Empty'],
      ['g3', 3, 'Empty'],
    ])
    const described = await world.settle(admin.describeGroups(['g', 'gone']))
    expect(described.map(({ state, coordinatorId }) => [state, coordinatorId])).toEqual([
      ['Stable', 3],
      ['Dead', 3],
    ])
    expect(described[0]?.members[0]?.assignment).toEqual([{ topic: 't', partitions: [0, 2] }])
  })

  test('reads, sets and forgets offsets at the coordinator, and follows it when it moves', async () => {
    cluster.coordinatorId = 2
    let moved = false
    const committed = new Map<number, number>([[0, 5]])
    cluster.node(2).answer(offsetFetchRequest, offsetFetchResponse, () => {
      moved = true
      cluster.coordinatorId = 3
      return { groups: [{ groupId: 'g', topics: [], errorCode: ErrorCode.NOT_COORDINATOR }] }
    })
    cluster.node(3).answer(offsetFetchRequest, offsetFetchResponse, ({ groups }) => ({
      groups: groups.map(({ groupId, topics }) => ({
        groupId,
        errorCode: 0,
        topics: (topics ?? [{ name: 't', partitionIndexes: [...committed.keys()] }]).map(
          ({ name, partitionIndexes }) => ({
            name,
            partitions: partitionIndexes.map((partitionIndex) => ({
              partitionIndex,
              committedOffset: committed.get(partitionIndex) ?? -1,
              metadata: '',
              errorCode: 0,
            })),
          }),
        ),
      })),
    }))
    cluster
      .node(3)
      .answer(offsetCommitRequest, offsetCommitResponse, ({ topics, generationIdOrMemberEpoch, memberId }) => {
        expect([generationIdOrMemberEpoch, memberId]).toEqual([-1, ''])
        for (const { partitions } of topics)
          for (const { partitionIndex, committedOffset } of partitions) committed.set(partitionIndex, committedOffset)
        return {
          topics: topics.map(({ name, partitions }) => ({
            name,
            partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: 0 })),
          })),
        }
      })
    cluster.node(3).answer(offsetDeleteRequest, offsetDeleteResponse, () => ({
      throttleTimeMs: 0,
      errorCode: ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC,
      topics: [],
    }))
    cluster.node(3).answer(deleteGroupsRequest, deleteGroupsResponse, ({ groupsNames }) => ({
      throttleTimeMs: 0,
      results: groupsNames.map((groupId) => ({ groupId, errorCode: ErrorCode.NON_EMPTY_GROUP, errorMessage: '' })),
    }))
    expect(
      (await world.settle(admin.listGroupOffsets('g'))).map(({ partition, offset }) => [partition, offset]),
    ).toEqual([[0, 5]])
    expect(moved).toBe(true)
    await world.settle(admin.alterGroupOffsets('g', [{ topic: 't', partition: 1, offset: 9 }]))
    const found = await world.settle(
      admin.listGroupOffsets('g', [
        { topic: 't', partition: 1 },
        { topic: 't', partition: 2 },
      ]),
    )
    expect(found.map(({ offset }) => offset)).toEqual([9, -1])
    await expect(world.settle(admin.deleteOffsets('g', [{ topic: 't', partition: 1 }]))).rejects.toMatchObject({
      name: 'GROUP_SUBSCRIBED_TO_TOPIC',
    })
    await expect(world.settle(admin.deleteGroups(['g']))).rejects.toMatchObject({ name: 'NON_EMPTY_GROUP' })
  })
})
