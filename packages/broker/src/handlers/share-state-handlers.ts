/**
 * The APIs of the share coordinator (83–87): how leaders of share partitions and group coordinators keep the state of share
 * groups (KIP-932). Between brokers only.
 */
import type { ApiHandler } from '@millrace/network/api-handler'
import {
  initializeShareGroupStateRequest,
  initializeShareGroupStateResponse,
  type InitializeShareGroupStateRequest,
  type InitializeShareGroupStateResponseInput,
} from '@millrace/protocol/messages/83-initialize-share-group-state'
import {
  readShareGroupStateRequest,
  readShareGroupStateResponse,
  type ReadShareGroupStateRequest,
  type ReadShareGroupStateResponseInput,
} from '@millrace/protocol/messages/84-read-share-group-state'
import {
  writeShareGroupStateRequest,
  writeShareGroupStateResponse,
  type WriteShareGroupStateRequest,
  type WriteShareGroupStateResponseInput,
} from '@millrace/protocol/messages/85-write-share-group-state'
import {
  deleteShareGroupStateRequest,
  deleteShareGroupStateResponse,
  type DeleteShareGroupStateRequest,
  type DeleteShareGroupStateResponseInput,
} from '@millrace/protocol/messages/86-delete-share-group-state'
import {
  readShareGroupStateSummaryRequest,
  readShareGroupStateSummaryResponse,
  type ReadShareGroupStateSummaryRequest,
  type ReadShareGroupStateSummaryResponseInput,
} from '@millrace/protocol/messages/87-read-share-group-state-summary'
import type { ShareCoordinator } from '../share-coordinator/share-coordinator.ts'
import { UNINITIALIZED_OFFSET, UNKNOWN_COUNT, type ShareState } from '../share-coordinator/share-state.ts'
import type { SharePartitionId } from '../share-coordinator/share-state-records.ts'
import { messageOf } from './share-requests.ts'

/** What is told of a share partition that nothing is known of. */
const NO_STATE = {
  stateEpoch: 0,
  leaderEpoch: -1,
  startOffset: UNINITIALIZED_OFFSET,
  deliveryCompleteCount: UNKNOWN_COUNT,
  stateBatches: [],
} as const

interface AskedGroup<P> {
  readonly groupId: string
  readonly topics: readonly { readonly topicId: string; readonly partitions: readonly P[] }[]
}

interface Answered {
  readonly partition: number
  readonly errorCode: number
  readonly errorMessage: string | null
}

type Told = (errorCode: number, message: string | null, state?: ShareState | null) => void

/** Asks for every partition; `done` once, with the answers in the order of the request. */
function forEachPartition<P extends { readonly partition: number }, A>(
  { groupId, topics }: AskedGroup<P>,
  ask: (id: SharePartitionId, asked: P, told: Told) => void,
  answer: (answered: Answered, state: ShareState | null) => A,
  done: (results: { topicId: string; partitions: A[] }[]) => void,
): void {
  let waiting = 1
  const settle = (): void => {
    if (--waiting === 0) done(results.map(({ topicId, partitions }) => ({ topicId, partitions: partitions.flat() })))
  }
  const results = topics.map(({ topicId, partitions }) => ({ topicId, partitions: partitions.map((): A[] => []) }))
  topics.forEach(({ topicId, partitions }, topicIndex) => {
    partitions.forEach((asked, index) => {
      waiting++
      ask({ groupId, topicId, partition: asked.partition }, asked, (errorCode, message, state = null) => {
        const told = { partition: asked.partition, errorCode, errorMessage: message ?? messageOf(errorCode) }
        results[topicIndex]?.partitions[index]?.push(answer(told, state))
        settle()
      })
    })
  })
  settle()
}

function same<T>(value: T): T {
  return value
}

export function shareStateHandlers(coordinator: ShareCoordinator): readonly ApiHandler[] {
  const initialize: ApiHandler<InitializeShareGroupStateRequest, InitializeShareGroupStateResponseInput> = {
    request: initializeShareGroupStateRequest,
    response: initializeShareGroupStateResponse,
    internalOnly: true,
    handle: (_context, request, respond) =>
      forEachPartition(
        request,
        (id, asked, told) => coordinator.initialize(id, asked, told),
        same,
        (results) => respond({ results }),
      ),
  }
  const read: ApiHandler<ReadShareGroupStateRequest, ReadShareGroupStateResponseInput> = {
    request: readShareGroupStateRequest,
    response: readShareGroupStateResponse,
    internalOnly: true,
    handle: (_context, request, respond) =>
      forEachPartition(
        request,
        (id, asked, told) => coordinator.read(id, asked, told),
        (answered, state) => ({ ...NO_STATE, ...state, ...answered }),
        (results) => respond({ results }),
      ),
  }
  const write: ApiHandler<WriteShareGroupStateRequest, WriteShareGroupStateResponseInput> = {
    request: writeShareGroupStateRequest,
    response: writeShareGroupStateResponse,
    internalOnly: true,
    handle: (_context, request, respond) =>
      forEachPartition(
        request,
        (id, asked, told) => coordinator.write(id, asked, told),
        same,
        (results) => respond({ results }),
      ),
  }
  const remove: ApiHandler<DeleteShareGroupStateRequest, DeleteShareGroupStateResponseInput> = {
    request: deleteShareGroupStateRequest,
    response: deleteShareGroupStateResponse,
    internalOnly: true,
    handle: (_context, request, respond) =>
      forEachPartition(
        request,
        (id, _asked, told) => coordinator.delete(id, (errorCode) => told(errorCode, null)),
        same,
        (results) => respond({ results }),
      ),
  }
  const readSummary: ApiHandler<ReadShareGroupStateSummaryRequest, ReadShareGroupStateSummaryResponseInput> = {
    request: readShareGroupStateSummaryRequest,
    response: readShareGroupStateSummaryResponse,
    internalOnly: true,
    handle: (_context, request, respond) =>
      forEachPartition(
        request,
        (id, _asked, told) => coordinator.read(id, { leaderEpoch: -1 }, told),
        (answered, state) => ({ ...NO_STATE, ...state, ...answered }),
        (results) => respond({ results }),
      ),
  }
  return [initialize, read, write, remove, readSummary]
}
