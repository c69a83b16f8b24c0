/**
 * Asks a transaction's coordinator, here or at another broker, whether a partition is part of the transaction, or has it
 * added (AddPartitionsToTxn 4 and above between brokers, KIP-890). Questions of one turn for one broker travel together,
 * at most one per transactional id in a request, since answers are told apart by it.
 */
import { ErrorCode } from '@millrace/protocol/errors'
import {
  addPartitionsToTxnRequest,
  addPartitionsToTxnResponse,
  type AddPartitionsToTxnResponse,
} from '@millrace/protocol/messages/24-add-partitions-to-txn'
import type { BrokerRuntime } from '../broker-runtime.ts'
import type { PeerChannels } from '../coordination/peer-channels.ts'
import { partitionForGroup } from '../groups/partition-for-group.ts'
import { EPOCH_PER_TRANSACTION } from './decisions.ts'
import { TRANSACTION_STATE_TOPIC } from './internal-topic.ts'
import type { TransactionalBatch } from './transactional-appends.ts'
import type { TransactionCoordinator } from './transaction-coordinator.ts'

const API_VERSION = 5
const REQUEST_TIMEOUT_MS = 10_000
/** A version 2 transaction often begins while the markers of the one before are being written: it is worth asking again. */
const CONCURRENT_RETRY_MS = 20
const CONCURRENT_RETRIES_MAX = 5

type Done = (errorCode: number) => void

interface Group {
  readonly batch: TransactionalBatch
  /** topic → partition → who asks. */
  readonly topics: Map<string, Map<number, Done[]>>
}

export class TransactionVerifier {
  readonly #runtime: BrokerRuntime
  readonly #coordinator: TransactionCoordinator
  readonly #channels: PeerChannels
  /** Questions of this turn by the coordinator's broker id. */
  readonly #gathered: Map<number, Group[]> = new Map()

  constructor(runtime: BrokerRuntime, coordinator: TransactionCoordinator, channels: PeerChannels) {
    this.#runtime = runtime
    this.#coordinator = coordinator
    this.#channels = channels
  }

  /** `done` with NONE, TRANSACTION_ABORTABLE, INVALID_PRODUCER_EPOCH for a fenced producer, or the coordinator's error. */
  ask(batch: TransactionalBatch, done: Done, retries = 0): void {
    this.#askOnce(batch, (errorCode) => {
      if (errorCode === ErrorCode.CONCURRENT_TRANSACTIONS && batch.adds && retries < CONCURRENT_RETRIES_MAX) {
        this.#runtime.host.timers.set(CONCURRENT_RETRY_MS, () => this.ask(batch, done, retries + 1))
      } else done(errorCode === ErrorCode.PRODUCER_FENCED ? ErrorCode.INVALID_PRODUCER_EPOCH : errorCode)
    })
  }

  #askOnce(batch: TransactionalBatch, done: Done): void {
    const { image } = this.#runtime.metadata
    const partitions = image.topicsByName.get(TRANSACTION_STATE_TOPIC)?.partitions
    const leader = partitions?.[partitionForGroup(batch.transactionalId, partitions.length)]?.leader ?? -1
    if (leader < 0) return done(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    if (leader === this.#runtime.nodeId) return this.#askHere(batch, done)
    let groups = this.#gathered.get(leader)
    if (groups === undefined) {
      this.#gathered.set(leader, (groups = []))
      this.#runtime.host.tick(() => this.#flush(leader))
    }
    let group = groups.find((candidate) => isSameTransaction(candidate.batch, batch))
    if (group === undefined) groups.push((group = { batch, topics: new Map() }))
    const { topic, partition } = batch.partition
    let indexes = group.topics.get(topic)
    if (indexes === undefined) group.topics.set(topic, (indexes = new Map()))
    const asking = indexes.get(partition)
    if (asking === undefined) indexes.set(partition, [done])
    else asking.push(done)
  }

  #askHere(batch: TransactionalBatch, done: Done): void {
    const { transactionalId, adds } = batch
    const { topic, partition } = batch.partition
    if (!adds) return done(this.#coordinator.verify(transactionalId, batch, topic, partition))
    const added = new Map([[topic, new Set([partition])]])
    return this.#coordinator.add(transactionalId, batch, added, EPOCH_PER_TRANSACTION, done)
  }

  #flush(leader: number): void {
    const groups = this.#gathered.get(leader) ?? []
    this.#gathered.delete(leader)
    let left: readonly Group[] = groups
    while (left.length > 0) {
      const seen = new Set<string>()
      const together: Group[] = []
      const later: Group[] = []
      for (const group of left) {
        const isFirst = !seen.has(group.batch.transactionalId)
        seen.add(group.batch.transactionalId)
        ;(isFirst ? together : later).push(group)
      }
      this.#send(leader, together)
      left = later
    }
  }

  #send(leader: number, groups: readonly Group[]): void {
    const body = {
      transactions: groups.map(({ batch, topics }) => ({
        transactionalId: batch.transactionalId,
        producerId: batch.producerId,
        producerEpoch: batch.producerEpoch,
        verifyOnly: !batch.adds,
        topics: [...topics].map(([name, partitions]) => ({ name, partitions: [...partitions.keys()] })),
      })),
    }
    this.#channels.send(
      leader,
      addPartitionsToTxnRequest,
      addPartitionsToTxnResponse,
      API_VERSION,
      body,
      (error, response) => {
        const failure =
          error === null ? (response?.errorCode ?? ErrorCode.NETWORK_EXCEPTION) : ErrorCode.NETWORK_EXCEPTION
        for (const group of groups) tell(group, failure, response)
      },
      REQUEST_TIMEOUT_MS,
    )
  }
}

function isSameTransaction(one: TransactionalBatch, other: TransactionalBatch): boolean {
  return (
    one.transactionalId === other.transactionalId &&
    one.producerId === other.producerId &&
    one.producerEpoch === other.producerEpoch &&
    one.adds === other.adds
  )
}

function tell({ batch, topics }: Group, failure: number, response: AddPartitionsToTxnResponse | null): void {
  const answered = response?.resultsByTransaction.find(
    ({ transactionalId }) => transactionalId === batch.transactionalId,
  )
  for (const [topic, partitions] of topics) {
    const results = answered?.topicResults.find(({ name }) => name === topic)?.resultsByPartition
    for (const [partition, asking] of partitions) {
      const result = results?.find(({ partitionIndex }) => partitionIndex === partition)
      const errorCode =
        failure === ErrorCode.NONE ? (result?.partitionErrorCode ?? ErrorCode.NETWORK_EXCEPTION) : failure
      for (const done of asking) done(errorCode)
    }
  }
}
