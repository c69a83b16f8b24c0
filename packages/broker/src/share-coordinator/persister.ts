/**
 * SharePersister: reaches the share coordinator of a share partition, here or at another broker, over Kafka's own APIs
 * (83–87). It asks again while the coordinator moves, loads or is away, as long as it is worth it.
 */
import { ApiKey } from '@millrace/protocol/apis'
import { ErrorCode } from '@millrace/protocol/errors'
import type { Encodable, Decoded, RequestDefinition, ResponseDefinition } from '@millrace/protocol/definition'
import {
  initializeShareGroupStateRequest,
  initializeShareGroupStateResponse,
} from '@millrace/protocol/messages/83-initialize-share-group-state'
import {
  readShareGroupStateRequest,
  readShareGroupStateResponse,
} from '@millrace/protocol/messages/84-read-share-group-state'
import {
  writeShareGroupStateRequest,
  writeShareGroupStateResponse,
} from '@millrace/protocol/messages/85-write-share-group-state'
import {
  deleteShareGroupStateRequest,
  deleteShareGroupStateResponse,
} from '@millrace/protocol/messages/86-delete-share-group-state'
import {
  readShareGroupStateSummaryRequest,
  readShareGroupStateSummaryResponse,
} from '@millrace/protocol/messages/87-read-share-group-state-summary'
import { acceptedVersionRange, profileOf } from '@millrace/protocol/version-profiles'
import type { BrokerRuntime } from '../broker-runtime.ts'
import type { PeerChannels } from '../coordination/peer-channels.ts'
import { partitionForGroup } from '../groups/partition-for-group.ts'
import { SHARE_GROUP_STATE_TOPIC } from './internal-topic.ts'
import type { ShareCoordinator } from './share-coordinator.ts'
import {
  UNKNOWN_COUNT,
  UNINITIALIZED_OFFSET,
  type InitializeState,
  type StateBatch,
  type WriteState,
} from './share-state.ts'
import { shareKey, type SharePartitionId } from './share-state-records.ts'

/** How long a moving coordinator is waited for: longer than an election and a load take, shorter than clients wait. */
const PATIENCE_MS = 20_000
const RETRY_MS = 50
const RETRY_MS_MAX = 1_000
/** WriteShareGroupState from which on deliveries that are complete are counted. */
const COUNT_VERSION = 1
const REQUEST_TIMEOUT_MS = 10_000

export interface StoredState {
  readonly stateEpoch: number
  /** -1: none decided yet. */
  readonly startOffset: number
  readonly stateBatches: readonly StateBatch[]
}

export interface StateSummary {
  readonly stateEpoch: number
  readonly leaderEpoch: number
  /** -1: none decided yet, or nothing known of the share partition. */
  readonly startOffset: number
  /** -1: not counted. */
  readonly deliveryCompleteCount: number
}

export type PersistedCallback = (errorCode: number) => void

interface PartitionError {
  readonly errorCode: number
}

/** What is common to the answers of the five APIs. */
interface StateResponse<P extends PartitionError> {
  readonly results: readonly { readonly partitions: readonly P[] }[]
}

export class SharePersister {
  readonly #runtime: BrokerRuntime
  readonly #coordinator: ShareCoordinator
  readonly #channels: PeerChannels
  /** Makes `__share_group_state` when it is not there; calls back when there is reason to look again. */
  readonly #makeTopic: (done: () => void) => void

  constructor(
    runtime: BrokerRuntime,
    coordinator: ShareCoordinator,
    channels: PeerChannels,
    makeTopic: (done: () => void) => void,
  ) {
    this.#runtime = runtime
    this.#coordinator = coordinator
    this.#channels = channels
    this.#makeTopic = makeTopic
  }

