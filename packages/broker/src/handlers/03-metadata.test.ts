import { ZERO_UUID } from '@millrace/base/uuid'
import type { MetadataImage } from '@millrace/metadata/image'
import { ErrorCode } from '@millrace/protocol/errors'
import { metadataRequest, metadataResponse } from '@millrace/protocol/messages/03-metadata'
import { describe, expect, it } from 'vitest'
import type { TopicCreation } from '../forwarding/topic-creation.ts'
import { metadataHandler } from './03-metadata.ts'
import {
  CLUSTER_ID,
  TOPIC_ID,
  ask,
  broker,
  createHandlerFixture,
  defaultImage,
  endpoint,
  imageOf,
  partitionState,
  topic,
  type AskOptions,
} from './handler-fixture.ts'

interface Setup {
  readonly image?: MetadataImage
  readonly properties?: Record<string, string>
  readonly create?: (name: string) => number
}

function createMetadata({ image = defaultImage(), properties = {}, create = () => ErrorCode.NONE }: Setup = {}) {
  const fixture = createHandlerFixture(image, properties)
  const created: string[] = []
  const topicCreation = {
    create(_client: object, { name }: { name: string }, callback: (errorCode: number) => void) {
      created.push(name)
      const errorCode = create(name)
      if (errorCode === ErrorCode.NONE) {
        const { image: now } = fixture.runtime.metadata
        fixture.publish(
          imageOf([...now.brokers.values()], [...now.topicsByName.values(), topic(name, TOPIC_ID, [partitionState()])]),
        )
      }
      callback(errorCode)
    },
  } as unknown as TopicCreation
  const handler = metadataHandler(fixture.runtime, topicCreation)
  const metadata = (version: number, names: string[] | null, more: object = {}, options: AskOptions = {}) => {
    const topics = names === null ? null : names.map((name) => ({ name }))
    const { response } = ask(handler, metadataRequest, metadataResponse, version, { topics, ...more }, options)
    if (response === null) throw new Error('not answered')
    return response
  }
  return { metadata, created, handler, fixture }
}

