import type { ApiHandler } from '@millrace/network/api-handler'
import { ErrorCode, errorMessage } from '@millrace/protocol/errors'
import {
  describeShareGroupOffsetsRequest,
  describeShareGroupOffsetsResponse,
} from '@millrace/protocol/messages/90-describe-share-group-offsets'
import {
  alterShareGroupOffsetsRequest,
  alterShareGroupOffsetsResponse,
} from '@millrace/protocol/messages/91-alter-share-group-offsets'
import { describe, expect, it } from 'vitest'
import type { GroupCoordinator } from '../groups/group-coordinator.ts'
import type { ShareOffsets } from '../groups/share/share-offsets.ts'
import { NO_TOPIC_ID } from '../share-partitions/end-offsets.ts'
import type { ShareParts } from '../share-partitions/share-parts.ts'
import { describeShareGroupOffsetsHandler } from './90-describe-share-group-offsets.ts'
import { alterShareGroupOffsetsHandler } from './91-alter-share-group-offsets.ts'
import { ask, createHandlerFixture, defaultImage, TOPIC_ID } from './handler-fixture.ts'
import { SHARE_VERSION_FEATURE } from './share-requests.ts'

/** @param errorCode what altering is refused with; NONE: it is done */
function serve(errorCode: number = ErrorCode.NONE) {
  const { runtime } = createHandlerFixture(defaultImage({ features: new Map([[SHARE_VERSION_FEATURE, 1]]) }))
  const altered: string[] = []
  const shareOffsets: Pick<ShareOffsets, 'alter' | 'describe'> = {
    alter: (groupId, offsets, done, refuse) => {
      altered.push(groupId)
      if (errorCode === ErrorCode.NONE) done(offsets.map(() => ErrorCode.NONE))
      else refuse(errorCode, null)
    },
    describe: (_groupId, _wanted, done) => done([]),
  }
  const coordinator = {
    locate: () => ({ errorCode: ErrorCode.NONE, served: { shareOffsets } }),
    locateAny: () => ({ errorCode: ErrorCode.NONE, served: { shareOffsets } }),
  } as unknown as GroupCoordinator
  const handler = alterShareGroupOffsetsHandler(runtime, coordinator) as ApiHandler
  const describing = describeShareGroupOffsetsHandler(runtime, coordinator, {} as ShareParts) as ApiHandler
  return {
    altered,
    alter: (...named: [topicName: string, partitionIndex: number][]) => {
      const topics = named.map(([topicName, partitionIndex]) => ({
        topicName,
        partitions: [{ partitionIndex, startOffset: 1 }],
      }))
      const body = { groupId: 's', topics }
      return ask(handler, alterShareGroupOffsetsRequest, alterShareGroupOffsetsResponse, 0, body).response
    },
    describe: (topicName: string) => {
      const groups = [{ groupId: 's', topics: [{ topicName, partitions: [3] }] }]
      const { response } = ask(describing, describeShareGroupOffsetsRequest, describeShareGroupOffsetsResponse, 0, {
        groups,
      })
      return response?.groups[0]
    },
  }
}

const unknown = {
  errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  errorMessage: errorMessage(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
}

describe('AlterShareGroupOffsets', () => {
  it('answers each partition once, and those that are not there with an error', () => {
    const fine = { errorCode: ErrorCode.NONE, errorMessage: null }
    expect(serve().alter(['orders', 0], ['nowhere', 0], ['orders', 9])?.responses).toEqual([
      {
        topicName: 'orders',
        topicId: TOPIC_ID,
        partitions: [
          { partitionIndex: 0, ...fine },
          { partitionIndex: 9, ...unknown },
        ],
      },
      { topicName: 'nowhere', topicId: NO_TOPIC_ID, partitions: [{ partitionIndex: 0, ...unknown }] },
    ])
  })

  it('does not ask the group about topics of which none is there', () => {
    const served = serve(ErrorCode.GROUP_ID_NOT_FOUND)
    expect(served.alter(['nowhere', 0])).toMatchObject({ errorCode: 0, responses: [{ partitions: [unknown] }] })
    expect(served.altered).toEqual([])
    expect(served.alter(['orders', 9])).toMatchObject({ errorCode: ErrorCode.GROUP_ID_NOT_FOUND, responses: [] })
    expect(served.altered).toEqual(['s'])
  })
})

describe('DescribeShareGroupOffsets', () => {
  it('knows no offset of a topic that is not there, and no error', () => {
    expect(serve().describe('nowhere')).toMatchObject({
      errorCode: 0,
      topics: [
        {
          topicName: 'nowhere',
          topicId: NO_TOPIC_ID,
          partitions: [{ partitionIndex: 3, startOffset: -1, leaderEpoch: 0, errorCode: 0, errorMessage: null }],
        },
      ],
    })
  })
})
