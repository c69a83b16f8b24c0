import { describe, expect, test } from 'vitest'
import { silentLogger } from '@millrace/base/logger'
import { ErrorCode } from '@millrace/protocol/errors'
import { World } from '@millrace/testkit/world'
import { BrokerLifecycle } from './broker-lifecycle.ts'
import { createFakeChannel, type FakeChannel, type SentRequest } from './fake-channel.ts'

const REGISTRATION = 62
const HEARTBEAT = 63

interface Fixture {
  readonly world: World
  readonly channel: FakeChannel
  readonly lifecycle: BrokerLifecycle
  readonly refused: string[]
  readonly next: (apiKey: number) => SentRequest
}

function setUp(): Fixture {
  const world = new World({ seed: 3 })
  const channel = createFakeChannel()
  const refused: string[] = []
  const lifecycle = new BrokerLifecycle({
    host: world.addHost('broker'),
    logger: silentLogger,
    channel,
    clusterId: 'c',
    nodeId: 1,
    incarnationId: 'i',
    rack: 'use1-az1',
    listeners: [],
    features: [],
    directoryId: 'd',
    previousBrokerEpoch: 17,
    heartbeatIntervalMs: 2_000,
    metadataOffset: () => 99,
    onRegistered: () => {},
    onState: () => {},
    onRefused: (error) => refused.push(error.message),
  })
  lifecycle.start()
  const next = (apiKey: number): SentRequest => {
    const request = channel.sent.shift()
    expect(request?.apiKey).toBe(apiKey)
    return request as SentRequest
  }
  return { world, channel, lifecycle, refused, next }
}

function heartbeatAnswer(change: object = {}): object {
  return { errorCode: 0, isCaughtUp: true, isFenced: false, shouldShutDown: false, ...change }
}

function running(): Fixture {
  const fixture = setUp()
  fixture.next(REGISTRATION).answer({ errorCode: 0, brokerEpoch: 42 })
  fixture.next(HEARTBEAT).answer(heartbeatAnswer({ isFenced: true, isCaughtUp: false }))
  fixture.lifecycle.caughtUp()
  fixture.next(HEARTBEAT).answer(heartbeatAnswer())
  expect(fixture.lifecycle.state).toBe('running')
  return fixture
}

describe('a broker that starts', () => {
  test('registers with its incarnation and the epoch before, then sends heartbeats under its new epoch', () => {
    const { lifecycle, next } = setUp()
    const registration = next(REGISTRATION)
    expect(registration.body).toMatchObject({
      brokerId: 1,
      incarnationId: 'i',
      logDirs: ['d'],
      previousBrokerEpoch: 17,
    })
    registration.answer({ errorCode: 0, brokerEpoch: 42 })
    expect(lifecycle.state).toBe('fenced')
    expect(next(HEARTBEAT).body).toMatchObject({
      brokerEpoch: 42,
      currentMetadataOffset: 99,
      wantFence: true,
      wantShutDown: false,
    })
  })

  test('asks to be unfenced at once when its metadata is there, not at the next interval', () => {
    const { world, lifecycle, next } = setUp()
    next(REGISTRATION).answer({ errorCode: 0, brokerEpoch: 42 })
    next(HEARTBEAT).answer(heartbeatAnswer({ isFenced: true, isCaughtUp: false }))
    const before = world.nowMs
    lifecycle.caughtUp()
    expect(next(HEARTBEAT).body).toMatchObject({ wantFence: false })
    expect(world.nowMs).toBe(before)
  })

  test('asks again after the heartbeat under way when its metadata arrives meanwhile', () => {
    const { lifecycle, next } = setUp()
    next(REGISTRATION).answer({ errorCode: 0, brokerEpoch: 42 })
    const underWay = next(HEARTBEAT)
    lifecycle.caughtUp()
    underWay.answer(heartbeatAnswer({ isFenced: true }))
    expect(next(HEARTBEAT).body).toMatchObject({ wantFence: false })
  })

  test('tries to register until its predecessor is gone', () => {
    const { world, channel, lifecycle, refused, next } = setUp()
    for (let attempt = 0; attempt < 4; attempt++) {
      next(REGISTRATION).answer({ errorCode: ErrorCode.DUPLICATE_BROKER_REGISTRATION, brokerEpoch: -1 })
      world.runUntil(() => channel.sent.length > 0)
    }
    next(REGISTRATION).answer({ errorCode: 0, brokerEpoch: 42 })
    expect(lifecycle.brokerEpoch).toBe(42)
    expect(refused).toEqual([])
  })

  test('gives up when it belongs to another cluster', () => {
    const { refused, next } = setUp()
    next(REGISTRATION).answer({ errorCode: ErrorCode.INCONSISTENT_CLUSTER_ID, brokerEpoch: -1 })
    expect(refused).toEqual(['the controller refused the registration of broker 1: INCONSISTENT_CLUSTER_ID'])
  })
})

