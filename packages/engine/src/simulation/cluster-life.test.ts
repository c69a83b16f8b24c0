import { describe, expect, test } from 'vitest'
import { World } from '@millrace/testkit/world'
import { createRecordingLogger } from '@millrace/testkit/recording-logger'
import { ErrorCode } from '@millrace/protocol/errors'
import { metadataRequest, metadataResponse } from '@millrace/protocol/messages/03-metadata'
import { SimulatedClient } from './simulated-client.ts'
import { SimulatedCluster } from './simulated-cluster.ts'

const TOPIC = 'orders'

interface Fixture {
  readonly world: World
  readonly cluster: SimulatedCluster
  readonly client: SimulatedClient
  readonly logged: (message: string) => boolean
}

function setUp(properties: Readonly<Record<string, string>> = {}): Fixture {
  const world = new World({ seed: 11 })
  const logger = createRecordingLogger()
  const cluster = new SimulatedCluster({
    world,
    brokerCount: 3,
    logger,
    properties: { 'replica.lag.time.max.ms': '2000', ...properties },
  })
  cluster.start()
  const client = new SimulatedClient(cluster)
  return { world, cluster, client, logged: (message) => logger.lines.some((line) => line.message === message) }
}

function withTopic(properties: Readonly<Record<string, string>> = {}): Fixture {
  const fixture = setUp(properties)
  fixture.client.createTopic({
    name: TOPIC,
    partitions: 1,
    replicationFactor: 3,
    configs: { 'min.insync.replicas': '2' },
  })
  return fixture
}

function produced({ world, client }: Fixture, count: number): void {
  const goal = client.acknowledged.length + count
  world.runUntil(() => client.acknowledged.length >= goal)
}

function expectNothingLost({ client }: Fixture): void {
  const values = client.readAll(TOPIC, 0)
  for (const { offset, value } of client.acknowledged) expect(values.get(offset)).toBe(value)
}

