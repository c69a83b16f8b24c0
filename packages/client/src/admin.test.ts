import { beforeEach, describe, expect, test } from 'vitest'
import { ErrorCode } from '@millrace/protocol/errors'
import { listOffsetsRequest, listOffsetsResponse } from '@millrace/protocol/messages/02-list-offsets'
import { metadataRequest } from '@millrace/protocol/messages/03-metadata'
import { createTopicsRequest, createTopicsResponse } from '@millrace/protocol/messages/19-create-topics'
import { deleteTopicsRequest, deleteTopicsResponse } from '@millrace/protocol/messages/20-delete-topics'
import { deleteRecordsRequest, deleteRecordsResponse } from '@millrace/protocol/messages/21-delete-records'
import { describeConfigsRequest, describeConfigsResponse } from '@millrace/protocol/messages/32-describe-configs'
import { describeLogDirsRequest, describeLogDirsResponse } from '@millrace/protocol/messages/35-describe-log-dirs'
import { createPartitionsRequest, createPartitionsResponse } from '@millrace/protocol/messages/37-create-partitions'
import {
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
} from '@millrace/protocol/messages/44-incremental-alter-configs'
import { describeClusterRequest, describeClusterResponse } from '@millrace/protocol/messages/60-describe-cluster'
import { ScriptedCluster } from '@millrace/testkit/scripted-cluster'
import { World } from '@millrace/testkit/world'
import { AdminClient } from './admin.ts'
import { parseBootstrap } from './cluster-client.ts'

let world: World
let cluster: ScriptedCluster
let admin: AdminClient

beforeEach(() => {
  world = new World({ seed: 3 })
  cluster = new ScriptedCluster(world, 3)
  admin = new AdminClient({ host: cluster.clientHost, bootstrap: cluster.bootstrap, timeoutMs: 10_000 })
})