describe('Metadata', () => {
  it('takes an empty list for all topics in version 0 and for none from version 1 on', () => {
    const { metadata } = createMetadata()
    expect(metadata(0, []).topics.map(({ name }) => name)).toEqual(['orders'])
    expect(metadata(1, []).topics).toEqual([])
    expect(metadata(1, null).topics.map(({ name }) => name)).toEqual(['orders'])
    expect(metadata(12, null).topics.map(({ name }) => name)).toEqual(['orders'])
  })

  it.each([0, 1, 4, 5, 7, 8, 9, 10, 12, 13])('describes topics and brokers in version %d', (version) => {
    const { metadata } = createMetadata()
    const response = metadata(version, ['orders'])
    expect(response.brokers.map(({ nodeId, host, port }) => [nodeId, host, port])).toEqual([
      [1, 'broker-1', 9092],
      [2, 'broker-2', 9092],
      [3, 'broker-3', 9092],
    ])
    expect(response.clusterId).toBe(version >= 2 ? CLUSTER_ID : null)
    expect(response.controllerId).toBe(version >= 1 ? 1 : -1)
    const [orders] = response.topics
    expect(orders?.errorCode).toBe(0)
    expect(orders?.topicId).toBe(version >= 10 ? TOPIC_ID : ZERO_UUID)
    expect(orders?.partitions.map(({ leaderId }) => leaderId)).toEqual([1, 2, 3])
    expect(orders?.partitions[1]?.replicaNodes).toEqual([2, 3, 1])
    expect(orders?.partitions[0]?.leaderEpoch).toBe(version >= 7 ? 4 : -1)
  })

  it('answers a topic once, however often it is asked for', () => {
    const { metadata } = createMetadata()
    const names = [...Array.from({ length: 1_000 }, () => 'orders'), 'nowhere', 'nowhere']
    expect(metadata(12, names).topics.map(({ name }) => name)).toEqual(['orders', 'nowhere'])
  })

  it('tells of authorized operations only when asked', () => {
    const { metadata } = createMetadata()
    expect(metadata(8, ['orders']).topics[0]?.topicAuthorizedOperations).toBe(-2_147_483_648)
    const asked = metadata(8, ['orders'], {
      includeTopicAuthorizedOperations: true,
      includeClusterAuthorizedOperations: true,
    })
    expect(asked.topics[0]?.topicAuthorizedOperations).toBe(3576)
    expect(asked.clusterAuthorizedOperations).toBe(8096)
  })

  it('marks the topics of coordinators as internal', () => {
    const { metadata } = createMetadata({ image: imageOf([broker(1)], [topic('__consumer_offsets', TOPIC_ID, [])]) })
    expect(metadata(4, null).topics[0]?.isInternal).toBe(true)
  })

  it('answers a missing leader with LEADER_NOT_AVAILABLE and its real epoch', () => {
    const image = imageOf(
      [broker(1), broker(2, { fenced: true })],
      [
        topic('t', TOPIC_ID, [
          partitionState({ leader: -1, leaderEpoch: 9 }),
          partitionState({ replicas: [2, 1], leaderEpoch: 5 }),
        ]),
      ],
    )
    const [none, fenced] = createMetadata({ image }).metadata(9, ['t']).topics[0]?.partitions ?? []
    expect(none).toMatchObject({ errorCode: ErrorCode.LEADER_NOT_AVAILABLE, leaderId: -1, leaderEpoch: 9 })
    expect(fenced).toMatchObject({
      errorCode: ErrorCode.LEADER_NOT_AVAILABLE,
      leaderId: -1,
      leaderEpoch: 5,
      offlineReplicas: [2],
    })
  })

  it('lists no fenced broker, nor one without the listener, and answers LISTENER_NOT_FOUND for its partitions', () => {
    const image = imageOf(
      [broker(1), broker(2, { fenced: true }), broker(3, { endpoints: [endpoint('INTERNAL', 'i', 1)] })],
      [topic('t', TOPIC_ID, [partitionState({ leader: 3 })])],
    )
    const response = createMetadata({ image }).metadata(9, ['t'])
    expect(response.brokers.map(({ nodeId }) => nodeId)).toEqual([1])
    expect(response.topics[0]?.partitions[0]).toMatchObject({ errorCode: ErrorCode.LISTENER_NOT_FOUND, leaderId: -1 })
  })

  it('says REPLICA_NOT_AVAILABLE in version 0 and lists only live replicas', () => {
    const image = imageOf([broker(1)], [topic('t', TOPIC_ID, [partitionState()])])
    expect(createMetadata({ image }).metadata(0, ['t']).topics[0]?.partitions[0]).toMatchObject({
      errorCode: ErrorCode.REPLICA_NOT_AVAILABLE,
      replicaNodes: [1],
      isrNodes: [1],
    })
  })

  it('gives the endpoints of the listener that was asked, replacing * by the address it was reached at', () => {
    const star = (id: number) =>
      broker(id, { endpoints: [endpoint('CLIENT', '*', 9090 + id), endpoint('INTERNAL', `internal-${id}`, 1)] })
    const { metadata } = createMetadata({ image: imageOf([star(1), star(2)], []) })
    const hosts = (options: AskOptions) =>
      metadata(9, [], {}, options).brokers.map(({ host, port }) => `${host}:${port}`)
    expect(hosts({ connection: { localAddress: '::ffff:192.168.1.5' } })).toEqual([
      '192.168.1.5:9091',
      '192.168.1.5:9092',
    ])
    expect(hosts({ connection: { localAddress: '::1' } })).toEqual(['::1:9091', '::1:9092'])
    expect(hosts({ connection: { listenerName: 'INTERNAL' } })).toEqual(['internal-1:1', 'internal-2:1'])
  })

  it('names a live broker as controller when it is itself not yet live', () => {
    const image = imageOf([broker(1, { fenced: true }), broker(2)], [])
    expect(createMetadata({ image }).metadata(9, []).controllerId).toBe(2)
  })

  it('creates an unknown topic and answers with its partitions at once', () => {
    const { metadata, created } = createMetadata()
    const response = metadata(4, ['new-topic', 'orders'], { allowAutoTopicCreation: true })
    expect(created).toEqual(['new-topic'])
    expect(response.topics.map(({ name, errorCode, partitions }) => [name, errorCode, partitions.length])).toEqual([
      ['new-topic', 0, 1],
      ['orders', 0, 3],
    ])
    expect(metadata(3, ['another']).topics[0]?.errorCode).toBe(0)
  })

  it('creates nothing that was not allowed, not asked by name, or illegal', () => {
    const { metadata, created } = createMetadata()
    expect(metadata(4, ['new'], { allowAutoTopicCreation: false }).topics[0]?.errorCode).toBe(
      ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    )
    expect(
      metadata(4, ['a b', '', '..', 'x'.repeat(250)], { allowAutoTopicCreation: true }).topics.map(
        ({ errorCode }) => errorCode,
      ),
    ).toEqual([17, 17, 17, 17])
    expect(metadata(4, ['__consumer_offsets'], { allowAutoTopicCreation: true }).topics[0]).toMatchObject({
      errorCode: 3,
      isInternal: true,
    })
    metadata(4, null)
    expect(created).toEqual([])
    const off = createMetadata({ properties: { 'auto.create.topics.enable': 'false' } })
    expect(off.metadata(1, ['new']).topics[0]?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    expect(off.created).toEqual([])
  })

  it('answers with the reason when a topic could not be created', () => {
    const { metadata } = createMetadata({ create: () => ErrorCode.INVALID_REPLICATION_FACTOR })
    expect(metadata(9, ['new'], { allowAutoTopicCreation: true }).topics[0]?.errorCode).toBe(
      ErrorCode.INVALID_REPLICATION_FACTOR,
    )
  })

  it('looks topics up by id from version 12 on', () => {
    const { handler } = createMetadata()
    const byId = (version: number, topicId: string, name: string | null = null) =>
      ask(handler, metadataRequest, metadataResponse, version, { topics: [{ topicId, name }] }).response?.topics[0]
    expect(byId(12, TOPIC_ID)).toMatchObject({ errorCode: 0, name: 'orders' })
    // As Java consumers do that subscribe by a pattern (KIP-848).
    expect(byId(12, TOPIC_ID, '')).toMatchObject({ errorCode: 0, name: 'orders' })
    expect(byId(12, CLUSTER_ID)).toMatchObject({
      errorCode: ErrorCode.UNKNOWN_TOPIC_ID,
      name: null,
      topicId: CLUSTER_ID,
    })
    expect(byId(10, TOPIC_ID, 'orders')?.errorCode).toBe(ErrorCode.INVALID_REQUEST)
  })
})
