/** PartitionConsumer: reads partitions from offsets that the caller keeps. No group, no commits. */
import { ClusterClient, type ClusterClientOptions } from './cluster-client.ts'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  fetchRecords,
  type ConsumedRecord,
  type FetchedPartition,
  type FetchOptions,
  type FetchPosition,
} from './fetch-records.ts'
import { KafkaError } from './kafka-error.ts'

export class PartitionConsumer {
  readonly #cluster: ClusterClient

  /** Connects on the first read. */
  constructor(options: ClusterClientOptions) {
    this.#cluster = new ClusterClient(options)
  }

  /**
   * Records from `offset` on, as many as one Fetch brings; none when nothing came within `maxWaitMs`. Throws KafkaError:
   * OFFSET_OUT_OF_RANGE, and what retries within the client's `timeoutMs` did not heal.
   */
  async read(request: FetchPosition & FetchOptions): Promise<readonly ConsumedRecord[]> {
    return (await this.fetch(request)).records
  }

  /** As read(), with where to read on and the partition's ends. */
  async fetch(request: FetchPosition & FetchOptions): Promise<FetchedPartition> {
    const cluster = this.#cluster
    return cluster.retrying(
      async () => {
        const leader = await cluster.leaderOf(request.topic, request.partition)
        const [fetched] = await fetchRecords(cluster, leader, [request], request)
        if (fetched === undefined)
          throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, 'the fetched partition is missing')
        if (fetched.error !== null) throw fetched.error
        return fetched
      },
      (error) => error.retriable,
    )
  }

  /** Drops the connections; reads under way fail. */
  close(): void {
    this.#cluster.close()
  }
}