describe('admin client', () => {
  test('finds a broker that answers, although others of the bootstrap list are down', async () => {
    cluster.hosts[0]?.crashMachine()
    cluster.hosts[1]?.crashProcess()
    cluster.topics.set('orders', [3, 3])
    const topics = await world.settle(admin.listTopics())
    expect(topics.map(({ name, partitions }) => [name, partitions.length])).toEqual([['orders', 2]])
  })

  test('fails with NETWORK_EXCEPTION when no broker answers within the timeout', async () => {
    for (const host of cluster.hosts) host.crashProcess()
    await expect(world.settle(admin.listTopics())).rejects.toMatchObject({ name: 'NETWORK_EXCEPTION' })
    expect(world.nowMs).toBeGreaterThan(8_000)
    expect(world.nowMs).toBeLessThan(11_000)
  })

  test('lists topics by name and describes them in the order asked, with configs on request', async () => {
    cluster.topics.set('b', [2]).set('a', [1, 3])
    for (const broker of cluster.brokers) {
      broker.answer(describeConfigsRequest, describeConfigsResponse, ({ resources }) => ({
        throttleTimeMs: 0,
        results: resources.map(({ resourceType, resourceName }) => ({
          errorCode: 0,
          errorMessage: null,
          resourceType,
          resourceName,
          configs: [
            {
              name: 'retention.ms',
              value: `${resourceName}!`,
              readOnly: false,
              configSource: 1,
              isSensitive: false,
              documentation: null,
            },
          ],
        })),
      }))
    }
    expect((await world.settle(admin.listTopics())).map(({ name }) => name)).toEqual(['a', 'b'])
    const described = await world.settle(admin.describeTopics(['b', 'a'], { configs: true }))
    expect(described.map(({ name, configs }) => [name, configs?.[0]?.value])).toEqual([
      ['b', 'b!'],
      ['a', 'a!'],
    ])
    expect(described[1]?.partitions.map(({ leader }) => leader)).toEqual([1, 3])
    await expect(world.settle(admin.describeTopics(['a', 'none']))).rejects.toMatchObject({
      code: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
      name: 'UNKNOWN_TOPIC_OR_PARTITION',
      message: expect.stringContaining('none'),
    })
    expect(
      cluster.brokers
        .flatMap((broker) => broker.requestsOf(metadataRequest))
        .every((body) => !body.allowAutoTopicCreation),
    ).toBe(true)
  })

  test('creates topics at the controller, and again only those whose controller had moved', async () => {
    const asked: string[][] = []
    for (const [index, broker] of cluster.brokers.entries()) {
      broker.answer(createTopicsRequest, createTopicsResponse, ({ topics }) => {
        asked.push([String(index + 1), ...topics.map(({ name }) => name)])
        cluster.controllerId = 2
        return {
          topics: topics.map(({ name, numPartitions }) => ({
            name,
            errorCode: index === 0 && name === 'second' ? ErrorCode.NOT_CONTROLLER : ErrorCode.NONE,
            errorMessage: null,
            numPartitions,
            replicationFactor: 3,
            configs: null,
          })),
        }
      })
    }
    const created = await world.settle(
      admin.createTopics([{ name: 'first', partitions: 6, configs: { 'retention.ms': '1' } }, { name: 'second' }]),
    )
    expect(asked).toEqual([
      ['1', 'first', 'second'],
      ['2', 'second'],
    ])
    expect(created.map(({ name, partitions, replicationFactor }) => [name, partitions, replicationFactor])).toEqual([
      ['first', 6, 3],
      ['second', -1, 3],
    ])
    expect(cluster.node(1).requestsOf(createTopicsRequest)[0]?.topics[0]?.configs).toEqual([
      { name: 'retention.ms', value: '1' },
    ])
  })

  test("an error for good is thrown at once, with the topic and the broker's words", async () => {
    cluster.node(1).answer(createTopicsRequest, createTopicsResponse, () => ({
      topics: [{ name: 'a', errorCode: ErrorCode.POLICY_VIOLATION, errorMessage: 'no more topics', configs: null }],
    }))
    cluster.node(1).answer(deleteTopicsRequest, deleteTopicsResponse, ({ topicNames }) => ({
      responses: topicNames.map((name) => ({ name, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION })),
    }))
    cluster.node(1).answer(createPartitionsRequest, createPartitionsResponse, ({ topics }) => ({
      throttleTimeMs: 0,
      results: topics.map(({ name }) => ({ name, errorCode: ErrorCode.INVALID_PARTITIONS, errorMessage: null })),
    }))
    await expect(world.settle(admin.createTopics([{ name: 'a' }]))).rejects.toMatchObject({
      name: 'POLICY_VIOLATION',
      message: 'a: no more topics',
    })
    await expect(world.settle(admin.deleteTopics(['a']))).rejects.toMatchObject({ name: 'UNKNOWN_TOPIC_OR_PARTITION' })
    await expect(world.settle(admin.createPartitions([{ name: 'a', totalCount: 3 }]))).rejects.toMatchObject({
      name: 'INVALID_PARTITIONS',
    })
    expect(world.nowMs).toBeLessThan(100)
  })

  test("a broker's own configuration is asked of and changed at that broker", async () => {
    for (const broker of cluster.brokers) {
      broker.answer(describeConfigsRequest, describeConfigsResponse, ({ resources }) => ({
        throttleTimeMs: 0,
        results: resources.map(({ resourceType, resourceName }) => ({
          errorCode: 0,
          errorMessage: null,
          resourceType,
          resourceName,
          configs: [],
        })),
      }))
      broker.answer(incrementalAlterConfigsRequest, incrementalAlterConfigsResponse, ({ resources }) => ({
        throttleTimeMs: 0,
        responses: resources.map(({ resourceType, resourceName }) => ({
          errorCode: 0,
          errorMessage: null,
          resourceType,
          resourceName,
        })),
      }))
    }
    await world.settle(
      admin.describeConfigs([
        { type: 'broker', name: '3' },
        { type: 'broker', name: '2', keys: ['log.retention.ms'] },
      ]),
    )
    expect(cluster.node(3).requestsOf(describeConfigsRequest)[0]?.resources[0]).toEqual({
      resourceType: 4,
      resourceName: '3',
      configurationKeys: null,
    })
    expect(cluster.node(2).requestsOf(describeConfigsRequest)[0]?.resources[0]?.configurationKeys).toEqual([
      'log.retention.ms',
    ])
    await world.settle(
      admin.incrementalAlterConfigs([
        { type: 'broker', name: '2', changes: [{ name: 'a', operation: 'set', value: '1' }] },
        { type: 'topic', name: 't', changes: [{ name: 'b', operation: 'delete' }] },
      ]),
    )
    expect(cluster.node(2).requestsOf(incrementalAlterConfigsRequest)[0]?.resources[0]?.configs).toEqual([
      { name: 'a', configOperation: 0, value: '1' },
    ])
    expect(cluster.node(1).requestsOf(incrementalAlterConfigsRequest)[0]?.resources[0]?.configs).toEqual([
      { name: 'b', configOperation: 1, value: null },
    ])
  })

  test('describes the cluster, from metadata where the broker has no DescribeCluster', async () => {
    const before = await world.settle(admin.describeCluster())
    expect(before).toEqual({
      clusterId: 'scripted',
      controllerId: 1,
      brokers: [1, 2, 3].map((id) => ({ id, host: `broker-${id}`, port: 9092, rack: `zone-${id}` })),
    })
    for (const broker of cluster.brokers) {
      broker.answer(describeClusterRequest, describeClusterResponse, () => ({
        throttleTimeMs: 0,
        errorCode: 0,
        clusterId: 'direct',
        brokers: [
          { brokerId: 2, host: 'x', port: 1 },
          { brokerId: 1, host: 'y', port: 2, rack: 'r' },
        ],
      }))
    }
    const other = new AdminClient({ host: cluster.clientHost, bootstrap: cluster.bootstrap })
    expect(await world.settle(other.describeCluster())).toEqual({
      clusterId: 'direct',
      controllerId: -1,
      brokers: [
        { id: 1, host: 'y', port: 2, rack: 'r' },
        { id: 2, host: 'x', port: 1, rack: null },
      ],
    })
  })

  test('asks leaders for offsets, and the new leader once one has moved', async () => {
    cluster.topics.set('t', [1, 2])
    for (const [index, broker] of cluster.brokers.entries()) {
      broker.answer(listOffsetsRequest, listOffsetsResponse, ({ topics }) => ({
        topics: topics.map(({ name, partitions }) => ({
          name,
          partitions: partitions.map(({ partitionIndex, timestamp }) => {
            const led = cluster.topics.get(name)?.[partitionIndex] === index + 1
            return {
              partitionIndex,
              errorCode: led ? 0 : ErrorCode.NOT_LEADER_OR_FOLLOWER,
              offset: 100 * (index + 1) + timestamp,
            }
          }),
        })),
      }))
    }
    const queries = [
      { topic: 't', partition: 1, at: 'latest' },
      { topic: 't', partition: 0, at: 'earliest' },
    ] as const
    expect((await world.settle(admin.listOffsets(queries))).map(({ offset }) => offset)).toEqual([199, 98])
    cluster.topics.set('t', [1, 3])
    expect((await world.settle(admin.listOffsets(queries))).map(({ offset }) => offset)).toEqual([299, 98])
    await expect(world.settle(admin.listOffsets([{ topic: 't', partition: 9, at: 0 }]))).rejects.toMatchObject({
      name: 'UNKNOWN_TOPIC_OR_PARTITION',
    })
  })

  test('deletes records at leaders and reads log directories of every broker', async () => {
    cluster.topics.set('t', [2])
    cluster.node(2).answer(deleteRecordsRequest, deleteRecordsResponse, ({ topics }) => ({
      throttleTimeMs: 0,
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex, offset }) => ({
          partitionIndex,
          lowWatermark: offset,
          errorCode: 0,
        })),
      })),
    }))
    for (const [index, broker] of cluster.brokers.entries()) {
      broker.answer(describeLogDirsRequest, describeLogDirsResponse, () => ({
        throttleTimeMs: 0,
        results: [
          {
            errorCode: 0,
            logDir: `/d${index}`,
            topics: [
              {
                name: 't',
                partitions: [{ partitionIndex: 0, partitionSize: 5 ** 20, offsetLag: 1, isFutureKey: false }],
              },
            ],
          },
        ],
      }))
    }
    expect(await world.settle(admin.deleteRecords([{ topic: 't', partition: 0, beforeOffset: 7 }]))).toEqual([
      { topic: 't', partition: 0, lowWatermark: 7 },
    ])
    const directories = await world.settle(admin.describeLogDirs())
    expect(
      directories.map(({ brokerId, directory, replicas }) => [brokerId, directory, replicas[0]?.sizeBytes]),
    ).toEqual([
      [1, '/d0', 5 ** 20],
      [2, '/d1', 5 ** 20],
      [3, '/d2', 5 ** 20],
    ])
    expect((await world.settle(admin.describeLogDirs([2]))).length).toBe(1)
  })

  test('comes back after its connections were lost', async () => {
    cluster.topics.set('t', [1])
    await world.settle(admin.listTopics())
    for (const broker of cluster.brokers) broker.dropConnections()
    expect((await world.settle(admin.listTopics())).length).toBe(1)
  })

  test('close fails calls under way and later ones', async () => {
    const call = admin.listTopics()
    admin.close()
    await expect(world.settle(call)).rejects.toMatchObject({ name: 'NETWORK_EXCEPTION' })
    await expect(world.settle(admin.listTopics())).rejects.toMatchObject({ name: 'NETWORK_EXCEPTION' })
    world.run()
    expect(cluster.brokers.map((broker) => broker.connections)).toEqual([0, 0, 0])
  })
})

test('bootstrap lists are read, and refused where they are none', () => {
  expect(parseBootstrap('a:1, b.example:9092,[::1]:3')).toEqual([
    { host: 'a', port: 1 },
    { host: 'b.example', port: 9092 },
    { host: '::1', port: 3 },
  ])
  for (const bad of ['', 'a', 'a:', 'a:0', 'a:70000', 'a:1 b:2', '::1:9092'])
    expect(() => parseBootstrap(bad)).toThrow(RangeError)
})