  initialize(id: SharePartitionId, state: InitializeState, done: PersistedCallback): void {
    this.#untilAnswered(id, done, (leader, answered) => {
      if (leader === null) return this.#coordinator.initialize(id, state, answered)
      const body = requestFor(id, { partition: id.partition, ...state })
      this.#send(leader, initializeShareGroupStateRequest, initializeShareGroupStateResponse, 0, body, answered)
    })
  }

  read(id: SharePartitionId, leaderEpoch: number, done: (errorCode: number, state: StoredState | null) => void): void {
    let found: StoredState = { stateEpoch: 0, startOffset: UNINITIALIZED_OFFSET, stateBatches: [] }
    const told: PersistedCallback = (errorCode) => done(errorCode, errorCode === ErrorCode.NONE ? found : null)
    this.#untilAnswered(id, told, (leader, answered) => {
      if (leader === null) {
        return this.#coordinator.read(id, { leaderEpoch }, (errorCode, _message, state) => {
          if (state !== null) found = state
          answered(errorCode)
        })
      }
      const body = requestFor(id, { partition: id.partition, leaderEpoch })
      const take = (state: StoredState): void => void (found = state)
      return this.#send(leader, readShareGroupStateRequest, readShareGroupStateResponse, 0, body, answered, take)
    })
  }

  write(id: SharePartitionId, state: WriteState, done: PersistedCallback): void {
    this.#untilAnswered(id, done, (leader, answered) => {
      if (leader === null) return this.#coordinator.write(id, state, answered)
      const version = this.#version(ApiKey.WriteShareGroupState)
      const deliveryCompleteCount = version >= COUNT_VERSION ? state.deliveryCompleteCount : UNKNOWN_COUNT
      const body = requestFor(id, { partition: id.partition, ...state, deliveryCompleteCount })
      this.#send(leader, writeShareGroupStateRequest, writeShareGroupStateResponse, version, body, answered)
    })
  }

  delete(id: SharePartitionId, done: PersistedCallback): void {
    this.#untilAnswered(id, done, (leader, answered) => {
      if (leader === null) return this.#coordinator.delete(id, answered)
      const body = requestFor(id, { partition: id.partition })
      this.#send(leader, deleteShareGroupStateRequest, deleteShareGroupStateResponse, 0, body, answered)
    })
  }

  readSummary(id: SharePartitionId, done: (errorCode: number, summary: StateSummary | null) => void): void {
    let found: StateSummary = {
      stateEpoch: 0,
      leaderEpoch: -1,
      startOffset: UNINITIALIZED_OFFSET,
      deliveryCompleteCount: UNKNOWN_COUNT,
    }
    const told: PersistedCallback = (errorCode) => done(errorCode, errorCode === ErrorCode.NONE ? found : null)
    this.#untilAnswered(id, told, (leader, answered) => {
      if (leader === null) {
        return this.#coordinator.read(id, { leaderEpoch: -1 }, (errorCode, _message, state) => {
          if (state !== null) found = state
          answered(errorCode)
        })
      }
      const body = requestFor(id, { partition: id.partition, leaderEpoch: -1 })
      const [request, response] = [readShareGroupStateSummaryRequest, readShareGroupStateSummaryResponse]
      const take = (summary: StateSummary): void => void (found = summary)
      return this.#send(
        leader,
        request,
        response,
        this.#version(ApiKey.ReadShareGroupStateSummary),
        body,
        answered,
        take,
      )
    })
  }

  #version(apiKey: number): number {
    return acceptedVersionRange(profileOf(this.#runtime.config.kafkaVersion), apiKey)?.max ?? 0
  }

  /** Sends a request about one share partition; `take` gets the partition's answer when it holds no error. */
  #send<const Q extends RequestDefinition, const R extends ResponseDefinition>(
    leader: number,
    request: Q,
    response: R,
    version: number,
    body: Encodable<Q>,
    answered: PersistedCallback,
    take?: (answer: never) => void,
  ): void {
    this.#channels.send(
      leader,
      request,
      response,
      version,
      body,
      (error, answer: Decoded<R> | null) => {
        const result = (answer as StateResponse<PartitionError> | null)?.results[0]?.partitions[0]
        if (error !== null || result === undefined) return answered(ErrorCode.NETWORK_EXCEPTION)
        if (result.errorCode === ErrorCode.NONE) take?.(result as never)
        answered(result.errorCode)
      },
      REQUEST_TIMEOUT_MS,
    )
  }

  /** Attempts until the answer is not one of a coordinator on the move. `leader` is null when it is this broker. */
  #untilAnswered(
    id: SharePartitionId,
    done: PersistedCallback,
    attempt: (leader: number | null, answered: PersistedCallback) => void,
  ): void {
    const { clock, timers } = this.#runtime.host
    const giveUpMs = clock.monotonicMs() + PATIENCE_MS
    let pauseMs = RETRY_MS
    const again = (errorCode: number): void => {
      if (clock.monotonicMs() + pauseMs > giveUpMs) return done(errorCode)
      timers.set(pauseMs, tryOnce)
      pauseMs = Math.min(RETRY_MS_MAX, pauseMs * 2)
    }
    const tryOnce = (): void => {
      const { image } = this.#runtime.metadata
      const partitions = image.topicsByName.get(SHARE_GROUP_STATE_TOPIC)?.partitions
      if (partitions === undefined) return this.#makeTopic(() => again(ErrorCode.COORDINATOR_NOT_AVAILABLE))
      const leader = partitions[partitionForGroup(shareKey(id), partitions.length)]?.leader ?? -1
      if (leader < 0) return again(ErrorCode.COORDINATOR_NOT_AVAILABLE)
      return attempt(leader === this.#runtime.nodeId ? null : leader, (errorCode) =>
        isPassing(errorCode) ? again(errorCode) : done(errorCode),
      )
    }
    tryOnce()
  }
}

function isPassing(errorCode: number): boolean {
  switch (errorCode) {
    case ErrorCode.NOT_COORDINATOR:
    case ErrorCode.COORDINATOR_NOT_AVAILABLE:
    case ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
    case ErrorCode.NETWORK_EXCEPTION:
      return true
    default:
      return false
  }
}

function requestFor<P>(
  { groupId, topicId }: SharePartitionId,
  partition: P,
): { groupId: string; topics: { topicId: string; partitions: P[] }[] } {
  return { groupId, topics: [{ topicId, partitions: [partition] }] }
}
