/**
 * TransactionCoordinator: the transactional ids of all partitions of `__transaction_state` that this broker leads. Routes
 * an id to its shard, opens and closes shards as leaderships come and go, writes what the decisions say, and sees every
 * decided transaction through to its markers, also those that another coordinator decided. Single owner: the broker's loop.
 * Facts: kafka-protocol §5.5.
 */
import type { TimerHandle } from '@millrace/base/host'
import type { MetadataImage } from '@millrace/metadata/image'
import { ErrorCode } from '@millrace/protocol/errors'
import type { BrokerRuntime } from '../broker-runtime.ts'
import { partitionForGroup } from '../groups/partition-for-group.ts'
import {
  completed,
  decideAdd,
  decideEnd,
  decideInit,
  fenced,
  hasTimedOut,
  verify,
  type Decision,
  type EndRequest,
  type InitRequest,
  type ProducerIdentity,
} from './decisions.ts'
import { TRANSACTION_STATE_TOPIC } from './internal-topic.ts'
import type { Markers } from './markers.ts'
import { TransactionShard } from './shard.ts'
import type { TransactionMetadata, TransactionPartitions } from './transaction-metadata.ts'
import { isAtRest, isDecided } from './transaction-state.ts'

export const TRANSACTION_VERSION_FEATURE = 'transaction.version'

const RETRY_MS = 100

/** `identity` is what the producer goes on with; null on error. */
export type ProducerCallback = (errorCode: number, identity: ProducerIdentity | null) => void

export type LocatedTransactions =
  | { readonly errorCode: 0; readonly shard: TransactionShard }
  | { readonly errorCode: number; readonly shard: null }

interface Served {
  readonly shard: TransactionShard
  /** Gives up the markers under way, by transactional id. */
  readonly sending: Map<string, () => void>
}

export class TransactionCoordinator {
  readonly #runtime: BrokerRuntime
  readonly #markers: Markers
  readonly #served: Map<number, Served> = new Map()
  readonly #unsubscribe: () => void
  #timeoutTimer: TimerHandle | null = null
  #expiryTimer: TimerHandle | null = null

  constructor(runtime: BrokerRuntime, markers: Markers) {
    this.#runtime = runtime
    this.#markers = markers
    this.#unsubscribe = runtime.metadata.subscribe((image) => this.#followLeaderships(image))
    this.#followLeaderships(runtime.metadata.image)
    this.#armTimeouts()
    this.#armExpiry()
  }

  /** The shard that serves `transactionalId`, or what a request for it is told. */
  locate(transactionalId: string): LocatedTransactions {
    const topic = this.#runtime.metadata.image.topicsByName.get(TRANSACTION_STATE_TOPIC)
    const served =
      topic === undefined ? undefined : this.#served.get(partitionForGroup(transactionalId, topic.partitions.length))
    if (served === undefined) return { errorCode: ErrorCode.NOT_COORDINATOR, shard: null }
    const { errorCode } = served.shard
    return errorCode === ErrorCode.NONE ? { errorCode, shard: served.shard } : { errorCode, shard: null }
  }

  /** Shards that are loaded, and whether others are still loading. */
  active(): { readonly loading: boolean; readonly shards: readonly TransactionShard[] } {
    const shards = [...this.#served.values()].map(({ shard }) => shard)
    return {
      loading: shards.some(({ state }) => state === 'loading'),
      shards: shards.filter(({ state }) => state === 'active'),
    }
  }

  /** InitProducerId for a transactional id. */
  init(transactionalId: string, request: InitRequest, done: ProducerCallback): void {
    const timeoutMsMax = this.#runtime.settings.number('transaction.max.timeout.ms')
    if (transactionalId === '') return done(ErrorCode.INVALID_REQUEST, null)
    if (request.timeoutMs <= 0 || request.timeoutMs > timeoutMsMax)
      return done(ErrorCode.INVALID_TRANSACTION_TIMEOUT, null)
    this.#decide(transactionalId, (current, fresh, nowMs) => decideInit(current, request, fresh, nowMs), done)
  }

  /** AddPartitionsToTxn and AddOffsetsToTxn: NONE when the partitions are in the transaction. */
  add(
    transactionalId: string,
    who: ProducerIdentity,
    partitions: TransactionPartitions,
    clientVersion: number,
    done: (errorCode: number) => void,
  ): void {
    if (transactionalId === '') return done(ErrorCode.INVALID_REQUEST)
    this.#decide(
      transactionalId,
      (current, _fresh, nowMs) => decideAdd(current, who, partitions, clientVersion, nowMs),
      done,
    )
  }

