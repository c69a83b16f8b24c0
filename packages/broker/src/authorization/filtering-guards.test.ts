/** Guards that leave out instead of refusing, and what they tell of the operations that are allowed. */
import { guardHandlers } from '@millrace/network/guard'
import {
  AclOperation,
  CLUSTER_NAME,
  PatternType,
  PermissionType,
  ResourceType,
  type Acl,
} from '@millrace/policy/acl/acl'
import { AclAuthority } from '@millrace/policy/acl/authority'
import type { Encodable, RequestDefinition, ResponseDefinition } from '@millrace/protocol/definition'
import { ErrorCode } from '@millrace/protocol/errors'
import { metadataRequest, metadataResponse } from '@millrace/protocol/messages/03-metadata'
import { offsetFetchRequest, offsetFetchResponse } from '@millrace/protocol/messages/09-offset-fetch'
import { describeGroupsRequest, describeGroupsResponse } from '@millrace/protocol/messages/15-describe-groups'
import { listGroupsRequest, listGroupsResponse } from '@millrace/protocol/messages/16-list-groups'
import { describeClusterRequest, describeClusterResponse } from '@millrace/protocol/messages/60-describe-cluster'
import { listTransactionsRequest, listTransactionsResponse } from '@millrace/protocol/messages/66-list-transactions'
import {
  describeTopicPartitionsRequest,
  describeTopicPartitionsResponse,
} from '@millrace/protocol/messages/75-describe-topic-partitions'
import { describe, expect, it } from 'vitest'
import { metadataHandler } from '../handlers/03-metadata.ts'
import { describeClusterHandler } from '../handlers/60-describe-cluster.ts'
import { describeTopicPartitionsHandler } from '../handlers/75-describe-topic-partitions.ts'
import {
  OTHER_TOPIC_ID,
  TOPIC_ID,
  ask,
  broker,
  createHandlerFixture,
  imageOf,
  partitionState,
  topic,
} from '../handlers/handler-fixture.ts'
import { brokerGuards } from './guards.ts'

const { READ, WRITE, DESCRIBE, CREATE, ALTER, ALL } = AclOperation
const REFUSED = ErrorCode.TOPIC_AUTHORIZATION_FAILED

function acl(operation: number, resourceType: number, resourceName: string, more: Partial<Acl> = {}): Acl {
  return {
    resourceType,
    resourceName,
    patternType: PatternType.LITERAL,
    principal: 'User:*',
    host: '*',
    operation,
    permissionType: PermissionType.ALLOW,
    ...more,
  }
}
const onTopic = (operation: number, name: string): Acl => acl(operation, ResourceType.TOPIC, name)
const onCluster = (operation: number): Acl => acl(operation, ResourceType.CLUSTER, CLUSTER_NAME)

/** `orders` and `secret` exist. Nothing is allowed but by the ACLs. */
function createGuarded(acls: readonly Acl[]) {
  const image = imageOf(
    [broker(1)],
    [topic('orders', TOPIC_ID, [partitionState()]), topic('secret', OTHER_TOPIC_ID, [partitionState()])],
  )
  const { runtime } = createHandlerFixture(image, { 'auto.create.topics.enable': 'true' })
  runtime.authorizer.use([new AclAuthority({ acls, superUsers: new Set(), allowEveryoneIfNoAcl: false })])
  const created: string[] = []
  const creation = {
    create(_client: object, wanted: { name: string }, done: (errorCode: number) => void) {
      created.push(wanted.name)
      done(ErrorCode.NONE)
    },
  }
  const guard = <Q extends RequestDefinition, R extends ResponseDefinition>(
    handler: { readonly request: Q; readonly response: R },
    version: number,
    body: Encodable<Q>,
  ) => {
    const key = handler.request.apiKey
    const guarded = guardHandlers(new Map([[key, handler as never]]), brokerGuards(runtime), runtime.authorizer)
    return ask(guarded.get(key) as never, handler.request, handler.response, version, body).response
  }
  /** A handler that answers `answer`, whatever is asked. */
  const answering = <Q extends RequestDefinition, R extends ResponseDefinition>(
    request: Q,
    response: R,
    answer: Encodable<R>,
  ) => ({
    request,
    response,
    handle: (_: unknown, __: unknown, respond: (told: Encodable<R>) => void) => respond(answer),
  })
  const metadata = (version: number, body: Encodable<typeof metadataRequest>) =>
    guard(
      { ...metadataHandler(runtime, creation as never), request: metadataRequest, response: metadataResponse },
      version,
      body,
    )
  return { runtime, created, guard, answering, metadata }
}

