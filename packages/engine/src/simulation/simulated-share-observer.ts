/**
 * Asks again and again where the share group begins (DescribeShareGroupOffsets). What coordinators of the present say never
 * goes back; one that another has replaced without its knowledge may tell what it last knew, as with Kafka.
 */
import { ErrorCode, errorName } from '@millrace/protocol/errors'
import {
  describeShareGroupOffsetsRequest,
  describeShareGroupOffsetsResponse,
  type DescribeShareGroupOffsetsResponse,
} from '@millrace/protocol/messages/90-describe-share-group-offsets'
import type { Actor } from './actor.ts'
import type { ClusterAccess } from './cluster-access.ts'
import type { ShareGroupPromises } from './share-group-promises.ts'
import type { SimulatedCluster } from './simulated-cluster.ts'

const VERSION = 1
const THINKING_MS_MAX = 400
const INTERNAL_TOPICS = ['__consumer_offsets', '__share_group_state']

export interface ShareObserverOptions {
  readonly access: ClusterAccess
  readonly cluster: SimulatedCluster
  readonly promises: ShareGroupPromises
  readonly groupId: string
  readonly topic: string
}

export class SimulatedShareObserver implements Actor {
  readonly #options: ShareObserverOptions
  #stopped = false
  #lastError = 'nothing'

  constructor(options: ShareObserverOptions) {
    this.#options = options
    this.#askLater()
  }

  get idle(): boolean {
    return this.#stopped
  }

  get trouble(): string {
    return `who asks for its start heard ${this.#lastError}`
  }

  stop(): void {
    this.#stopped = true
  }

  #askLater(): void {
    const { access } = this.#options
    access.later(1 + access.host.random.below(THINKING_MS_MAX), () => this.#ask())
  }

  #ask(): void {
    if (this.#stopped) return
    const { access, groupId, promises } = this.#options
    access.coordinatorOf(groupId, (coordinator) => {
      const isPresent = this.#isPresent(coordinator)
      const least = new Map<number, number>()
      const leastOf = (partition: number): number => least.get(partition) ?? -1
      for (let partition = 0; promises.startOf(partition) >= 0; partition++)
        least.set(partition, promises.startOf(partition))
      const answered = (error: Error | null, response: DescribeShareGroupOffsetsResponse | null): void => {
        const group = response?.groups[0]
        if (group?.errorCode !== ErrorCode.NONE) {
          this.#lastError = group === undefined ? (error?.message ?? 'no answer') : errorName(group.errorCode)
          access.forgetCoordinator(groupId)
        } else {
          for (const { partitionIndex, startOffset, errorCode } of group.topics[0]?.partitions ?? []) {
            if (errorCode !== ErrorCode.NONE) this.#lastError = errorName(errorCode)
            else if (startOffset >= 0 && isPresent) promises.start(partitionIndex, startOffset, leastOf(partitionIndex))
          }
        }
        this.#askLater()
      }
      const body = { groups: [{ groupId, topics: null }] }
      access.send(
        coordinator,
        describeShareGroupOffsetsRequest,
        describeShareGroupOffsetsResponse,
        VERSION,
        body,
        answered,
      )
    })
  }

  /** The controller, the coordinator that is asked, and whom it asks agree on who leads the internal topics. */
  #isPresent(coordinator: number): boolean {
    const { cluster } = this.#options
    const image = cluster.controller?.runtime.image
    if (image === undefined) return false
    return INTERNAL_TOPICS.every((name) => {
      const wanted = image.topicsByName.get(name)?.partitions[0]
      if (wanted === undefined) return false
      return [coordinator, wanted.leader].every((id) => {
        const known = cluster.brokers.get(id)?.runtime.metadata.image.topicsByName.get(name)?.partitions[0]
        return known?.leaderEpoch === wanted.leaderEpoch
      })
    })
  }
}
