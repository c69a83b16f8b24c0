/**
 * The leader's side of a transaction's end: writes the COMMIT or ABORT marker into a partition, and when the partition is
 * one of `__consumer_offsets`, has the group coordinator settle the offsets that waited for it.
 */
import { ErrorCode } from '@millrace/protocol/errors'
import { buildTransactionMarker } from '@millrace/protocol/records/control-records'
import type { BrokerRuntime } from '../broker-runtime.ts'
import type { GroupCoordinator } from '../groups/group-coordinator.ts'
import { GROUP_METADATA_TOPIC } from '../groups/internal-topic.ts'
import { EPOCH_PER_TRANSACTION } from './decisions.ts'
import type { TransactionalAppends } from './transactional-appends.ts'

export interface Marker {
  readonly producerId: number
  readonly producerEpoch: number
  readonly commit: boolean
  readonly coordinatorEpoch: number
  /** With 2 the marker's epoch is above that of the transaction's records. */
  readonly transactionVersion: number
}

export class MarkerWriter {
  readonly #runtime: BrokerRuntime
  readonly #groups: GroupCoordinator
  readonly #appends: TransactionalAppends

  constructor(runtime: BrokerRuntime, groups: GroupCoordinator, appends: TransactionalAppends) {
    this.#runtime = runtime
    this.#groups = groups
    this.#appends = appends
  }

  /** `done` once: NONE when every in-sync replica has the marker. INVALID_PRODUCER_EPOCH and TRANSACTION_COORDINATOR_FENCED are final. */
  write(topic: string, index: number, marker: Marker, done: (errorCode: number) => void): void {
    const { replicaManager, settings, host } = this.#runtime
    const partition = replicaManager.get(topic, index)
    if (partition === undefined) return done(replicaManager.missingPartition(topic, index))
    if (!partition.isLeader) return done(ErrorCode.NOT_LEADER_OR_FOLLOWER)
    const refused = partition.log.producers.checkMarker({
      producerId: marker.producerId,
      epoch: marker.producerEpoch,
      coordinatorEpoch: marker.coordinatorEpoch,
    })
    if (refused !== ErrorCode.NONE) return done(refused)
    const state = partition.log.producers.get(marker.producerId)
    if (marker.transactionVersion >= EPOCH_PER_TRANSACTION && state?.epoch === marker.producerEpoch) {
      // The epoch came with the marker itself: this one repeats it. With records of that epoch it would end another transaction.
      return done(state.currentTxnFirstOffset < 0 ? ErrorCode.NONE : ErrorCode.INVALID_PRODUCER_EPOCH)
    }
    const { leaderEpoch } = partition
    const batch = buildTransactionMarker({
      commit: marker.commit,
      producerId: marker.producerId,
      producerEpoch: marker.producerEpoch,
      coordinatorEpoch: marker.coordinatorEpoch,
      timestampMs: host.clock.nowMs(),
    })
    const options = { acks: -1, timeoutMs: settings.number('request.timeout.ms'), origin: 'coordinator' } as const
    this.#appends.markerWritten(partition, marker.producerId, marker.producerEpoch)
    partition.appendAsLeader(null, batch, 0, batch.length, options, (errorCode) => {
      if (errorCode === ErrorCode.NONE && topic === GROUP_METADATA_TOPIC) {
        this.#groups.transactionEnded(index, leaderEpoch, marker.producerId, marker.commit)
      }
      done(errorCode)
    })
  }
}
