import { describe, expect, test } from 'vitest'
import { ErrorCode } from '@millrace/protocol/errors'
import { fetchRequest, fetchResponse } from '@millrace/protocol/messages/01-fetch'
import { metadataRequest, metadataResponse } from '@millrace/protocol/messages/03-metadata'
import { heartbeatRequest, heartbeatResponse } from '@millrace/protocol/messages/12-heartbeat'
import { apiVersionsRequest } from '@millrace/protocol/messages/18-api-versions'
import type { FakeHost } from '@millrace/testkit/fake-host'
import { ScriptedBroker } from '@millrace/testkit/scripted-broker'
import { World } from '@millrace/testkit/world'
import { KafkaConnection, type KafkaConnectionOptions } from './connection.ts'
import type { KafkaError } from './kafka-error.ts'

interface Scene {
  readonly world: World
  readonly server: FakeHost
  readonly broker: ScriptedBroker
  readonly connection: KafkaConnection
  readonly closes: KafkaError[]
}

function connected(options: Partial<KafkaConnectionOptions> = {}, apiVersionsMax = 4): Scene {
  const world = new World({ seed: 1 })
  const server = world.addHost('broker')
  const host = world.addHost('client')
  const broker = new ScriptedBroker({ host: server, name: 'broker', port: 9092, apiVersionsMax })
  const closes: KafkaError[] = []
  const connections: KafkaConnection[] = []
  host.network.connect({ host: 'broker', port: 9092, connectTimeoutMs: 1000 }, (_, transport) => {
    if (transport === null) return
    const onClose = (error: KafkaError): void => void closes.push(error)
    connections.push(new KafkaConnection({ host, transport, clientId: 'test', onClose, ...options }))
  })
  world.runUntil(() => connections.length > 0)
  return { world, server, broker, connection: connections[0] as KafkaConnection, closes }
}

const beat = (groupId: string): { groupId: string; generationId: number; memberId: string } => ({
  groupId,
  generationId: 1,
  memberId: 'm',
})