describe('a simulated cluster', () => {
  test('serves within a tenth of a second, and takes acks=all at once on a new topic', () => {
    const fixture = setUp()
    expect(fixture.world.nowMs).toBeLessThan(100)
    const before = fixture.world.nowMs
    fixture.client.createTopic({ name: TOPIC, partitions: 1, replicationFactor: 3 })
    fixture.client.startProducing(TOPIC, 1)
    produced(fixture, 1)
    expect(fixture.world.nowMs - before).toBeLessThan(100)
  })

  test('moves leaderships away from a broker that shuts down, before it goes', () => {
    const fixture = withTopic()
    const { world, cluster, client } = fixture
    client.startProducing(TOPIC, 1)
    produced(fixture, 20)
    const leader = client.describe(TOPIC)?.partitions[0]?.leaderId ?? -1
    const broker = cluster.brokers.get(leader)
    const before = world.nowMs
    let closed = false
    broker?.close({ controlled: true }, () => (closed = true))
    world.runUntil(() => closed)
    expect(world.nowMs - before).toBeLessThan(1_000)
    cluster.brokers.delete(leader)
    expect(client.describe(TOPIC)?.partitions[0]?.leaderId).not.toBe(leader)
    produced(fixture, 20)
    cluster.restartBroker(leader)
    world.runUntil(() => client.describe(TOPIC)?.partitions[0]?.isrNodes.length === 3)
    client.stopProducing(1)
    expectNothingLost(fixture)
  })

  test('goes on without its controller, ISR changes excepted', () => {
    const fixture = withTopic()
    const { world, cluster, client } = fixture
    client.startProducing(TOPIC, 1)
    produced(fixture, 20)
    cluster.killController()
    world.advance(10_000)
    produced(fixture, 20)
    cluster.restartController()
    world.advance(5_000)
    produced(fixture, 20)
    expect([...cluster.brokers.values()].map((broker) => broker.state)).toEqual(['running', 'running', 'running'])
    client.stopProducing(1)
    expectNothingLost(fixture)
  })

  test('a broker that does not know the cluster yet answers no client', () => {
    const { world, cluster, client } = withTopic()
    cluster.killController()
    cluster.killBroker(3)
    cluster.restartBroker(3)
    world.advance(2_000)
    const channel = cluster.connect(client.host, 3)
    const answers: unknown[] = []
    const ask = (): void => {
      const body = {
        topics: [{ name: TOPIC }],
        allowAutoTopicCreation: false,
        includeClusterAuthorizedOperations: false,
        includeTopicAuthorizedOperations: false,
      }
      channel.send(metadataRequest, metadataResponse, 9, body, (_error, response) =>
        answers.push(response?.topics[0]?.errorCode ?? 'none'),
      )
      const asked = answers.length
      world.runUntil(() => answers.length > asked)
    }
    ask()
    expect(answers).toEqual(['none'])
    cluster.restartController()
    world.runUntil(() => cluster.brokers.size === 3)
    ask()
    expect(answers).toEqual(['none', ErrorCode.NONE])
  })

  test('refuses to serve when the controller comes back without what it had decided', () => {
    const fixture = withTopic()
    const { world, cluster } = fixture
    cluster.killController()
    cluster.controllerHost.disk.removeDirectory('/data')
    cluster.restartController()
    world.runUntil(() => cluster.failures.length === 3)
    for (const failure of cluster.failures) expect(failure).toContain('refuses to serve')
  })

  test("moves the leadership when the leader's disk fails, and that broker ends", () => {
    const fixture = withTopic()
    const { world, cluster, client } = fixture
    client.startProducing(TOPIC, 1)
    produced(fixture, 20)
    const leader = client.describe(TOPIC)?.partitions[0]?.leaderId ?? -1
    cluster.brokerHost(leader).disk.fail({ path: `${TOPIC}-0`, operations: ['write'] })
    world.runUntil(() => cluster.failures.length === 1)
    expect(cluster.failures[0]).toContain(`broker ${leader}`)
    cluster.brokers.delete(leader)
    expect(client.refusals).toContain(ErrorCode.KAFKA_STORAGE_ERROR)
    produced(fixture, 20)
    expect(client.describe(TOPIC)?.partitions[0]?.leaderId).not.toBe(leader)
    client.stopProducing(1)
    expectNothingLost(fixture)
  })

  test('a broker whose volume is full hands over, and comes back by itself when there is room', () => {
    const fixture = withTopic()
    const { world, cluster, client, logged } = fixture
    client.startProducing(TOPIC, 1)
    produced(fixture, 20)
    const leader = client.describe(TOPIC)?.partitions[0]?.leaderId ?? -1
    const { disk, incarnation } = cluster.brokerHost(leader)
    disk.bytesUntilFull = 1_000
    world.runUntil(() => client.refusals.includes(ErrorCode.KAFKA_STORAGE_ERROR))
    expect(cluster.brokers.get(leader)?.runtime.replicaManager.describeLogDir().errorCode).toBe(
      ErrorCode.KAFKA_STORAGE_ERROR,
    )
    produced(fixture, 20)
    expect(client.describe(TOPIC)?.partitions[0]?.leaderId).not.toBe(leader)
    // What a full broker hears of the metadata makes room: it follows on, in memory alone.
    client.createTopic({ name: 'later', partitions: 3, replicationFactor: 2 })
    client.setTopicConfig(TOPIC, 'retention.ms', '1000000')
    world.advance(30_000)
    expect(cluster.brokers.get(leader)?.state).toBe('fenced')
    expect(cluster.brokers.get(leader)?.runtime.settings.topic(TOPIC).retentionMs).toBe(1_000_000)
    disk.bytesUntilFull = null
    world.runUntil(() => client.describe(TOPIC)?.partitions[0]?.isrNodes.length === 3)
    expect(logged('the volume of the log directory has room again')).toBe(true)
    expect(cluster.failures).toEqual([])
    expect(cluster.brokerHost(leader).incarnation).toBe(incarnation)
    produced(fixture, 20)
    client.stopProducing(1)
    expectNothingLost(fixture)
    // Its copy of the metadata has all that it heard of while it could not write.
    cluster.killBroker(leader)
    cluster.restartBroker(leader)
    world.runUntil(() => client.describe(TOPIC)?.partitions[0]?.isrNodes.length === 3)
    expect(cluster.failures).toEqual([])
    expectNothingLost(fixture)
  })

  test('a broker that starts on a full volume waits for room', () => {
    const fixture = withTopic()
    const { world, cluster, client } = fixture
    client.startProducing(TOPIC, 1)
    produced(fixture, 20)
    cluster.killBroker(2)
    produced(fixture, 20)
    cluster.brokerHost(2).disk.bytesUntilFull = 0
    cluster.restartBroker(2)
    world.advance(20_000)
    expect(cluster.brokers.has(2)).toBe(false)
    expect(cluster.failures).toEqual([])
    cluster.brokerHost(2).disk.bytesUntilFull = null
    world.runUntil(() => client.describe(TOPIC)?.partitions[0]?.isrNodes.length === 3)
    client.stopProducing(1)
    expectNothingLost(fixture)
  })

  test.each([50, 200, 500])('a broker that starts with room for %i bytes sets nothing aside', (room) => {
    const fixture = withTopic()
    const { world, cluster, client, logged } = fixture
    client.startProducing(TOPIC, 1)
    produced(fixture, 20)
    client.stopProducing(1)
    cluster.killBroker(2)
    world.advance(2_000)
    cluster.brokerHost(2).disk.bytesUntilFull = room
    cluster.restartBroker(2)
    world.advance(5_000)
    expect(logged('the log directory failed')).toBe(true)
    expect(logged('setting aside a log without a replica')).toBe(false)
    cluster.brokerHost(2).disk.bytesUntilFull = null
    world.runUntil(() => client.describe(TOPIC)?.partitions[0]?.isrNodes.length === 3)
    expectNothingLost(fixture)
  })

  test('a broker whose disk fails while it starts ends too', () => {
    const fixture = withTopic()
    const { world, cluster, client } = fixture
    client.setTopicConfig(TOPIC, 'segment.bytes', '1000')
    client.startProducing(TOPIC, 1)
    produced(fixture, 40)
    client.stopProducing(1)
    const id = 3
    const incarnation = cluster.brokerHost(id).incarnation
    cluster.killBroker(id)
    // Rolled segments are flushed in the background, before the broker knows its replicas.
    cluster.brokerHost(id).disk.fail({ path: new RegExp(`${TOPIC}-0/.*log`), operations: ['sync'] })
    cluster.restartBroker(id)
    world.runUntil(() => cluster.failures.length === 1)
    expect(cluster.failures[0]).toMatch(new RegExp(`^broker ${id}: fdatasync`))
    expect(cluster.brokerHost(id).incarnation).toBe(incarnation + 1)
  })

  test('removes a deleted topic from every broker and gives its name a new life', () => {
    const fixture = withTopic()
    const { world, cluster, client } = fixture
    client.startProducing(TOPIC, 1)
    produced(fixture, 5)
    client.stopProducing(1)
    client.deleteTopic(TOPIC)
    const hosted = (): number[] =>
      [...cluster.brokers.values()].map((broker) => [...broker.runtime.replicaManager.all()].length)
    world.runUntil(() => hosted().every((count) => count === 0))
    client.createTopic({ name: TOPIC, partitions: 1, replicationFactor: 3 })
    world.runUntil(() => client.describe(TOPIC)?.partitions[0]?.leaderId !== -1)
    expect(client.readAll(TOPIC, 0).size).toBe(0)
  })

  test('sets aside what is left of a topic that was deleted while the broker was away', () => {
    const fixture = withTopic()
    const { world, cluster, client, logged } = fixture
    cluster.killBroker(3)
    world.runUntil(() => client.describe(TOPIC)?.partitions[0]?.isrNodes.length === 2)
    client.deleteTopic(TOPIC)
    cluster.restartBroker(3)
    world.runUntil(() => cluster.brokers.size === 3)
    expect(logged('setting aside a log without a replica')).toBe(true)
    expect(cluster.failures).toEqual([])
  })

  test('acts on a changed min.insync.replicas at once', () => {
    const fixture = withTopic()
    const { world, cluster, client } = fixture
    cluster.killBroker(3)
    world.runUntil(() => client.describe(TOPIC)?.partitions[0]?.isrNodes.length === 2)
    client.setTopicConfig(TOPIC, 'min.insync.replicas', '3')
    world.advance(50)
    client.startProducing(TOPIC, 1)
    world.runUntil(() => client.refusals.length > 0)
    expect(new Set(client.refusals)).toEqual(new Set([ErrorCode.NOT_ENOUGH_REPLICAS]))
    client.setTopicConfig(TOPIC, 'min.insync.replicas', '2')
    produced(fixture, 5)
    client.stopProducing(1)
  })

  test('brings a broker up to date by a snapshot when the log has moved on', () => {
    const fixture = withTopic({
      'metadata.log.max.record.bytes.between.snapshots': '1000',
      'metadata.max.retention.bytes': '3000',
      'metadata.log.segment.bytes': '1000',
    })
    const { world, cluster, client, logged } = fixture
    cluster.killBroker(3)
    for (let count = 0; count < 60; count++) client.setTopicConfig(TOPIC, 'retention.ms', String(1_000_000 + count))
    cluster.restartBroker(3)
    world.runUntil(() => client.describe(TOPIC)?.partitions[0]?.isrNodes.length === 3)
    expect(logged('fetching a metadata snapshot')).toBe(true)
    expect(cluster.brokers.get(3)?.runtime.settings.topic(TOPIC).retentionMs).toBe(1_000_059)
    cluster.killBroker(3)
    cluster.restartBroker(3)
    world.runUntil(() => client.describe(TOPIC)?.partitions[0]?.isrNodes.length === 3)
    expect(cluster.failures).toEqual([])
  })
})
