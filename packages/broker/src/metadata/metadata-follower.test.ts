import { afterEach, describe, expect, test } from 'vitest'
import { silentLogger } from '@millrace/base/logger'
import { ZERO_UUID } from '@millrace/base/uuid'
import { buildMetadataBatch } from '@millrace/metadata/metadata-batch'
import type { MetadataRecord } from '@millrace/metadata/records/metadata-record'
import { ErrorCode } from '@millrace/protocol/errors'
import type { FakeHost } from '@millrace/testkit/fake-host'
import { World } from '@millrace/testkit/world'
import { createFakeChannel, type FakeChannel } from '../lifecycle/fake-channel.ts'
import { MetadataFollower } from './metadata-follower.ts'
import { openMetadataStore, type MetadataStore } from './metadata-store.ts'

const NODE = 1
const TOPIC_ID = 'uQAAAAAAAAAAAAAAAAAAAA'

interface Fixture {
  readonly world: World
  readonly host: FakeHost
  readonly channel: FakeChannel
  readonly follower: MetadataFollower
  readonly published: number[]
  readonly fatal: string[]
  readonly full: string[]
  readonly setBrokerEpoch: (epoch: number) => void
}

let open: Fixture | null = null

afterEach(() => {
  if (open !== null) close(open)
  open = null
})

function close({ world, follower }: Fixture): void {
  let closed = false
  follower.close(() => (closed = true))
  world.runUntil(() => closed)
}

function setUp(world: World = new World({ seed: 5 }), host: FakeHost = world.addHost('broker')): Fixture {
  let store: MetadataStore | null = null
  openMetadataStore(host, silentLogger, '/data', (error, opened) => {
    if (error !== null) throw error
    store = opened
  })
  world.runUntil(() => store !== null)
  const channel = createFakeChannel()
  const published: number[] = []
  const fatal: string[] = []
  const full: string[] = []
  let brokerEpoch = -1
  const options = {
    host,
    logger: silentLogger,
    channel,
    clusterId: 'c',
    nodeId: NODE,
    brokerEpoch: () => brokerEpoch,
    onNoRoom: (error: Error) => full.push(error.message),
    onFatal: (error: Error) => fatal.push(error.message),
  }
  const follower = new MetadataFollower(options, store as unknown as MetadataStore)
  follower.subscribe((image) => published.push(image.offset))
  follower.start()
  open = {
    world,
    host,
    channel,
    follower,
    published,
    fatal,
    full,
    setBrokerEpoch: (epoch) => {
      brokerEpoch = epoch
      follower.registered()
    },
  }
  return open
}

function registration(brokerEpoch: number): MetadataRecord {
  const body = {
    brokerId: NODE,
    isMigratingZkBroker: false,
    incarnationId: ZERO_UUID,
    brokerEpoch,
    endPoints: [],
    features: [],
    rack: null,
    fenced: true,
    inControlledShutdown: false,
    logDirs: [],
  }
  return { type: 0, version: 3, body } as MetadataRecord
}

function topic(name: string): MetadataRecord {
  return { type: 2, version: 0, body: { name, topicId: TOPIC_ID } } as MetadataRecord
}

function batch(baseOffset: number, records: readonly MetadataRecord[], epoch = 1): Buffer {
  return buildMetadataBatch({ baseOffset, epoch, timestampMs: 1000 }, records)
}

function answer(fixture: Fixture, change: object): Readonly<Record<string, unknown>> {
  const request = fixture.channel.sent.shift()
  if (request === undefined) throw new Error('no fetch was sent')
  const partition = {
    partitionIndex: 0,
    errorCode: 0,
    highWatermark: 0,
    logStartOffset: 0,
    divergingEpoch: { epoch: -1, endOffset: -1 },
    snapshotId: { endOffset: -1, epoch: -1 },
    records: null,
    ...change,
  }
  request.answer({ errorCode: 0, responses: [{ topicId: ZERO_UUID, partitions: [partition] }] })
  fixture.world.advance(5)
  return request.body
}

function askedOffset(fixture: Fixture): unknown {
  const topics = fixture.channel.sent[0]?.body['topics'] as readonly {
    partitions: readonly { fetchOffset: number }[]
  }[]
  return topics[0]?.partitions[0]?.fetchOffset
}

