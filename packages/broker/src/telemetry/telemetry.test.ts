import { describe, expect, test } from 'vitest'
import { ZERO_UUID } from '@millrace/base/uuid'
import { emptyImage, type MetadataImage } from '@millrace/metadata/image'
import { CompressionCodec, compress } from '@millrace/protocol/compression/compression'
import { ErrorCode } from '@millrace/protocol/errors'
import { SeededRandom } from '@millrace/testkit/seeded-random'
import { ClientTelemetry, type Push, type TelemetryClient } from './client-telemetry.ts'
import { OtlpError, readTelemetry } from './otlp.ts'
import { TelemetryMetrics } from './telemetry-metrics.ts'

/** A few lines of protobuf, to say in tests what clients say. */
function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return Buffer.from([...bytes, rest])
}
const field = (number: number, ...contents: readonly (Buffer | string)[]): Buffer => {
  const content = Buffer.concat(contents.map((each) => (typeof each === 'string' ? Buffer.from(each) : each)))
  return Buffer.concat([varint(number * 8 + 2), varint(content.length), content])
}
const int = (number: number, value: number): Buffer => Buffer.concat([varint(number * 8), varint(value)])
const double = (number: number, value: number): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return Buffer.concat([varint(number * 8 + 1), bytes])
}
const fixed = (number: number, value: bigint): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64LE(value)
  return Buffer.concat([varint(number * 8 + 1), bytes])
}
const attribute = (number: number, key: string, value: string): Buffer =>
  field(number, field(1, key), field(2, field(1, value)))
const metricsData = (...metrics: Buffer[]): Buffer =>
  field(1, field(1, attribute(1, 'client_rack', 'use1-az1')), field(2, ...metrics.map((metric) => field(2, metric))))
const gauge = (name: string, value: number, ...labels: Buffer[]): Buffer =>
  Buffer.concat([field(1, name), field(5, field(1, fixed(3, 5n), double(4, value), ...labels))])
const sum = (name: string, value: bigint, temporality: number): Buffer =>
  Buffer.concat([field(1, name), field(7, field(1, fixed(6, value)), int(2, temporality), int(3, 1))])

describe('reading OpenTelemetry metrics', () => {
  test('gauges, sums and histograms with their labels', () => {
    const histogram = Buffer.concat([
      field(1, 'latency'),
      field(9, field(1, fixed(4, 3n), double(5, 7.5), attribute(9, 'node', '1')), int(2, 2)),
    ])
    const { resource, metrics } = readTelemetry(
      metricsData(gauge('lag', 2.5, attribute(7, 'topic', 'orders')), sum('bytes', -7n, 1), histogram),
    )
    expect([...resource]).toEqual([['client_rack', 'use1-az1']])
    expect(metrics).toEqual([
      { name: 'lag', kind: 'gauge', delta: false, points: [{ labels: new Map([['topic', 'orders']]), value: 2.5 }] },
      { name: 'bytes', kind: 'sum', delta: true, points: [{ labels: new Map(), value: -7 }] },
      { name: 'latency.count', kind: 'sum', delta: false, points: [{ labels: new Map([['node', '1']]), value: 3 }] },
      { name: 'latency.sum', kind: 'sum', delta: false, points: [{ labels: new Map([['node', '1']]), value: 7.5 }] },
    ])
  })

  test('unknown fields are passed over, an empty message says nothing', () => {
    expect(readTelemetry(Buffer.alloc(0)).metrics).toEqual([])
    const unknown = Buffer.concat([int(90, 300), field(91, 'x'), metricsData(gauge('a', 1))])
    expect(readTelemetry(unknown).metrics).toHaveLength(1)
  })

  test.each([
    ['a cut field', metricsData(gauge('a', 1)).subarray(0, 20)],
    ['a varint without end', Buffer.alloc(20, 0xff)],
    ['a group', Buffer.from([0x0b])],
    [
      'too many points',
      metricsData(Buffer.concat([field(1, 'a'), field(5, ...Array.from({ length: 20_001 }, () => field(1)))])),
    ],
  ])('%s is refused', (_, bytes) => {
    expect(() => readTelemetry(bytes)).toThrow(OtlpError)
  })
})