describe('connection', () => {
  test('pipelines requests and gives each its own response', () => {
    const { world, broker, connection } = connected()
    broker.answer(heartbeatRequest, heartbeatResponse, ({ groupId }) => ({
      throttleTimeMs: Number(groupId),
      errorCode: 0,
    }))
    const answers: number[] = []
    for (let index = 0; index < 100; index++) {
      connection.send(heartbeatRequest, heartbeatResponse, index % 5, beat(String(index)), (_, response) => {
        answers.push(index % 5 === 0 ? index : (response?.throttleTimeMs ?? -1))
      })
    }
    expect(connection.inFlight).toBe(100)
    expect(answers).toEqual([])
    world.runUntil(() => answers.length === 100)
    expect(answers).toEqual(Array.from({ length: 100 }, (_, index) => index))
    expect(broker.received.every(({ clientId }) => clientId === 'test')).toBe(true)
  })

  test('a request that is not answered in time closes the connection and fails all that wait', () => {
    const { world, broker, connection, closes } = connected({ requestTimeoutMs: 60_000 })
    broker.answer(heartbeatRequest, heartbeatResponse, () => null)
    const errors: (KafkaError | null)[] = []
    connection.send(heartbeatRequest, heartbeatResponse, 4, beat('a'), (error) => errors.push(error))
    connection.send(heartbeatRequest, heartbeatResponse, 4, beat('b'), (error) => errors.push(error), 3_000)
    world.advance(2_900)
    expect(errors).toEqual([])
    world.advance(200)
    expect(errors.map((error) => error?.name)).toEqual(['REQUEST_TIMED_OUT', 'REQUEST_TIMED_OUT'])
    expect(closes.length).toBe(1)
    expect(connection.closed).toBe(true)
  })

  test('the timer of an answered request does not hurt later ones', () => {
    const { world, broker, connection, closes } = connected({ requestTimeoutMs: 1_000 })
    broker.answer(heartbeatRequest, heartbeatResponse, () => ({ errorCode: 0 }))
    let answers = 0
    for (let round = 0; round < 10; round++) {
      connection.send(heartbeatRequest, heartbeatResponse, 4, beat('a'), (error) => (answers += error === null ? 1 : 0))
      world.advance(700)
    }
    expect([answers, closes.length]).toEqual([10, 0])
  })

  test('a lost connection fails what is pending with the reason, and what is sent later too', () => {
    const { world, server, broker, connection, closes } = connected()
    broker.answer(heartbeatRequest, heartbeatResponse, () => null)
    const errors: (KafkaError | null)[] = []
    connection.send(heartbeatRequest, heartbeatResponse, 4, beat('a'), (error) => errors.push(error))
    world.advance(10)
    server.crashProcess()
    world.advance(10)
    connection.send(heartbeatRequest, heartbeatResponse, 4, beat('a'), (error) => errors.push(error))
    expect(errors.length).toBe(1)
    world.advance(10)
    expect(errors.map((error) => [error?.name, error?.retriable])).toEqual([
      ['NETWORK_EXCEPTION', true],
      ['NETWORK_EXCEPTION', true],
    ])
    expect(errors[0]?.message).toContain('10.0.0.1:9092')
    expect(closes.length).toBe(1)
  })

  test('close fails what is pending in a later turn', () => {
    const { world, broker, connection } = connected()
    broker.answer(heartbeatRequest, heartbeatResponse, () => null)
    const errors: (KafkaError | null)[] = []
    connection.send(heartbeatRequest, heartbeatResponse, 4, beat('a'), (error) => errors.push(error))
    connection.close()
    expect(errors).toEqual([])
    world.advance(10)
    expect(errors[0]?.message).toContain('closed by this side')
  })

  test.each([
    ['a frame over the limit', Buffer.from([0x7f, 0xff, 0xff, 0xff]), /frame of 2147483647 bytes/],
    ['a response out of order', Buffer.from([0, 0, 0, 6, 0, 0, 0, 9, 0, 0]), /correlation id 9/],
    ['trailing bytes', Buffer.from([0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 1]), /trailing/],
    ['a response cut short', Buffer.from([0, 0, 0, 4, 0, 0, 0, 0]), /bad response/],
  ])('%s breaks the connection', (_, bytes, message) => {
    const world = new World({ seed: 1 })
    const server = world.addHost('broker')
    const host = world.addHost('client')
    server.network.listen(
      {
        host: 'broker',
        port: 1,
        onConnection: (transport) => transport.attach({ onBytes: () => transport.writev([bytes], null), onClose() {} }),
      },
      () => {},
    )
    const errors: (KafkaError | null)[] = []
    host.network.connect({ host: 'broker', port: 1, connectTimeoutMs: 1000 }, (error, transport) => {
      if (transport === null) throw error as Error
      new KafkaConnection({ host, transport, clientId: 'test' }).send(
        heartbeatRequest,
        heartbeatResponse,
        0,
        beat('a'),
        (failure) => errors.push(failure),
      )
    })
    world.runUntil(() => errors.length > 0)
    expect(errors[0]?.message).toMatch(message)
  })

  test('negotiates the highest common version and says when there is none', () => {
    const { world, broker, connection } = connected()
    broker.answer(metadataRequest, metadataResponse, () => null, { min: 4, max: 9 })
    broker.answer(heartbeatRequest, heartbeatResponse, () => null, { min: 90, max: 99 })
    let negotiated = false
    expect(() => connection.version(metadataRequest)).toThrow()
    connection.negotiate((error) => (negotiated = error === null))
    world.runUntil(() => negotiated)
    expect(connection.version(metadataRequest)).toBe(9)
    expect(connection.version(metadataRequest, 7)).toBe(7)
    expect(() => connection.version(metadataRequest, 3)).toThrow(/offers versions 4 to 9/)
    expect(() => connection.version(heartbeatRequest)).toThrow(/90 to 99/)
    expect(() => connection.version(fetchRequest)).toThrow(expect.objectContaining({ name: 'UNSUPPORTED_VERSION' }))
  })

  test.each([0, 2])('falls back to ApiVersions v%i when the broker knows no later one', (apiVersionsMax) => {
    const { world, broker, connection } = connected({}, apiVersionsMax)
    broker.answer(heartbeatRequest, heartbeatResponse, () => null)
    let negotiated: KafkaError | null | undefined
    connection.negotiate((error) => (negotiated = error))
    world.runUntil(() => negotiated !== undefined)
    expect(negotiated).toBeNull()
    expect(broker.received.map(({ apiVersion }) => apiVersion)).toEqual([4, apiVersionsMax])
    expect(connection.version(apiVersionsRequest)).toBe(apiVersionsMax)
    expect(connection.version(heartbeatRequest)).toBe(4)
  })

  test.each([true, false])('with transientFrames=%s record bytes live as long as promised', (transientFrames) => {
    const { world, broker, connection } = connected({ transientFrames })
    const sizes = [10, 300_000, 20, 5_000]
    let next = 0
    broker.answer(fetchRequest, fetchResponse, () => {
      const size = sizes[next] as number
      const records = Buffer.alloc(size, ++next)
      const partition = { partitionIndex: 0, errorCode: 0, highWatermark: 1, abortedTransactions: null, records }
      return { responses: [{ topic: 't', partitions: [partition] }] }
    })
    const kept: Buffer[] = []
    let rightInside = 0
    for (const size of sizes) {
      connection.send(fetchRequest, fetchResponse, 12, { maxWaitMs: 0, minBytes: 0, topics: [] }, (_, response) => {
        const records = response?.responses[0]?.partitions[0]?.records as Buffer
        kept.push(records)
        if (records.equals(Buffer.alloc(size, kept.length))) rightInside++
      })
    }
    world.runUntil(() => kept.length === sizes.length)
    expect(rightInside).toBe(4)
    const rightAfterwards = kept.filter((records, index) =>
      records.equals(Buffer.alloc(sizes[index] as number, index + 1)),
    ).length
    if (transientFrames) expect(rightAfterwards).toBeLessThan(4)
    else expect(rightAfterwards).toBe(4)
  })

  test('a body that the version cannot carry throws and leaves the connection usable', () => {
    const { world, broker, connection } = connected()
    broker.answer(heartbeatRequest, heartbeatResponse, () => ({ errorCode: ErrorCode.NONE }))
    expect(() =>
      connection.send(heartbeatRequest, heartbeatResponse, 0, { ...beat('a'), groupInstanceId: 'x' }, () => {}),
    ).toThrow()
    expect(() => connection.send(heartbeatRequest, heartbeatResponse, 99, beat('a'), () => {})).toThrow(RangeError)
    let answered = false
    connection.send(heartbeatRequest, heartbeatResponse, 0, beat('a'), (error) => (answered = error === null))
    world.runUntil(() => answered)
  })
})