describe('a broker that follows the controller', () => {
  test('publishes nothing before its own registration is in the image', () => {
    const fixture = setUp()
    answer(fixture, { records: batch(0, [topic('orders')]), highWatermark: 1 })
    expect(fixture.published).toEqual([])
    fixture.setBrokerEpoch(1)
    expect(fixture.published).toEqual([])
    answer(fixture, { records: batch(1, [registration(1)]), highWatermark: 2 })
    expect(fixture.published).toEqual([1])
    expect(fixture.follower.image.topicsByName.has('orders')).toBe(true)
  })

  test('publishes nothing before it has all that the controller has committed', () => {
    const fixture = setUp()
    fixture.setBrokerEpoch(0)
    answer(fixture, { records: batch(0, [registration(0)]), highWatermark: 2 })
    expect(fixture.published).toEqual([])
    answer(fixture, { records: batch(1, [topic('orders')]), highWatermark: 2 })
    expect(fixture.published).toEqual([1])
  })

  test('publishes each later change, and tells who waits for it', () => {
    const fixture = setUp()
    fixture.setBrokerEpoch(0)
    answer(fixture, { records: batch(0, [registration(0)]), highWatermark: 1 })
    const reached: boolean[] = []
    fixture.follower.awaitOffset(1, 1_000, (yes) => reached.push(yes))
    fixture.follower.awaitOffset(2, 50, (yes) => reached.push(yes))
    answer(fixture, { records: batch(1, [topic('orders')]), highWatermark: 2 })
    expect(fixture.published).toEqual([0, 1])
    expect(reached).toEqual([true])
    fixture.world.advance(50)
    expect(reached).toEqual([true, false])
  })

  test('asks from where it stood after a restart, with the epoch of its last batch', () => {
    const world = new World({ seed: 5 })
    const host = world.addHost('broker')
    const before = setUp(world, host)
    answer(before, { records: batch(0, [registration(0)]), highWatermark: 1 })
    close(before)
    host.restart()
    const after = setUp(world, host)
    const asked = after.channel.sent[0]?.body['topics']
    expect(asked).toMatchObject([{ partitions: [{ fetchOffset: 1, lastFetchedEpoch: 1 }] }])
    after.setBrokerEpoch(0)
    answer(after, { highWatermark: 1 })
    expect(after.published).toEqual([0])
  })

  test('refuses to serve when the controller has another history', () => {
    const fixture = setUp()
    answer(fixture, { records: batch(0, [registration(0)], 3), highWatermark: 1 })
    answer(fixture, { divergingEpoch: { epoch: 1, endOffset: 0 } })
    expect(fixture.fatal).toHaveLength(1)
    expect(fixture.fatal[0]).toContain('refuses to serve')
    expect(fixture.channel.sent).toHaveLength(0)
  })

  test("refuses to serve when it is beyond the end of the controller's log", () => {
    const fixture = setUp()
    answer(fixture, { records: batch(0, [registration(0)]), highWatermark: 1 })
    answer(fixture, { errorCode: ErrorCode.OFFSET_OUT_OF_RANGE })
    expect(fixture.fatal[0]).toContain('beyond the end')
  })

  test('says that its own disk failed when the copy cannot be written', () => {
    const fixture = setUp()
    fixture.host.disk.fail({ path: '__cluster_metadata-0', operations: ['write'] })
    answer(fixture, { records: batch(0, [registration(0)]), highWatermark: 1 })
    fixture.world.advance(10)
    expect(fixture.fatal).toHaveLength(1)
    expect(fixture.fatal[0]).toContain('broker 1 cannot keep its copy of the cluster metadata: write /data')
  })

  test('tries again after a lost connection, from the same offset', () => {
    const fixture = setUp()
    answer(fixture, { records: batch(0, [registration(0)]), highWatermark: 1 })
    fixture.channel.sent.shift()?.fail('connection lost')
    fixture.world.runUntil(() => fixture.channel.sent.length > 0)
    expect(askedOffset(fixture)).toBe(1)
  })
})
