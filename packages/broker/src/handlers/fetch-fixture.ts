/** The Fetch handler on a runtime whose reads the test answers. Tests only. */
import { fetchRequest, fetchResponse, type FetchResponse } from '@millrace/protocol/messages/01-fetch'
import { buildBatch } from '@millrace/protocol/records/build-batch'
import { FetchSessionCache } from '../fetch-session/fetch-session-cache.ts'
import type { FetchPartition, FetchPartitionResult } from '../replication/fetch-types.ts'
import { fetchHandler } from './01-fetch.ts'
import {
  TOPIC_ID,
  ask,
  createHandlerFixture,
  defaultImage,
  type Answer,
  type AskOptions,
  type HandlerFixture,
  type ParkedFetch,
} from './handler-fixture.ts'

export const BATCH: Buffer = buildBatch({ records: [{ value: Buffer.from('hello') }], timestampMs: 1 })

interface Wanted {
  readonly topic?: string
  readonly topicId?: string
  readonly partition: number
  readonly fetchOffset?: number
}

export interface FetchFixture extends HandlerFixture {
  readonly sessions: FetchSessionCache
  readonly fetch: (
    version: number,
    wanted: readonly Wanted[],
    more?: object,
    options?: AskOptions,
  ) => Answer<typeof fetchResponse>
}

export function createFetch(): FetchFixture {
  const fixture = createHandlerFixture(defaultImage())
  const sessions = new FetchSessionCache(fixture.runtime.host, () => 10)
  const handler = fetchHandler(fixture.runtime, sessions)
  const fetch = (
    version: number,
    wanted: readonly Wanted[],
    more: object = {},
    options: AskOptions = {},
  ): Answer<typeof fetchResponse> => {
    const topics = wanted.map(({ topic = 'orders', topicId = TOPIC_ID, partition, fetchOffset = 0 }) => ({
      topic,
      topicId,
      partitions: [{ partition, fetchOffset, partitionMaxBytes: 1000 }],
    }))
    return ask(
      handler,
      fetchRequest,
      fetchResponse,
      version,
      { maxWaitMs: 500, minBytes: 1, topics, ...more } as never,
      options,
    )
  }
  return { ...fixture, sessions, fetch }
}

export function result(request: FetchPartition, more: Partial<FetchPartitionResult> = {}): FetchPartitionResult {
  return {
    request,
    errorCode: 0,
    highWatermark: 10,
    lastStableOffset: 10,
    logStartOffset: 0,
    divergingEpoch: null,
    preferredReadReplica: -1,
    currentLeader: null,
    abortedTransactions: null,
    records: null,
    ...more,
  }
}

export function answerAll(parked: ParkedFetch | undefined, more: Partial<FetchPartitionResult> = {}): void {
  parked?.answer(parked.spec.partitions.map((request) => result(request, more)))
}

type AnsweredPartition = FetchResponse['responses'][number]['partitions'][number]

export function partitionsOf(answer: Answer<typeof fetchResponse>): AnsweredPartition[] {
  return answer.response?.responses.flatMap(({ partitions }) => partitions) ?? []
}