describe('Metadata behind ACLs', () => {
  it.each([0, 1, 12])('leaves topics out of the list of all in version %d', (version) => {
    const { metadata, runtime } = createGuarded([onTopic(READ, 'orders')])
    const told = metadata(version, { topics: version === 0 ? [] : null })
    expect(told?.topics.map(({ name }) => name)).toEqual(['orders'])
    expect(runtime.authorizer.denials.list()).toEqual([])
  })

  it('tells the same of a topic whether it exists or not', () => {
    const { metadata, created } = createGuarded([onTopic(DESCRIBE, 'orders')])
    const told = metadata(9, { topics: [{ name: 'secret' }, { name: 'nothing' }, { name: 'orders' }] })
    const shown = told?.topics.map(({ name, errorCode, partitions }) => [name, errorCode, partitions.length])
    expect(shown).toEqual([
      ['orders', 0, 1],
      ['secret', REFUSED, 0],
      ['nothing', REFUSED, 0],
    ])
    expect(created).toEqual([])
  })

  it('keeps name from who asks by id, and id from who asks by name', () => {
    const { metadata } = createGuarded([])
    const byId = metadata(12, { topics: [{ name: null, topicId: OTHER_TOPIC_ID }] })?.topics[0]
    expect(byId).toMatchObject({ errorCode: REFUSED, name: null, topicId: OTHER_TOPIC_ID })
    const byName = metadata(12, { topics: [{ name: 'secret' }] })?.topics[0]
    expect(byName).toMatchObject({ errorCode: REFUSED, name: 'secret', topicId: 'AAAAAAAAAAAAAAAAAAAAAA' })
  })

  it('does not answer with all topics when version 0 asks for one that is refused', () => {
    const { metadata } = createGuarded([onTopic(DESCRIBE, 'orders')])
    expect(metadata(0, { topics: [{ name: 'secret' }] })?.topics.map(({ name }) => name)).toEqual(['secret'])
  })

  it.each<[string, Acl[], boolean]>([
    ['with DESCRIBE alone', [onTopic(DESCRIBE, 'new')], false],
    ['with CREATE alone', [onTopic(CREATE, 'new')], false],
    ['with both', [onTopic(DESCRIBE, 'new'), onTopic(CREATE, 'new')], true],
    ['with CREATE on the cluster', [onTopic(DESCRIBE, 'new'), onCluster(CREATE)], true],
  ])('creates a topic that is asked for: %s', (_, acls, creates) => {
    const { metadata, created } = createGuarded(acls)
    const told = metadata(4, { topics: [{ name: 'new' }], allowAutoTopicCreation: true })
    expect(created).toEqual(creates ? ['new'] : [])
    expect(told?.topics[0]?.errorCode).toBe(creates ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : REFUSED)
  })

  it('tells the operations that are allowed on topics and cluster', () => {
    const body = { topics: null, includeTopicAuthorizedOperations: true, includeClusterAuthorizedOperations: true }
    const { metadata } = createGuarded([onTopic(WRITE, 'orders'), onCluster(ALTER)])
    const told = metadata(9, body)
    expect(told?.topics[0]?.topicAuthorizedOperations).toBe((1 << WRITE) | (1 << DESCRIBE))
    expect(told?.clusterAuthorizedOperations).toBe((1 << ALTER) | (1 << DESCRIBE))
    const nothing = createGuarded([onCluster(CREATE)]).metadata(9, body)
    expect(nothing?.clusterAuthorizedOperations).toBe(0)
  })
})

