/**
 * The leader's side of one partition's ISR: what it knows of its followers, the set that the controller committed, and
 * the one it has proposed. Proposals leave through the environment; until the controller has answered, members of both
 * sets count. Facts: kafka-protocol §4.2.
 */
import type { PartitionLog } from '@millrace/log/partition-log'
import type { PartitionState } from '@millrace/metadata/partition-state'
import { ErrorCode } from '@millrace/protocol/errors'
import { FollowerProgress } from './follower-progress.ts'
import { laggingMembers, mayJoinIsr, nextHighWatermark, type IsrState } from './isr-decisions.ts'
import type { IsrAnswer, PartitionEnvironment } from './partition-environment.ts'

const NOBODY: readonly number[] = []

export class InSyncReplicas {
  readonly #log: PartitionLog
  readonly #environment: PartitionEnvironment
  readonly #onCommitted: (partitionEpoch: number) => void
  #replicas: readonly number[] = NOBODY
  #isr: IsrState = { committed: NOBODY, proposed: null }
  #followers: FollowerProgress[] = []
  #leaderEpoch = -1
  #partitionEpoch = -1

  /** @param onCommitted the controller accepted a proposal: the ISR and this partition epoch are in force */
  constructor(log: PartitionLog, environment: PartitionEnvironment, onCommitted: (partitionEpoch: number) => void) {
    this.#log = log
    this.#environment = environment
    this.#onCommitted = onCommitted
  }

  /** As the controller committed it. */
  get committed(): readonly number[] {
    return this.#isr.committed
  }

  /** A proposal is on its way, or will be sent again. */
  get hasProposal(): boolean {
    return this.#isr.proposed !== null
  }

  /** Empty on a follower. */
  get followers(): readonly FollowerProgress[] {
    return this.#followers
  }

  /** Fewer committed members than min.insync.replicas asks for. */
  get underMin(): boolean {
    const configured = this.#environment.topicSettings(this.#log.topic).minInsyncReplicas
    const min = this.#environment.holdsUnderMinIsr ? Math.min(configured, this.#replicas.length) : configured
    return this.#isr.committed.length < min
  }