describe('the registry of client metrics', () => {
  const identity = { clientInstanceId: 'id', clientId: 'app', softwareName: 'test', softwareVersion: '1' }

  test('adds deltas up and keeps the last of everything else', () => {
    const registry = new TelemetryMetrics()
    for (const value of [5n, 6n])
      registry.record(identity, readTelemetry(metricsData(sum('d', value, 1), sum('c', value, 2))))
    const [client] = registry.snapshot()
    expect(client).toMatchObject({ ...identity, pushes: 2, resource: { client_rack: 'use1-az1' } })
    expect(client?.series.map(({ name, value }) => [name, value])).toEqual([
      ['d', 11],
      ['c', 6],
    ])
  })

  test('forgets the client that was silent the longest when there are too many, and bounds each', () => {
    const registry = new TelemetryMetrics()
    const data = readTelemetry(metricsData(gauge('g', 1)))
    for (let index = 0; index < 1030; index++) registry.record({ ...identity, clientInstanceId: `${index}` }, data)
    registry.record({ ...identity, clientInstanceId: '6' }, data)
    const ids = registry.snapshot().map(({ clientInstanceId }) => clientInstanceId)
    expect(ids).toHaveLength(1024)
    expect(ids[0]).toBe('6')
    expect(ids).not.toContain('5')
    const many = Array.from({ length: 3000 }, (_, index) => gauge(`g${index}`, 1))
    registry.record(identity, readTelemetry(metricsData(...many)))
    expect(registry.snapshot()[0]?.series).toHaveLength(2048)
    expect(registry.droppedSeries).toBe(952)
    expect(registry.snapshot(10).flatMap(({ series }) => series)).toHaveLength(10)
  })
})