describe('other lists behind ACLs', () => {
  it('DescribeTopicPartitions pages through what may be described', () => {
    const { guard, runtime } = createGuarded([onTopic(READ, 'secret')])
    const handler = {
      ...describeTopicPartitionsHandler(runtime),
      request: describeTopicPartitionsRequest,
      response: describeTopicPartitionsResponse,
    }
    const all = guard(handler, 0, { topics: [], cursor: null })
    expect(all?.topics.map(({ name }) => name)).toEqual(['secret'])
    expect(all?.topics[0]?.topicAuthorizedOperations).toBe((1 << READ) | (1 << DESCRIBE))
    const named = guard(handler, 0, { topics: [{ name: 'orders' }, { name: 'secret' }], cursor: null })
    expect(named?.topics.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      ['secret', 0],
      ['orders', REFUSED],
    ])
  })

  it('DescribeTopicPartitions tells nothing when nothing may be described', () => {
    const { guard, runtime } = createGuarded([])
    const handler = {
      ...describeTopicPartitionsHandler(runtime),
      request: describeTopicPartitionsRequest,
      response: describeTopicPartitionsResponse,
    }
    expect(guard(handler, 0, { topics: [], cursor: null })?.topics).toEqual([])
  })

  it('DescribeCluster tells the brokers to everyone and the operations to who may describe the cluster', () => {
    const told = (...acls: readonly Acl[]): (number | undefined)[] => {
      const { guard, runtime } = createGuarded(acls)
      const handler = {
        ...describeClusterHandler(runtime),
        request: describeClusterRequest,
        response: describeClusterResponse,
      }
      const response = guard(handler, 1, { includeClusterAuthorizedOperations: true })
      return [response?.brokers.length, response?.clusterAuthorizedOperations]
    }
    expect(told()).toEqual([1, 0])
    expect(told(onCluster(DESCRIBE))).toEqual([1, 1 << DESCRIBE])
    expect(told(onCluster(ALL))).toEqual([1, 0b1_1111_1010_0000])
  })

  const groups = ['a', 'b'].map((groupId) => ({ groupId, protocolType: '', groupState: '', groupType: '' }))

  it('ListGroups shows the groups that may be described, or all with DESCRIBE on the cluster', () => {
    const list = (...acls: readonly Acl[]): string[] | undefined => {
      const { guard, answering } = createGuarded(acls)
      const handler = answering(listGroupsRequest, listGroupsResponse, { throttleTimeMs: 0, errorCode: 0, groups })
      return guard(handler, 5, { statesFilter: [], typesFilter: [] })?.groups.map(({ groupId }) => groupId)
    }
    expect(list()).toEqual([])
    expect(list(acl(READ, ResourceType.GROUP, 'b'))).toEqual(['b'])
    expect(list(onCluster(DESCRIBE))).toEqual(['a', 'b'])
  })

  it('DescribeGroups tells the operations that are allowed on a group', () => {
    const { guard, answering } = createGuarded([acl(READ, ResourceType.GROUP, 'a')])
    const group = { errorCode: 0, groupId: 'a', groupState: '', protocolType: '', protocolData: '', members: [] }
    const handler = answering(describeGroupsRequest, describeGroupsResponse, { groups: [group] })
    const told = guard(handler, 5, { groups: ['a'], includeAuthorizedOperations: true })
    expect(told?.groups[0]?.authorizedOperations).toBe((1 << READ) | (1 << DESCRIBE))
  })

  it('ListTransactions shows the transactional ids that may be described', () => {
    const { guard, answering } = createGuarded([acl(WRITE, ResourceType.TRANSACTIONAL_ID, 'b')])
    const transactionStates = ['a', 'b'].map((transactionalId) => ({
      transactionalId,
      producerId: 1,
      transactionState: 'Empty',
    }))
    const handler = answering(listTransactionsRequest, listTransactionsResponse, {
      throttleTimeMs: 0,
      errorCode: 0,
      unknownStateFilters: [],
      transactionStates,
    })
    const told = guard(handler, 1, { stateFilters: [], producerIdFilters: [] })
    expect(told?.transactionStates.map(({ transactionalId }) => transactionalId)).toEqual(['b'])
  })

  it.each([7, 8])('OffsetFetch of all topics shows those that may be described in version %d', (version) => {
    const { guard, answering } = createGuarded([acl(READ, ResourceType.GROUP, 'g'), onTopic(READ, 'orders')])
    const topics = ['orders', 'secret'].map((name) => ({ name, partitions: [] }))
    const handler = answering(offsetFetchRequest, offsetFetchResponse, {
      ...(version === 8 ? { groups: [{ groupId: 'g', topics, errorCode: 0 }] } : { topics, errorCode: 0 }),
    })
    const told = guard(handler, version, {
      ...(version === 8 ? { groups: [{ groupId: 'g', topics: null }] } : { groupId: 'g', topics: null }),
    })
    const shown = version === 8 ? told?.groups[0]?.topics : told?.topics
    expect(shown?.map(({ name }) => name)).toEqual(['orders'])
  })
})
