import { ErrorCode } from '@millrace/protocol/errors'
import { findCoordinatorRequest, findCoordinatorResponse } from '@millrace/protocol/messages/10-find-coordinator'
import { describe, expect, it } from 'vitest'
import type { TopicCreation } from '../forwarding/topic-creation.ts'
import { findCoordinatorHandler } from './10-find-coordinator.ts'
import {
  OTHER_TOPIC_ID,
  TOPIC_ID,
  ask,
  broker,
  createHandlerFixture,
  endpoint,
  imageOf,
  partitionState,
  topic,
} from './handler-fixture.ts'

const star = broker(2, { endpoints: [endpoint('CLIENT', '*', 9093)] })
const image = imageOf(
  [broker(1), star],
  [
    topic('__consumer_offsets', TOPIC_ID, [partitionState({ leader: 2 })]),
    topic('__transaction_state', OTHER_TOPIC_ID, [partitionState({ leader: 1 })]),
  ],
)

function find(version: number, keyType: number, key: string) {
  const { runtime } = createHandlerFixture(image)
  const topicCreation = {
    create: (_client: object, _topic: object, callback: (errorCode: number) => void) => callback(0),
  } as unknown as TopicCreation
  const body = version >= 4 ? { keyType, coordinatorKeys: [key] } : version >= 1 ? { key, keyType } : { key }
  const handler = findCoordinatorHandler(runtime, topicCreation)
  const { response } = ask(handler, findCoordinatorRequest, findCoordinatorResponse, version, body)
  return version >= 4 ? response?.coordinators[0] : response
}

describe('FindCoordinator', () => {
  it.each([0, 1, 2, 3, 4, 5, 6])('gives the endpoint of the listener that was asked, in version %d', (version) => {
    expect(find(version, 0, 'group')).toMatchObject({ errorCode: 0, nodeId: 2, host: '127.0.0.1', port: 9093 })
  })

  it.each([1, 3, 4, 6])('finds the leader that holds a transactional id in version %d', (version) => {
    expect(find(version, 1, 'tx')).toMatchObject({ errorCode: 0, nodeId: 1, host: 'broker-1', port: 9092 })
  })

  it.each([
    [3, 'NONE'],
    [4, ''],
  ])('says in version %d of success %j', (version, errorMessage) => {
    expect(find(version, 0, '')).toMatchObject({ errorCode: 0, nodeId: 2, errorMessage })
  })

  it('refuses key types that are not served', () => {
    expect(find(6, 2, 'group:topic:0')?.errorCode).toBe(ErrorCode.INVALID_REQUEST)
  })
})
