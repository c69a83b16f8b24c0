import { describe, expect, it } from 'vitest'
import type { ApiHandler } from '@millrace/network/api-handler'
import { unrestrictedAccess } from '@millrace/policy/acl/access'
import { ErrorCode } from '@millrace/protocol/errors'
import { describeGroupsRequest, describeGroupsResponse } from '@millrace/protocol/messages/15-describe-groups'
import { listGroupsRequest, listGroupsResponse } from '@millrace/protocol/messages/16-list-groups'
import {
  consumerGroupHeartbeatRequest,
  consumerGroupHeartbeatResponse,
} from '@millrace/protocol/messages/68-consumer-group-heartbeat'
import {
  consumerGroupDescribeRequest,
  consumerGroupDescribeResponse,
} from '@millrace/protocol/messages/69-consumer-group-describe'
import { serveConsumers, subscription } from '../groups/consumer/consumer-fixture.ts'
import type { GroupCoordinator } from '../groups/group-coordinator.ts'
import { describeGroupsHandler } from './15-describe-groups.ts'
import { listGroupsHandler } from './16-list-groups.ts'
import { consumerGroupHeartbeatHandler } from './68-consumer-group-heartbeat.ts'
import { consumerGroupDescribeHandler } from './69-consumer-group-describe.ts'
import { ALL_GROUP_OPERATIONS, NOT_ASKED } from './authorized-operations.ts'
import { ask, createHandlerFixture } from './handler-fixture.ts'
import { ConsumerMembers } from '../groups/consumer/consumer-members.ts'

/** A coordinator of one shard, on a cluster of `kafkaVersion`. */
function serve(options: { kafkaVersion?: string; groupVersion?: number; protocols?: string } = {}) {
  const { kafkaVersion = '4.1.x', groupVersion = 1, protocols } = options
  const consumers = serveConsumers({ orders: 2 })
  const features = new Map(groupVersion > 0 ? [['group.version', groupVersion]] : [])
  consumers.view.image = { ...consumers.view.image, features }
  const properties = protocols === undefined ? {} : { 'group.coordinator.rebalance.protocols': protocols }
  const { runtime } = createHandlerFixture(consumers.view.image, properties, {
    config: { properties, kafkaVersion },
    authorizer: { of: () => unrestrictedAccess },
  })
  const { shard, operations } = consumers
  const served = { shard, operations, consumerMembers: new ConsumerMembers(operations) }
  const locateAny = (groupId: string) =>
    groupId === 'elsewhere' ? { errorCode: ErrorCode.NOT_COORDINATOR, served: null } : { errorCode: 0, served }
  const coordinator = {
    locate: (groupId: string) =>
      groupId === '' ? { errorCode: ErrorCode.INVALID_GROUP_ID, served: null } : locateAny(groupId),
    locateAny,
    list: () => ({ errorCode: 0, groups: [...shard.groups.values()] }),
  } as unknown as GroupCoordinator
  const heartbeat: ApiHandler = consumerGroupHeartbeatHandler(runtime, coordinator) as ApiHandler
  const describeHandler: ApiHandler = consumerGroupDescribeHandler(runtime, coordinator) as ApiHandler
  return {
    consumers,
    coordinator,
    join: (groupId = 'g') => {
      const body = {
        groupId,
        memberId: 'm1',
        memberEpoch: 0,
        rebalanceTimeoutMs: 1_000,
        subscribedTopicNames: ['orders'],
        topicPartitions: [],
      }
      const answer = ask(heartbeat, consumerGroupHeartbeatRequest, consumerGroupHeartbeatResponse, 1, body)
      consumers.world.advance(5)
      return answer.response
    },
    describe: (...groupIds: string[]) =>
      ask(describeHandler, consumerGroupDescribeRequest, consumerGroupDescribeResponse, 1, {
        groupIds,
        includeAuthorizedOperations: false,
      }).response?.groups,
  }
}

