import { silentLogger } from '@millrace/base/logger'
import { KafkaError } from '@millrace/client/kafka-error'
import type { ApiHandler, RequestContext } from '@millrace/network/api-handler'
import { envelopeHandler } from '@millrace/network/envelope'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  createTopicsRequest,
  createTopicsResponse,
  type CreateTopicsRequest,
  type CreateTopicsResponseInput,
} from '@millrace/protocol/messages/19-create-topics'
import { encodeRequestFrame } from '@millrace/protocol/headers'
import type { EnvelopeRequest, EnvelopeResponseInput } from '@millrace/protocol/messages/58-envelope'
import { World } from '@millrace/testkit/world'
import { describe, expect, it } from 'vitest'
import {
  createHandlerFixture,
  defaultImage,
  imageOf,
  partitionState,
  topic,
  OTHER_TOPIC_ID,
} from '../handlers/handler-fixture.ts'
import type { ControllerChannel } from '../lifecycle/controller-channel.ts'
import { forwardedHandlers } from './forwarded-handlers.ts'
import { Forwarder, type ForwardingFailure } from './forwarder.ts'
import { TopicCreation } from './topic-creation.ts'

const CLIENT = { principal: 'User:CN=a:b', remoteAddress: '10.20.30.40' }
const VERSION = 5

type Reply = 'lost' | number | 'served' | 'silent'