  /** Whether a partition is in the producer's transaction: TRANSACTION_ABORTABLE when it is not. */
  verify(transactionalId: string, who: ProducerIdentity, topic: string, partition: number): number {
    if (transactionalId === '') return ErrorCode.INVALID_REQUEST
    const { shard, errorCode } = this.locate(transactionalId)
    return shard === null ? errorCode : verify(shard.transactions.get(transactionalId) ?? null, who, topic, partition)
  }

  /** EndTxn: answered when the decision is durable; the markers follow. */
  end(transactionalId: string, request: EndRequest, done: ProducerCallback): void {
    if (transactionalId === '') return done(ErrorCode.INVALID_REQUEST, null)
    this.#decide(transactionalId, (current, fresh, nowMs) => decideEnd(current, request, fresh, nowMs), done)
  }

  close(): void {
    this.#unsubscribe()
    const { timers } = this.#runtime.host
    if (this.#timeoutTimer !== null) timers.clear(this.#timeoutTimer)
    if (this.#expiryTimer !== null) timers.clear(this.#expiryTimer)
    this.#timeoutTimer = this.#expiryTimer = null
    for (const partition of [...this.#served.keys()]) this.#resign(partition)
    this.#markers.close()
  }

  #decide(
    transactionalId: string,
    decide: (current: TransactionMetadata | null, freshProducerId: number | null, nowMs: number) => Decision,
    done: ProducerCallback,
    freshProducerId: number | null = null,
  ): void {
    const { shard, errorCode } = this.locate(transactionalId)
    if (shard === null) return done(errorCode, null)
    if (shard.pending.has(transactionalId)) return done(ErrorCode.CONCURRENT_TRANSACTIONS, null)
    const nowMs = this.#runtime.host.clock.nowMs()
    const decision = decide(shard.transactions.get(transactionalId) ?? null, freshProducerId, nowMs)
    switch (decision.kind) {
      case 'answer':
        return done(decision.errorCode, decision.identity)
      case 'needs-producer-id':
        // The state may be another when the id has come: it is looked at again.
        return this.#runtime.producerIds.next((idError, producerId) => {
          if (idError === ErrorCode.NONE) this.#decide(transactionalId, decide, done, producerId)
          else done(idError, null)
        })
      case 'fence':
        return this.#transition(shard, transactionalId, decision.to, (fenceError) =>
          done(fenceError === ErrorCode.NONE ? ErrorCode.CONCURRENT_TRANSACTIONS : fenceError, null),
        )
      case 'transition': {
        const { to } = decision
        // What the producer will have when the markers are written: the decision has said it already.
        const identity = isDecided(to.state) ? completed(to, nowMs) : to
        return this.#transition(shard, transactionalId, to, (writeError) =>
          done(writeError, writeError === ErrorCode.NONE ? identity : null),
        )
      }
    }
  }

  #transition(
    shard: TransactionShard,
    transactionalId: string,
    to: TransactionMetadata,
    done: (errorCode: number) => void,
  ): void {
    shard.transition(transactionalId, to, (errorCode) => {
      if (errorCode === ErrorCode.NONE && isDecided(to.state)) this.#sendMarkers(shard, transactionalId, to)
      done(errorCode)
    })
  }

  #sendMarkers(shard: TransactionShard, transactionalId: string, decided: TransactionMetadata): void {
    const served = this.#served.get(shard.partitionId)
    if (served?.shard !== shard) return
    const giveUp = this.#markers.send(
      {
        producerId: decided.producerId,
        producerEpoch: decided.producerEpoch,
        commit: decided.state === 'PrepareCommit',
        coordinatorEpoch: shard.coordinatorEpoch,
        transactionVersion: decided.clientVersion,
        partitions: decided.partitions,
      },
      () => {
        served.sending.delete(transactionalId)
        this.#complete(shard, transactionalId, decided)
      },
    )
    if (shard.transactions.get(transactionalId) === decided) served.sending.set(transactionalId, giveUp)
  }

  /** Another coordinator decided: its markers are sent again, once the decision is known to be committed. */
  #resume(shard: TransactionShard, transactionalId: string, decided: TransactionMetadata): void {
    if (shard.state !== 'active') return
    shard.confirm(transactionalId, decided, (errorCode) => {
      if (errorCode === ErrorCode.NONE) this.#sendMarkers(shard, transactionalId, decided)
      else this.#runtime.host.timers.set(RETRY_MS, () => this.#resume(shard, transactionalId, decided))
    })
  }

  /** Written until it is committed: without it the transactional id would stay decided for ever. */
  #complete(shard: TransactionShard, transactionalId: string, decided: TransactionMetadata): void {
    const { clock, timers } = this.#runtime.host
    if (shard.state !== 'active') return
    shard.transition(transactionalId, completed(decided, clock.nowMs()), (errorCode) => {
      if (errorCode === ErrorCode.NONE || shard.state !== 'active') return
      timers.set(RETRY_MS, () => this.#complete(shard, transactionalId, decided))
    })
  }

  #followLeaderships(image: MetadataImage): void {
    const partitions = image.topicsByName.get(TRANSACTION_STATE_TOPIC)?.partitions ?? []
    for (const [partition, { shard }] of this.#served) {
      const state = partitions[partition]
      if (state?.leader !== this.#runtime.nodeId || state.leaderEpoch !== shard.coordinatorEpoch)
        this.#resign(partition)
    }
    partitions.forEach((state, partition) => {
      if (state.leader === this.#runtime.nodeId && !this.#served.has(partition))
        this.#lead(partition, state.leaderEpoch)
    })
  }

  #lead(partitionId: number, coordinatorEpoch: number): void {
    const { host, logger, replicaManager, settings, metadata } = this.#runtime
    const partition = replicaManager.get(TRANSACTION_STATE_TOPIC, partitionId)
    // A replica whose storage failed cannot coordinate; the controller will move the leadership.
    if (partition === undefined || !partition.isLeader) return
    const shard = new TransactionShard({
      host,
      logger,
      partition,
      coordinatorEpoch,
      appendTimeoutMs: settings.number('request.timeout.ms'),
      transactionVersion: () => metadata.image.features.get(TRANSACTION_VERSION_FEATURE) ?? 0,
    })
    this.#served.set(partitionId, { shard, sending: new Map() })
    shard.load(() => {
      for (const [transactionalId, known] of shard.transactions) {
        if (isDecided(known.state)) this.#resume(shard, transactionalId, known)
      }
    })
  }

  #resign(partitionId: number): void {
    const served = this.#served.get(partitionId)
    if (served === undefined) return
    this.#served.delete(partitionId)
    served.shard.close()
    for (const giveUp of served.sending.values()) giveUp()
  }

  /** Aborts what has lasted too long. A failed try is made again at the next look, with the same epoch. */
  #abortTimedOut(): void {
    const nowMs = this.#runtime.host.clock.nowMs()
    for (const shard of this.active().shards) {
      for (const [transactionalId, known] of shard.transactions) {
        if (!hasTimedOut(known, nowMs) || shard.pending.has(transactionalId)) continue
        this.#runtime.logger.info('a transaction timed out and is aborted', {
          transactionalId,
          producerId: known.producerId,
        })
        this.#transition(shard, transactionalId, fenced(known, nowMs), () => {})
      }
    }
  }

  /** Forgets transactional ids at rest that nobody has used for transactional.id.expiration.ms. */
  #expire(): void {
    const nowMs = this.#runtime.host.clock.nowMs()
    const expirationMs = this.#runtime.settings.number('transactional.id.expiration.ms')
    for (const shard of this.active().shards) {
      for (const [transactionalId, { state, lastUpdateMs }] of shard.transactions) {
        if (!isAtRest(state) || nowMs - lastUpdateMs < expirationMs || shard.pending.has(transactionalId)) continue
        shard.transition(transactionalId, null, () => {})
      }
    }
  }

  #armTimeouts(): void {
    const { host, settings } = this.#runtime
    const intervalMs = settings.number('transaction.abort.timed.out.transaction.cleanup.interval.ms')
    this.#timeoutTimer = host.timers.set(intervalMs, () => {
      this.#abortTimedOut()
      this.#armTimeouts()
    })
  }

  #armExpiry(): void {
    const { host, settings } = this.#runtime
    const intervalMs = settings.number('transaction.remove.expired.transaction.cleanup.interval.ms')
    this.#expiryTimer = host.timers.set(intervalMs, () => {
      this.#expire()
      this.#armExpiry()
    })
  }
}