describe('ConsumerGroupHeartbeat', () => {
  it('gives a member its partitions', () => {
    const told = serve().join()
    expect(told).toMatchObject({ errorCode: 0, memberId: 'm1', memberEpoch: 1 })
    expect(told?.assignment?.topicPartitions.map(({ partitions }) => partitions)).toEqual([[0, 1]])
  })

  it.each([
    ['4.1.x', 1, undefined, ErrorCode.NONE],
    ['4.1.x', 0, undefined, ErrorCode.UNSUPPORTED_VERSION],
    ['4.0.x', 1, 'classic', ErrorCode.UNSUPPORTED_VERSION],
    ['3.9.x', 0, undefined, ErrorCode.UNSUPPORTED_VERSION],
    ['3.9.x', 0, 'classic,consumer', ErrorCode.NONE],
  ])(
    'on %s with group.version %d and protocols %s is answered with %d',
    (kafkaVersion, groupVersion, protocols, code) => {
      const served = serve({ kafkaVersion, groupVersion, ...(protocols === undefined ? {} : { protocols }) })
      expect(served.join()?.errorCode).toBe(code)
      expect(served.describe('g')?.[0]?.errorCode).toBe(code)
    },
  )

  it('is sent away by a broker that does not coordinate the group', () => {
    expect(serve().join('elsewhere')).toMatchObject({ errorCode: ErrorCode.NOT_COORDINATOR, memberId: null })
  })

  it('needs the name of a group', () => {
    const errorMessage = "GroupId can't be empty."
    expect(serve().join('')).toMatchObject({ errorCode: ErrorCode.INVALID_REQUEST, errorMessage, memberId: null })
  })
})

describe('ConsumerGroupDescribe', () => {
  it('tells epochs, assignor, members, and what they have and should have', () => {
    const served = serve()
    served.join()
    expect(served.describe('g')?.[0]).toMatchObject({
      errorCode: 0,
      groupState: 'Stable',
      groupEpoch: 1,
      assignmentEpoch: 1,
      assignorName: 'uniform',
      members: [
        {
          memberId: 'm1',
          memberEpoch: 1,
          clientHost: '/10.1.2.3',
          subscribedTopicNames: ['orders'],
          subscribedTopicRegex: '',
          assignment: { topicPartitions: [{ topicName: 'orders', partitions: [0, 1] }] },
          targetAssignment: { topicPartitions: [{ topicName: 'orders', partitions: [0, 1] }] },
          memberType: 1,
        },
      ],
    })
  })

  it('does not know groups that are not there, are of another kind, or have no name', () => {
    const served = serve()
    served.consumers.join('', { protocols: [{ name: 'range', metadata: subscription(['orders']) }] })
    const codes = served.describe('g', 'nobody', '')?.map(({ errorCode }) => errorCode)
    expect(codes).toEqual([ErrorCode.GROUP_ID_NOT_FOUND, ErrorCode.GROUP_ID_NOT_FOUND, ErrorCode.INVALID_GROUP_ID])
  })
})

describe('a consumer group', () => {
  it('is no group to DescribeGroups', () => {
    const { join, coordinator } = serve()
    join()
    const handler = describeGroupsHandler(coordinator) as ApiHandler
    const ofVersion = (version: number) =>
      ask(handler, describeGroupsRequest, describeGroupsResponse, version, {
        groups: ['g'],
        includeAuthorizedOperations: true,
      }).response?.groups[0]
    expect(ofVersion(5)).toMatchObject({
      errorCode: 0,
      groupState: 'Dead',
      authorizedOperations: ALL_GROUP_OPERATIONS,
    })
    expect(ofVersion(6)).toMatchObject({
      errorCode: ErrorCode.GROUP_ID_NOT_FOUND,
      errorMessage: 'Group g is not a classic group.',
      authorizedOperations: NOT_ASKED,
    })
  })

  it.each([
    [[], [], ['g']],
    [['stable'], ['CONSUMER'], ['g']],
    [['empty'], [], []],
    [[], ['classic'], []],
  ])('is listed for states %j and types %j', (statesFilter, typesFilter, listed) => {
    const { join, coordinator } = serve()
    join()
    const handler = listGroupsHandler(coordinator) as ApiHandler
    const { response } = ask(handler, listGroupsRequest, listGroupsResponse, 5, { statesFilter, typesFilter })
    expect(response?.groups.map(({ groupId }) => groupId)).toEqual(listed)
  })
})
