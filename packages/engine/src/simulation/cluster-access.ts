/** How simulated clients find their way: cached metadata, leaders, coordinators, one connection per broker. */
import type { NodeChannel } from '@millrace/client/channel'
import type { Encodable, RequestDefinition, ResponseDefinition, Decoded } from '@millrace/protocol/definition'
import { ErrorCode, errorName } from '@millrace/protocol/errors'
import { metadataRequest, metadataResponse, type MetadataResponse } from '@millrace/protocol/messages/03-metadata'
import {
  findCoordinatorRequest,
  findCoordinatorResponse,
  type FindCoordinatorResponse,
} from '@millrace/protocol/messages/10-find-coordinator'
import type { FakeHost } from '@millrace/testkit/fake-host'
import type { SimulatedCluster } from './simulated-cluster.ts'

const METADATA_VERSION = 9
const FIND_COORDINATOR_VERSION = 2
const REQUEST_TIMEOUT_MS = 1_500
const GROUP = 0
/** FindCoordinator's key type of transactional ids. */
export const TRANSACTION = 1
const RETRY_MS = 25

type PartitionMetadata = MetadataResponse['topics'][number]['partitions'][number]

export class ClusterAccess {
  readonly host: FakeHost
  readonly #cluster: SimulatedCluster
  readonly #channels: Map<number, NodeChannel> = new Map()
  readonly #losses: Map<number, number> = new Map()
  readonly #leaders: Map<string, number> = new Map()
  /** The newest leader epoch heard of: as real clients do, no older metadata is believed. */
  readonly #epochs: Map<string, number> = new Map()
  readonly #coordinators: Map<string, number> = new Map()

  readonly #broken: (what: string) => void
  readonly #known: Set<string> = new Set()

  /** @param broken told when a broker does not know a topic that was there: real clients drop what they have for it. */
  constructor(cluster: SimulatedCluster, name: string, broken: (what: string) => void = () => {}) {
    this.#broken = broken
    this.#cluster = cluster
    this.host = cluster.world.addHost(name)
  }

  later(delayMs: number, callback: () => void): void {
    this.host.timers.set(delayMs, callback)
  }

  /** Calls back after a short pause: before the next try. */
  again(callback: () => void): void {
    this.later(RETRY_MS + this.host.random.below(RETRY_MS), callback)
  }

  /** The last leader heard of, asking around as long as none is known. */
  leaderOf(topic: string, partition: number, callback: (brokerId: number) => void): void {
    const known = this.#leaders.get(`${topic}-${partition}`)
    if (known !== undefined) return callback(known)
    this.describe(topic, (partitions) => {
      for (const { partitionIndex, leaderId, leaderEpoch } of partitions) {
        const key = `${topic}-${partitionIndex}`
        if (leaderEpoch < (this.#epochs.get(key) ?? 0)) continue
        this.#epochs.set(key, leaderEpoch)
        // Leader and epoch are one thing: the leader of an older epoch is none when the newer has none.
        if (leaderId >= 0) this.#leaders.set(key, leaderId)
        else this.#leaders.delete(key)
      }
      if (this.#leaders.has(`${topic}-${partition}`)) this.leaderOf(topic, partition, callback)
      else this.again(() => this.leaderOf(topic, partition, callback))
    })
  }

  /** The newest leader epoch that was heard of. */
  leaderEpoch(topic: string, partition: number): number {
    return this.#epochs.get(`${topic}-${partition}`) ?? -1
  }

  /** Heard of otherwise than by metadata: who leads with an older epoch is not believed any more. */
  learnLeaderEpoch(topic: string, partition: number, epoch: number): void {
    if (epoch <= this.leaderEpoch(topic, partition)) return
    this.#epochs.set(`${topic}-${partition}`, epoch)
    this.forgetLeader(topic, partition)
  }

  forgetLeader(topic: string, partition: number): void {
    this.#leaders.delete(`${topic}-${partition}`)
  }

  /** The coordinator of a group or, with another `keyType`, of a transactional id, asking around as long as none is known. */
  coordinatorOf(key: string, callback: (brokerId: number) => void, keyType: number = GROUP): void {
    const known = this.#coordinators.get(`${keyType}/${key}`)
    if (known !== undefined) return callback(known)
    const answered = (_error: Error | null, response: FindCoordinatorResponse | null): void => {
      if (response?.errorCode === ErrorCode.NONE) {
        this.#coordinators.set(`${keyType}/${key}`, response.nodeId)
        callback(response.nodeId)
      } else this.again(() => this.coordinatorOf(key, callback, keyType))
    }
    const version = FIND_COORDINATOR_VERSION
    this.send(this.anyBroker(), findCoordinatorRequest, findCoordinatorResponse, version, { key, keyType }, answered)
  }

  forgetCoordinator(key: string, keyType: number = GROUP): void {
    this.#coordinators.delete(`${keyType}/${key}`)
  }

  /** The topic's partitions as some broker shows them; none when it did not answer. */
  describe(topic: string, callback: (partitions: readonly PartitionMetadata[]) => void): void {
    const body = {
      topics: [{ name: topic }],
      allowAutoTopicCreation: false,
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    }
    const brokerId = this.anyBroker()
    const answered = (_error: Error | null, response: MetadataResponse | null): void => {
      const answer = response?.topics[0]
      if (answer?.errorCode === ErrorCode.NONE) this.#known.add(topic)
      else if (answer !== undefined && this.#known.has(topic))
        this.#broken(`broker ${brokerId} says ${errorName(answer.errorCode)} of topic ${topic}, which is there`)
      callback(answer?.partitions ?? [])
    }
    this.send(brokerId, metadataRequest, metadataResponse, METADATA_VERSION, body, answered)
  }

  /** How often the connection to the broker was lost so far. */
  lossesOf(brokerId: number): number {
    return this.#losses.get(brokerId) ?? 0
  }

  anyBroker(): number {
    return 1 + this.host.random.below(this.#cluster.brokerHosts.size)
  }

  send<const Q extends RequestDefinition, const R extends ResponseDefinition>(
    brokerId: number,
    request: Q,
    response: R,
    version: number,
    body: Encodable<Q>,
    callback: (error: Error | null, response: Decoded<R> | null) => void,
    timeoutMs: number = REQUEST_TIMEOUT_MS,
  ): void {
    let channel = this.#channels.get(brokerId)
    if (channel === undefined) {
      const lost = (): void => void this.#losses.set(brokerId, this.lossesOf(brokerId) + 1)
      this.#channels.set(brokerId, (channel = this.#cluster.connect(this.host, brokerId, lost)))
    }
    channel.send(request, response, version, body, callback, timeoutMs)
  }
}