  /** Smallest log start over the live replicas. */
  get lowWatermark(): number {
    let low = this.#log.logStartOffset
    for (const follower of this.#followers) {
      if (this.#environment.isLive(follower.brokerId)) low = Math.min(low, follower.logStartOffset)
    }
    return low
  }

  /** What the controller decided replaces any proposal. `leads`: this broker leads; `afresh`: in an epoch new to it. */
  apply(state: PartitionState, leads: boolean, afresh: boolean): void {
    this.#replicas = state.replicas
    this.#leaderEpoch = state.leaderEpoch
    this.#partitionEpoch = state.partitionEpoch
    this.#isr = { committed: state.isr, proposed: null }
    if (!leads) {
      this.#followers = []
      return
    }
    const { nodeId, host } = this.#environment
    const previous = this.#followers
    this.#followers = state.replicas
      .filter((brokerId) => brokerId !== nodeId)
      .map((brokerId) => previous.find((follower) => follower.brokerId === brokerId) ?? new FollowerProgress(brokerId))
    if (!afresh) return
    const nowMs = host.clock.monotonicMs()
    for (const follower of this.#followers) {
      follower.reset(state.isr.includes(follower.brokerId), nowMs, this.#log.logEndOffset)
    }
  }

  /** No replica here any more. */
  clear(): void {
    this.#followers = []
  }

  /** Takes note of a fetch and proposes a follower that has caught up. False: the broker is no replica here. */
  fetched(
    fetch: {
      readonly brokerId: number
      readonly brokerEpoch: number
      readonly fetchOffset: number
      readonly logStartOffset: number
    },
    highWatermark: number,
    leaderEpochStartOffset: number,
  ): boolean {
    const { brokerId, brokerEpoch, fetchOffset, logStartOffset } = fetch
    const follower = this.#followers.find((candidate) => candidate.brokerId === brokerId)
    if (follower === undefined) return false
    const nowMs = this.#environment.host.clock.monotonicMs()
    follower.fetched(fetchOffset, logStartOffset, brokerEpoch, nowMs, this.#log.logEndOffset)
    if (mayJoinIsr(this.#isr, follower, highWatermark, leaderEpochStartOffset, this.#isEligible(follower))) {
      this.#environment.metrics.isrExpands++
      this.#propose([...this.#isr.committed, brokerId])
    }
    return true
  }

  /** Proposes an ISR without those that fell behind, if any did. */
  checkLag(): void {
    if (this.#isr.proposed !== null) return
    const { host, logger, metrics, replicaLagMsMax } = this.#environment
    const { committed } = this.#isr
    const nowMs = host.clock.monotonicMs()
    const lagging = laggingMembers(committed, this.#followers, this.#log.logEndOffset, nowMs, replicaLagMsMax)
    if (lagging.length === 0) return
    metrics.isrShrinks++
    const { topic, partition } = this.#log
    logger.info('in-sync replicas shrink', { topic, partition, lagging: lagging.join(',') })
    this.#propose(committed.filter((brokerId) => !lagging.includes(brokerId)))
  }

  /** Where the high watermark may be now; never below `current`. */
  highWatermark(current: number): number {
    const { holdsUnderMinIsr, host, replicaLagMsMax } = this.#environment
    if (this.#followers.length === 0 && !holdsUnderMinIsr) return Math.max(current, this.#log.logEndOffset)
    return nextHighWatermark({
      current,
      isr: this.#isr,
      leaderEndOffset: this.#log.logEndOffset,
      followers: this.#followers,
      underMinIsr: this.underMin,
      holdsUnderMinIsr,
      nowMs: host.clock.monotonicMs(),
      lagMsMax: replicaLagMsMax,
      isEligible: this.#isEligible,
    })
  }

  readonly #isEligible = (follower: FollowerProgress): boolean => {
    const registered = this.#environment.activeBrokerEpoch(follower.brokerId)
    return registered !== null && (follower.brokerEpoch === -1 || follower.brokerEpoch === registered)
  }

  #propose(brokerIds: readonly number[]): void {
    const proposal: IsrState = { committed: this.#isr.committed, proposed: brokerIds }
    this.#isr = proposal
    const isr = brokerIds.map((brokerId) => {
      const own = brokerId === this.#environment.nodeId
      const epoch = own ? this.#environment.brokerEpoch : this.#environment.activeBrokerEpoch(brokerId)
      return { brokerId, brokerEpoch: epoch ?? -1 }
    })
    const { topicId, partition } = this.#log
    const asked = { topicId, partition, leaderEpoch: this.#leaderEpoch, partitionEpoch: this.#partitionEpoch, isr }
    this.#environment.proposeIsr(asked, (answer) => {
      // A metadata change that came first has already replaced the proposal.
      if (this.#isr === proposal) this.#answered(answer)
    })
  }

  #answered(answer: IsrAnswer): void {
    const { topic, partition } = this.#log
    const { errorCode } = answer
    if (errorCode !== ErrorCode.NONE) {
      this.#environment.logger.info('the controller refused an ISR', { topic, partition, errorCode })
      // A member that may not join now: the committed ISR stands, and a later fetch proposes again. Any other refusal
      // means that our view is old, perhaps because an earlier try of this proposal was accepted and its answer lost:
      // both sets count until the metadata that is on its way replaces them.
      if (errorCode === ErrorCode.INELIGIBLE_REPLICA) this.#isr = { committed: this.#isr.committed, proposed: null }
      return
    }
    if (answer.leaderEpoch !== this.#leaderEpoch || answer.partitionEpoch < this.#partitionEpoch) return
    this.#partitionEpoch = answer.partitionEpoch
    this.#isr = { committed: answer.isr, proposed: null }
    this.#onCommitted(answer.partitionEpoch)
  }
}