describe('a running broker', () => {
  test('sends a heartbeat every interval', () => {
    const { world, channel, next } = running()
    world.advance(1_999)
    expect(channel.sent).toHaveLength(0)
    world.advance(1)
    expect(next(HEARTBEAT).body).toMatchObject({ wantFence: false })
  })

  test('stays in its state while the controller is away and keeps trying', () => {
    const { world, channel, lifecycle, next } = running()
    world.advance(2_000)
    for (let attempt = 0; attempt < 3; attempt++) {
      next(HEARTBEAT).fail('connection refused')
      expect(lifecycle.state).toBe('running')
      world.runUntil(() => channel.sent.length > 0)
    }
  })

  test('registers again under the same incarnation when the controller has lost its registration', () => {
    const { world, lifecycle, next } = running()
    world.advance(2_000)
    next(HEARTBEAT).answer(heartbeatAnswer({ errorCode: ErrorCode.STALE_BROKER_EPOCH }))
    const registration = next(REGISTRATION)
    expect(registration.body).toMatchObject({ incarnationId: 'i' })
    registration.answer({ errorCode: 0, brokerEpoch: 77 })
    expect(next(HEARTBEAT).body).toMatchObject({ brokerEpoch: 77, wantFence: false })
    expect(lifecycle.state).toBe('fenced')
  })

  test('asks at once to be unfenced again when it finds itself fenced', () => {
    const { world, channel, next } = running()
    world.advance(2_000)
    next(HEARTBEAT).answer(heartbeatAnswer({ isFenced: true }))
    world.advance(20)
    expect(channel.sent).toHaveLength(1)
  })

  test('names its directory when it failed', () => {
    const { lifecycle, next } = running()
    lifecycle.directoryFailed()
    expect(next(HEARTBEAT).body).toMatchObject({ offlineLogDirs: ['d'] })
  })
})

describe('a broker that leaves', () => {
  test('goes when the controller has moved its leaderships', () => {
    const { world, channel, lifecycle, next } = running()
    let gone = false
    lifecycle.shutDown(10_000, () => (gone = true))
    const first = next(HEARTBEAT)
    expect(first.body).toMatchObject({ wantShutDown: true })
    first.answer(heartbeatAnswer())
    expect(gone).toBe(false)
    world.runUntil(() => channel.sent.length > 0)
    next(HEARTBEAT).answer(heartbeatAnswer({ shouldShutDown: true }))
    expect(gone).toBe(true)
  })

  test('goes at once when the controller is away', () => {
    const { lifecycle, next } = running()
    let gone = false
    lifecycle.shutDown(10_000, () => (gone = true))
    next(HEARTBEAT).fail('connection refused')
    expect(gone).toBe(true)
  })

  test('waits no longer than it was given', () => {
    const { world, channel, lifecycle } = running()
    let gone = false
    lifecycle.shutDown(10_000, () => (gone = true))
    world.advance(9_999)
    expect(gone).toBe(false)
    world.advance(1)
    expect(gone).toBe(true)
    expect(channel.sent).toHaveLength(1)
  })
})