describe('the telemetry receiver', () => {
  const imageOf = (subscriptions: Record<string, Record<string, string>>): MetadataImage => ({
    ...emptyImage,
    configs: new Map(
      Object.entries(subscriptions).map(([name, configs]) => [`16:${name}`, new Map(Object.entries(configs))]),
    ),
  })
  const client: TelemetryClient = {
    clientId: 'app-7',
    connection: {
      remoteAddress: '10.0.0.7',
      remotePort: 4711,
      clientSoftwareName: 'apache-kafka-java',
      clientSoftwareVersion: '4.1.1',
    },
  }
  function setUp(subscriptions: Record<string, Record<string, string>> = {}) {
    const clock = { ms: 0 }
    const host = { clock: { nowMs: () => clock.ms, monotonicMs: () => clock.ms }, random: new SeededRandom(1) }
    const telemetry = new ClientTelemetry(host, () => 1000)
    telemetry.update(imageOf(subscriptions))
    return { clock, telemetry }
  }
  const subscribe = (fixture: ReturnType<typeof setUp>) => {
    const answer = fixture.telemetry.subscriptionOf(client, ZERO_UUID)
    if (!('subscription' in answer)) throw new Error('no subscription')
    return {
      id: answer.clientInstanceId,
      pushIntervalMs: answer.subscription.pushIntervalMs,
      metrics: answer.subscription.metrics,
      subscriptionId: answer.subscription.id,
    }
  }
  const pushWith = (
    fixture: ReturnType<typeof setUp>,
    asked: ReturnType<typeof subscribe>,
    more: Partial<Push> = {},
  ): number =>
    fixture.telemetry.push(client, {
      clientInstanceId: asked.id,
      subscriptionId: asked.subscriptionId,
      terminating: false,
      compressionType: CompressionCodec.none,
      metrics: metricsData(gauge('g', 1)),
      ...more,
    })

  test('gives matching clients the shortest interval and all metrics, others nothing', () => {
    const matching = setUp({
      a: { 'interval.ms': '5000', metrics: 'x.,y.', match: 'client_id=app-\\d,client_software_name=apache.*' },
      b: { 'interval.ms': '9000', metrics: 'z.,x.' },
      c: { 'interval.ms': '100', metrics: '*', match: 'client_source_address=10.0.0.8' },
      d: { 'interval.ms': '100' },
    })
    expect(subscribe(matching)).toMatchObject({ pushIntervalMs: 5000, metrics: ['x.', 'y.', 'z.'] })
    expect(subscribe(setUp({ a: { metrics: '*', match: 'client_source_port=4711' } }))).toMatchObject({
      metrics: ['*'],
    })
    expect(subscribe(setUp())).toMatchObject({ pushIntervalMs: 300_000, metrics: [] })
  })

  test('takes pushes in every compression and refuses what is none', () => {
    for (const codec of [CompressionCodec.none, CompressionCodec.gzip, CompressionCodec.snappy, CompressionCodec.lz4]) {
      const fixture = setUp({ a: { metrics: '*' } })
      const metrics = compress(codec, metricsData(gauge('g', codec)))
      expect(pushWith(fixture, subscribe(fixture), { compressionType: codec, metrics })).toBe(ErrorCode.NONE)
      expect(fixture.telemetry.metrics.snapshot()[0]).toMatchObject({
        clientId: 'app-7',
        softwareName: 'apache-kafka-java',
        series: [{ name: 'g', value: codec }],
      })
    }
    const refused = (more: Partial<Push>): number => {
      const fixture = setUp({ a: { metrics: '*' } })
      return pushWith(fixture, subscribe(fixture), more)
    }
    expect(refused({ compressionType: 9 })).toBe(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE)
    expect(refused({ metrics: Buffer.alloc(1001) })).toBe(ErrorCode.TELEMETRY_TOO_LARGE)
    expect(refused({ metrics: Buffer.alloc(20, 0xff) })).toBe(ErrorCode.INVALID_RECORD)
    expect(refused({ subscriptionId: 1 })).toBe(ErrorCode.UNKNOWN_SUBSCRIPTION_ID)
    expect(refused({ clientInstanceId: ZERO_UUID })).toBe(ErrorCode.INVALID_REQUEST)
    expect(refused({ metrics: Buffer.alloc(0), terminating: true })).toBe(ErrorCode.NONE)
  })

  test('throttles who asks or pushes before the interval is over', () => {
    const fixture = setUp({ a: { metrics: '*', 'interval.ms': '1000' } })
    const asked = subscribe(fixture)
    expect(fixture.telemetry.subscriptionOf(client, asked.id)).toEqual({
      errorCode: ErrorCode.THROTTLING_QUOTA_EXCEEDED,
    })
    fixture.clock.ms = 300
    expect(pushWith(fixture, asked)).toBe(ErrorCode.NONE)
    fixture.clock.ms = 1299
    expect(pushWith(fixture, asked)).toBe(ErrorCode.THROTTLING_QUOTA_EXCEEDED)
    fixture.clock.ms = 1300
    expect(pushWith(fixture, asked)).toBe(ErrorCode.NONE)
  })

  test('takes one last push at any time, and none after it', () => {
    const fixture = setUp({ a: { metrics: '*' } })
    const asked = subscribe(fixture)
    expect(pushWith(fixture, asked)).toBe(ErrorCode.NONE)
    expect(pushWith(fixture, asked, { terminating: true })).toBe(ErrorCode.NONE)
    expect(pushWith(fixture, asked, { terminating: true })).toBe(ErrorCode.INVALID_REQUEST)
  })

  test('sends clients to fetch a subscription that has changed', () => {
    const fixture = setUp({ a: { metrics: 'x.' } })
    const asked = subscribe(fixture)
    fixture.telemetry.update(imageOf({ a: { metrics: 'y.' } }))
    expect(pushWith(fixture, asked)).toBe(ErrorCode.UNKNOWN_SUBSCRIPTION_ID)
    const again = fixture.telemetry.subscriptionOf(client, asked.id)
    expect(again).toMatchObject({ errorCode: 0, clientInstanceId: asked.id, subscription: { metrics: ['y.'] } })
    fixture.telemetry.update(imageOf({ a: { metrics: 'y.' }, b: { metrics: 'z.', match: 'client_id=none' } }))
    if ('subscription' in again)
      expect(pushWith(fixture, { ...asked, subscriptionId: again.subscription.id })).toBe(ErrorCode.NONE)
  })
})
