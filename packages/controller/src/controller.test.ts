import { afterEach, describe, expect, test } from 'vitest'
import { ErrorCode } from '@millrace/protocol/errors'
import { partitionByName } from '@millrace/metadata/image'
import { encodePrincipal } from '@millrace/network/principal-data'
import { decodeMessage } from '@millrace/protocol/codec'
import { decodeResponseHeader, encodeRequestFrame } from '@millrace/protocol/headers'
import { createTopicsRequest, createTopicsResponse } from '@millrace/protocol/messages/19-create-topics'
import { deleteTopicsRequest, deleteTopicsResponse } from '@millrace/protocol/messages/20-delete-topics'
import { fetchSnapshotRequest, fetchSnapshotResponse } from '@millrace/protocol/messages/59-fetch-snapshot'
import { ZERO_UUID } from '@millrace/base/uuid'
import { parseSnapshotFileName } from '@millrace/metadata/snapshot-format'
import { envelopeRequest, envelopeResponse } from '@millrace/protocol/messages/58-envelope'
import { Reader } from '@millrace/protocol/primitives/reader'
import { ControllerFixture } from './testing/controller-fixture.ts'

let fixture: ControllerFixture
afterEach(() => {
  expect(fixture.failures).toEqual([])
})

describe('controller', () => {
  test('a new cluster begins with the features of its release', () => {
    fixture = new ControllerFixture(1)
    expect(fixture.controller.epoch).toBe(1)
    expect([...fixture.image.features]).toEqual([['metadata.version', 21]])
    expect(fixture.image.controllers.get(10_001)?.endpoints[0]).toMatchObject({ name: 'CONTROLLER', port: 9093 })
  })

  test('a broker registers, catches up and is unfenced; its epoch is the offset of its registration', () => {
    fixture = new ControllerFixture(2)
    const broker = fixture.broker(1, 'use1-az1')
    const offset = fixture.controller.runtime.log.nextOffset
    expect(broker.register()).toBe(ErrorCode.NONE)
    expect(broker.epoch).toBe(offset)
    expect(broker.heartbeat()).toMatchObject({ isCaughtUp: false, isFenced: true })
    broker.follow()
    fixture.world.runUntil(() => broker.image.offset >= offset)
    expect(broker.heartbeat()).toMatchObject({ isCaughtUp: true, isFenced: false, shouldShutDown: false })
    expect(fixture.image.brokers.get(1)).toMatchObject({ fenced: false, rack: 'use1-az1', epoch: offset })
  })

  test('CreateTopics is answered when every live broker has the topic', () => {
    fixture = new ControllerFixture(3)
    const brokers = [1, 2, 3].map((id) => fixture.liveBroker(id, `az${id}`))
    const startMs = fixture.world.nowMs
    expect(brokers[0]?.createTopic('orders', 6, 3)).toBe(ErrorCode.NONE)
    expect(fixture.world.nowMs - startMs).toBeLessThan(400)
    for (const broker of brokers) expect(broker.image.topicsByName.get('orders')?.partitions.length).toBe(6)
    const leaders = fixture.image.topicsByName.get('orders')?.partitions.map(({ leader }) => leader)
    expect(leaders?.filter((id) => id === 1).length).toBe(2)
    expect(leaders?.filter((id) => id === 2).length).toBe(2)
  })

  test('a request in an envelope is answered with a whole response', () => {
    fixture = new ControllerFixture(13)
    const broker = fixture.liveBroker(1)
    const body = {
      topics: [{ name: 'forwarded', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
    }
    const frame = Buffer.concat(
      encodeRequestFrame(createTopicsRequest, 7, { correlationId: 77, clientId: 'client' }, body),
    )
    const answer = broker.ask(envelopeRequest, envelopeResponse, 0, {
      requestData: frame.subarray(4),
      requestPrincipal: encodePrincipal('User:alice'),
      clientHostAddress: Buffer.from([127, 0, 0, 1]),
    })
    expect(answer.errorCode).toBe(ErrorCode.NONE)
    const reader = new Reader(answer.responseData ?? Buffer.alloc(0))
    expect(decodeResponseHeader(createTopicsResponse, 7, reader)).toBe(77)
    expect(decodeMessage(createTopicsResponse, 7, reader).topics[0]).toMatchObject({ name: 'forwarded', errorCode: 0 })
    expect(fixture.image.topicsByName.has('forwarded')).toBe(true)
  })

  test('a broker that dies is fenced 500 ms after its connection closed, and its leaderships move', () => {
    fixture = new ControllerFixture(4)
    const [first, second] = [fixture.liveBroker(1), fixture.liveBroker(2)]
    first.createTopic('orders', 4, 2)
    second.die()
    const diedMs = fixture.world.nowMs
    fixture.world.runUntil(() => fixture.image.brokers.get(2)?.fenced === true)
    expect(fixture.world.nowMs - diedMs).toBeGreaterThanOrEqual(500)
    expect(fixture.world.nowMs - diedMs).toBeLessThan(700)
    for (const partition of fixture.image.topicsByName.get('orders')?.partitions ?? []) {
      expect(partition).toMatchObject({ leader: 1, isr: [1] })
    }
  })

  test('a silent broker is fenced when its session of 9 s ends, not before', () => {
    fixture = new ControllerFixture(5)
    const broker = fixture.liveBroker(1)
    fixture.world.advance(5000)
    broker.fallSilent()
    fixture.world.advance(6500)
    expect(fixture.image.brokers.get(1)?.fenced).toBe(false)
    fixture.world.advance(2600)
    expect(fixture.image.brokers.get(1)?.fenced).toBe(true)
  })

  test('the last member of an ISR stays in it, and leads again when its broker is back', () => {
    fixture = new ControllerFixture(6)
    const [first, second] = [fixture.liveBroker(1), fixture.liveBroker(2)]
    first.createTopic('one', 1, 1)
    const home = partitionByName(fixture.image, 'one', 0)?.leader === 1 ? first : second
    const epoch = partitionByName(fixture.image, 'one', 0)?.leaderEpoch ?? -1
    home.die()
    fixture.world.runUntil(() => partitionByName(fixture.image, 'one', 0)?.leader === -1)
    expect(partitionByName(fixture.image, 'one', 0)).toMatchObject({ isr: [home.id], leaderEpoch: epoch + 1 })
    home.comeBack()
    fixture.world.runUntil(() => partitionByName(fixture.image, 'one', 0)?.leader === home.id)
    expect(partitionByName(fixture.image, 'one', 0)).toMatchObject({ isr: [home.id], leaderEpoch: epoch + 2 })
  })

  test('a new incarnation is fenced and its leaderships moved at registration', () => {
    fixture = new ControllerFixture(7)
    const [first, second] = [fixture.liveBroker(1), fixture.liveBroker(2)]
    first.createTopic('orders', 4, 2)
    const before = second.epoch
    second.fallSilent()
    second.register()
    expect(second.epoch).toBeGreaterThan(before)
    expect(fixture.image.brokers.get(2)?.fenced).toBe(true)
    for (const partition of fixture.image.topicsByName.get('orders')?.partitions ?? [])
      expect(partition).toMatchObject({ leader: 1, isr: [1] })
    second.epoch = before
    expect(second.heartbeat().errorCode).toBe(ErrorCode.STALE_BROKER_EPOCH)
  })

  test('a broker back with another directory leaves every ISR that has another member', () => {
    fixture = new ControllerFixture(8)
    const [first, second] = [fixture.liveBroker(1), fixture.liveBroker(2)]
    first.createTopic('orders', 2, 2)
    second.fallSilent()
    second.directoryId = 'bm90IHRoZSBzYW1lIGRpcg'
    second.register()
    for (const partition of fixture.image.topicsByName.get('orders')?.partitions ?? []) {
      expect(partition.isr).toEqual([1])
      expect(partition.directories[partition.replicas.indexOf(2)]).toBe('bm90IHRoZSBzYW1lIGRpcg')
      expect(partition.directories[partition.replicas.indexOf(1)]).toBe(first.directoryId)
    }
  })

  test('a controlled shutdown moves leaderships, waits for the others, then lets the broker go', () => {
    fixture = new ControllerFixture(9)
    const [first, second] = [fixture.liveBroker(1), fixture.liveBroker(2)]
    first.createTopic('orders', 4, 2)
    second.wantShutDown = true
    fixture.world.runUntil(() => second.lastHeartbeat?.shouldShutDown === true, 5000)
    expect(fixture.image.brokers.get(2)?.fenced).toBe(true)
    expect(first.image.topicsByName.get('orders')?.partitions.every(({ leader }) => leader === 1)).toBe(true)
  })

  test('a broker ahead of the controller is refused, in heartbeat and fetch, and the log says so', () => {
    fixture = new ControllerFixture(10)
    const broker = fixture.broker(1)
    broker.register()
    expect(broker.heartbeat({ currentMetadataOffset: 1000 }).errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE)
    expect(broker.fetch({ fetchOffset: 1000 }).responses[0]?.partitions[0]?.errorCode).toBe(
      ErrorCode.OFFSET_OUT_OF_RANGE,
    )
    expect(
      fixture.logger.lines.filter(({ level, message }) => level === 'error' && /never wrote/.test(message)).length,
    ).toBe(2)
  })

  test.each([
    ['a higher epoch', 5, ErrorCode.UNKNOWN_LEADER_EPOCH],
    ['a lower epoch', 0, ErrorCode.FENCED_LEADER_EPOCH],
  ])('a fetch with %s is refused', (_, currentLeaderEpoch, errorCode) => {
    fixture = new ControllerFixture(11)
    const answer = fixture.broker(1).fetch({ fetchOffset: 0, currentLeaderEpoch }).responses[0]?.partitions[0]
    expect(answer).toMatchObject({ errorCode, currentLeader: { leaderId: 10_001, leaderEpoch: 1 } })
  })

  test('a fetch whose last epoch ends elsewhere learns where', () => {
    fixture = new ControllerFixture(12)
    const end = fixture.controller.runtime.log.nextOffset
    fixture.world.runUntil(() => fixture.controller.runtime.log.highWatermark === end)
    fixture.restart()
    const answer = fixture.broker(1).fetch({ fetchOffset: end + 1, lastFetchedEpoch: 1 }).responses[0]?.partitions[0]
    expect(answer?.divergingEpoch).toEqual({ epoch: 1, endOffset: end })
  })
})

describe('restart', () => {
  test('kill -9 loses nothing; the epoch grows; brokers keep their state for a full session', () => {
    fixture = new ControllerFixture(20)
    const brokers = [1, 2, 3].map((id) => fixture.liveBroker(id))
    brokers[0]?.createTopic('orders', 5, 3, { 'retention.ms': '1000' })
    const before = fixture.image
    fixture.restart()
    expect(fixture.controller.epoch).toBe(2)
    expect(fixture.image.topicsByName).toEqual(before.topicsByName)
    expect(fixture.image.brokers).toEqual(before.brokers)
    expect(fixture.image.configs).toEqual(before.configs)
    for (const broker of brokers) broker.fallSilent()
    fixture.world.advance(8500)
    expect([...fixture.image.brokers.values()].some(({ fenced }) => fenced)).toBe(false)
    fixture.world.advance(1000)
    expect([...fixture.image.brokers.values()].every(({ fenced }) => fenced)).toBe(true)
  })

  test('a power loss keeps everything that was answered', () => {
    fixture = new ControllerFixture(21)
    const broker = fixture.liveBroker(1)
    for (let index = 0; index < 20; index++) expect(broker.createTopic(`topic-${index}`, 2, 1)).toBe(ErrorCode.NONE)
    fixture.host.crashMachine()
    fixture.host.restart()
    fixture.start()
    expect(fixture.image.topicsByName.size).toBe(20)
    expect(fixture.controller.epoch).toBe(2)
  })

  test('brokers go on following after the controller was away', () => {
    fixture = new ControllerFixture(22)
    const broker = fixture.liveBroker(1)
    fixture.restart()
    fixture.world.runUntil(() => broker.image.epoch === 2)
    expect(broker.createTopic('later', 1, 1)).toBe(ErrorCode.NONE)
    expect(broker.image.topicsByName.has('later')).toBe(true)
  })

  test('snapshots are written, and a start from snapshot and tail gives the same image', () => {
    fixture = new ControllerFixture(23, { 'metadata.log.max.record.bytes.between.snapshots': '2000' })
    const broker = fixture.liveBroker(1)
    for (let index = 0; index < 30; index++) broker.createTopic(`topic-${index}`, 3, 1)
    const names = fixture.host.disk
      .list('/data/controller/__cluster_metadata-0')
      .filter((name) => name.endsWith('.checkpoint'))
    expect(names.length).toBeGreaterThan(1)
    const before = fixture.image
    fixture.restart()
    expect(fixture.image.topicsByName).toEqual(before.topicsByName)
    expect(fixture.image.brokers).toEqual(before.brokers)
    expect(fixture.image.nextProducerId).toBe(before.nextProducerId)
  })

  test('old snapshots and segments are removed; a broker from behind and a restart begin with a snapshot', () => {
    fixture = new ControllerFixture(27, {
      'metadata.log.max.record.bytes.between.snapshots': '2000',
      'metadata.log.segment.bytes': '2500',
      'metadata.max.retention.bytes': '9000',
    })
    const broker = fixture.liveBroker(1)
    for (let index = 0; index < 40; index++) {
      broker.createTopic(`topic-${index}`, 2, 1)
      if (index >= 5)
        broker.ask(deleteTopicsRequest, deleteTopicsResponse, 6, {
          topics: [{ name: `topic-${index}`, topicId: ZERO_UUID }],
          timeoutMs: 1000,
        })
    }
    const { log } = fixture.controller.runtime
    expect(log.logStartOffset).toBeGreaterThan(0)
    expect(log.sizeBytes).toBeLessThan(9000)
    const files = fixture.host.disk.list('/data/controller/__cluster_metadata-0')
    expect(files.includes('00000000000000000000.log')).toBe(false)
    const late = fixture.liveBroker(2)
    expect(late.snapshotsTaken).toBe(1)
    expect(late.image.topicsById).toEqual(fixture.image.topicsById)
    const before = fixture.image
    fixture.world.runUntil(() => log.highWatermark === log.nextOffset)
    fixture.restart()
    expect(fixture.image.topicsById).toEqual(before.topicsById)
    expect(fixture.image.brokers).toEqual(before.brokers)
    expect(fixture.controller.runtime.log.logStartOffset).toBeGreaterThan(0)
    expect(fixture.liveBroker(3).snapshotsTaken).toBe(1)
  })

  test('a snapshot that does not exist, or a position beyond it, is refused', () => {
    fixture = new ControllerFixture(28, { 'metadata.log.max.record.bytes.between.snapshots': '500' })
    const broker = fixture.liveBroker(1)
    broker.createTopic('orders', 20, 1)
    const name =
      fixture.host.disk.list('/data/controller/__cluster_metadata-0').find((each) => each.endsWith('.checkpoint')) ?? ''
    const existing = parseSnapshotFileName(name) ?? { endOffset: -1, epoch: -1 }
    const ask = (snapshotId: typeof existing, position: number): number | undefined => {
      const topics = [
        { name: '__cluster_metadata', partitions: [{ partition: 0, currentLeaderEpoch: 1, snapshotId, position }] },
      ]
      return broker.ask(fetchSnapshotRequest, fetchSnapshotResponse, 1, { topics }).topics[0]?.partitions[0]?.errorCode
    }
    expect(ask(existing, 0)).toBe(ErrorCode.NONE)
    expect(ask(existing, 1_000_000)).toBe(ErrorCode.POSITION_OUT_OF_RANGE)
    expect(ask({ endOffset: 7, epoch: 9 }, 0)).toBe(ErrorCode.SNAPSHOT_NOT_FOUND)
  })

  test.each([
    ['2.8.1', 7],
    ['3.5.1', 11],
    ['3.6.0', 14],
    ['3.7.x.kraft', 19],
    ['4.0.x', 25],
    ['4.1.x', 27],
  ])('a cluster of Kafka %s writes what metadata.version %i permits, and reads it back', (kafkaVersion, level) => {
    fixture = new ControllerFixture(26, {}, kafkaVersion)
    expect(fixture.image.features.get('metadata.version')).toBe(level)
    expect(fixture.image.features.get('transaction.version')).toBe(level >= 24 ? 2 : undefined)
    expect(fixture.image.features.get('group.version')).toBe(level >= 22 ? 1 : undefined)
    const [first, second] = [fixture.liveBroker(1), fixture.liveBroker(2)]
    expect(first.createTopic('orders', 3, 2, { 'cleanup.policy': 'compact' })).toBe(ErrorCode.NONE)
    second.die()
    fixture.world.runUntil(() => fixture.image.brokers.get(2)?.fenced === true)
    fixture.world.runUntil(
      () => fixture.controller.runtime.log.highWatermark === fixture.controller.runtime.log.nextOffset,
    )
    const before = fixture.image
    fixture.restart()
    expect(fixture.image.topicsById).toEqual(before.topicsById)
    expect(fixture.image.brokers).toEqual(before.brokers)
  })

  test('a directory of another cluster or node stops the start', () => {
    fixture = new ControllerFixture(24)
    fixture.host.crashProcess()
    fixture.host.restart()
    expect(() => fixture.start({ ...fixture.config, nodeId: 10_002 })).toThrow(/belongs to node 10001/)
    expect(() => fixture.start({ ...fixture.config, clusterId: 'AAAAAAAAAAAAAAAAAAAAAg' })).toThrow(
      /belongs to cluster/,
    )
  })

  test('a controller whose disk fails answers nothing more and says so', () => {
    fixture = new ControllerFixture(25)
    const broker = fixture.liveBroker(1)
    fixture.host.disk.fail({ path: '00000000000000000000.log', operations: ['sync'] })
    expect(() => broker.createTopic('lost', 1, 1)).toThrow()
    expect(fixture.failures.length).toBe(1)
    fixture.failures.length = 0
  })
})