/** A controller behind the channel: what it does with each envelope in turn; after the list it serves. */
function createForwarding(replies: Reply[] = [], topicError: number = ErrorCode.NONE) {
  const world = new World({ seed: 2 })
  const host = world.addHost('broker-1')
  const served: { context: RequestContext; request: CreateTopicsRequest }[] = []
  const createTopics: ApiHandler<CreateTopicsRequest, CreateTopicsResponseInput> = {
    request: createTopicsRequest,
    response: createTopicsResponse,
    handle(context, request, respond) {
      served.push({ context, request })
      respond({
        topics: request.topics.map(({ name }) => ({ name, errorCode: topicError, errorMessage: null, configs: null })),
      })
    },
  }
  const envelope = envelopeHandler({
    handlers: new Map([[19, createTopics as ApiHandler]]),
    versionRange: () => ({ min: 2, max: 7 }),
  })
  const carrier = {
    connection: { id: 9, listenerName: 'INTERNAL', internal: true, onClose: () => () => undefined },
  } as unknown as RequestContext
  let sent = 0
  const channel = {
    connected: true,
    send(
      _request: object,
      _response: object,
      _version: number,
      body: EnvelopeRequest,
      callback: (error: KafkaError | null, answer: EnvelopeResponseInput | null) => void,
    ) {
      const reply = replies[sent++] ?? 'served'
      host.timers.set(1, () => {
        if (reply === 'lost') callback(new KafkaError(ErrorCode.NETWORK_EXCEPTION, 'lost the controller'), null)
        else if (typeof reply === 'number') callback(null, { errorCode: reply, responseData: null })
        else if (reply === 'served') envelope.handle(carrier, body, (answer) => callback(null, answer))
      })
    },
  } as unknown as ControllerChannel
  const forwarder = new Forwarder(host, channel, silentLogger)
  const results: { failure: ForwardingFailure | null; errorCode: number | undefined }[] = []
  const create = (timeoutMs = 5_000) => {
    const body = {
      topics: [{ name: 't', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
      timeoutMs,
    }
    forwarder.send(CLIENT, createTopicsRequest, createTopicsResponse, VERSION, body, timeoutMs, (failure, response) => {
      results.push({ failure, errorCode: response?.topics[0]?.errorCode })
    })
  }
  return { world, host, forwarder, channel, served, results, create, sent: () => sent }
}

describe('Forwarder', () => {
  it('has the request answered as if the client had asked the controller itself', () => {
    const { world, served, results, create } = createForwarding()
    create()
    world.runUntil(() => results.length === 1)
    expect(results[0]).toEqual({ failure: null, errorCode: 0 })
    expect(served[0]?.request.topics[0]?.name).toBe('t')
    expect(served[0]?.context).toMatchObject({
      apiKey: 19,
      apiVersion: VERSION,
      connection: { principal: 'User:CN=a:b', remoteAddress: '10.20.30.40', internal: true },
    })
  })

  it('sends again while the controller is away or starting, so that a restart is only a delay', () => {
    const { world, results, create, sent } = createForwarding(['lost', ErrorCode.NOT_CONTROLLER, 'lost'])
    create()
    world.runUntil(() => results.length === 1)
    expect(results[0]).toEqual({ failure: null, errorCode: 0 })
    expect(sent()).toBe(4)
  })

  it('answers REQUEST_TIMED_OUT when the controller stays away for the whole time', () => {
    const { world, results, create } = createForwarding(Array.from({ length: 100 }, () => 'lost' as const))
    create(1_000)
    world.runUntil(() => results.length === 1)
    expect(world.nowMs).toBeGreaterThan(800)
    expect(world.nowMs).toBeLessThan(1_100)
    expect(results[0]?.failure).toMatchObject({ errorCode: ErrorCode.REQUEST_TIMED_OUT })
    expect(results[0]?.failure?.message).toMatch(/lost the controller/)
  })

  it('does not send again what the controller refused', () => {
    const { world, results, create, sent } = createForwarding([ErrorCode.UNSUPPORTED_VERSION])
    create()
    world.runUntil(() => results.length === 1)
    expect(results[0]?.failure?.errorCode).toBe(ErrorCode.UNSUPPORTED_VERSION)
    expect(sent()).toBe(1)
  })
})

describe('forwarded handlers', () => {
  const body = {
    topics: [{ name: 'x', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
    timeoutMs: 1_000,
  }

  function askForwarded(replies: Reply[]) {
    const forwarding = createForwarding(replies)
    const handler = forwardedHandlers(forwarding.forwarder, new Set([19])).get(19)
    const answers: CreateTopicsResponseInput[] = []
    const [bytes] = encodeRequestFrame(createTopicsRequest, VERSION, { correlationId: 3, clientId: 'c' }, body) as [
      Buffer,
    ]
    const context = {
      apiKey: 19,
      apiVersion: VERSION,
      requestBytes: bytes.subarray(4),
      connection: CLIENT,
    } as unknown as RequestContext
    handler?.handle(context, body, (response) => answers.push(response as CreateTopicsResponseInput))
    forwarding.world.runUntil(() => answers.length === 1)
    return { answer: answers[0], ...forwarding }
  }

  it('hands the controller exactly what the client sent', () => {
    const { answer, served } = askForwarded([])
    expect(answer?.topics[0]).toMatchObject({ name: 'x', errorCode: 0 })
    expect(served[0]?.context).toMatchObject({ clientId: 'c', correlationId: 3 })
  })

  it('tells the client of every topic it named when the controller is away', () => {
    const { answer } = askForwarded(Array.from({ length: 100 }, () => 'lost' as const))
    expect(answer?.topics).toEqual([
      {
        name: 'x',
        errorCode: ErrorCode.REQUEST_TIMED_OUT,
        errorMessage: expect.stringMatching(/controller/),
        configs: null,
      },
    ])
  })

  it('offers only what the controller serves', () => {
    const { forwarder } = createForwarding()
    expect([...forwardedHandlers(forwarder, new Set([20, 44])).keys()]).toEqual([20, 44])
  })
})

describe('TopicCreation', () => {
  const wanted = { name: 'new', partitions: -1, replicationFactor: -1, configs: [] }
  const withTopic = () => {
    const image = defaultImage()
    return imageOf(
      [...image.brokers.values()],
      [...image.topicsByName.values(), topic('new', OTHER_TOPIC_ID, [partitionState()])],
    )
  }

  function createCreation(replies: Reply[] = [], topicError: number = ErrorCode.NONE) {
    const forwarding = createForwarding(replies, topicError)
    const fixture = createHandlerFixture()
    const creation = new TopicCreation(forwarding.host, forwarding.forwarder, fixture.runtime.metadata)
    const codes: number[] = []
    return {
      ...forwarding,
      fixture,
      codes,
      create: () => creation.create(CLIENT, wanted, (errorCode) => codes.push(errorCode)),
    }
  }

  it('answers once this broker knows the topic, and asks the controller once for all who want it', () => {
    const { world, fixture, codes, create, served } = createCreation()
    create()
    create()
    world.advance(50)
    expect(codes).toEqual([])
    fixture.publish(withTopic())
    expect(codes).toEqual([0, 0])
    create()
    expect(codes).toEqual([0, 0, 0])
    expect(served.length).toBe(1)
  })

  it('takes a topic that another broker has just created for success', () => {
    const { world, fixture, codes, create } = createCreation([], ErrorCode.TOPIC_ALREADY_EXISTS)
    create()
    world.advance(50)
    fixture.publish(withTopic())
    expect(codes).toEqual([0])
  })

  it('passes the refusal of the controller on', () => {
    const { world, codes, create } = createCreation([], ErrorCode.INVALID_REPLICATION_FACTOR)
    create()
    world.runUntil(() => codes.length === 1)
    expect(codes).toEqual([ErrorCode.INVALID_REPLICATION_FACTOR])
  })

  it('answers with a retriable error when the controller is away, or the topic does not arrive here', () => {
    const away = createCreation(Array.from({ length: 200 }, () => 'lost' as const))
    away.create()
    away.world.runUntil(() => away.codes.length === 1)
    expect(away.codes).toEqual([ErrorCode.UNKNOWN_TOPIC_OR_PARTITION])
    const late = createCreation()
    late.create()
    late.world.runUntil(() => late.codes.length === 1)
    expect(late.codes).toEqual([ErrorCode.UNKNOWN_TOPIC_OR_PARTITION])
  })
})
