/** All replicas this broker hosts, and the requests across several of them. Single owner: the broker's loop. */
import type { Uuid } from '@millrace/base/uuid'
import type { FetchPartition, FetchPartitionResult, FetchRequestSpec } from './fetch-types.ts'
import type { Partition } from './partition.ts'

export interface LogDirDescription {
  readonly path: string
  readonly directoryId: Uuid
  /** KAFKA_STORAGE_ERROR when the directory failed. */
  readonly errorCode: number
  readonly replicas: readonly { readonly topic: string; readonly partition: number; readonly sizeBytes: number; readonly offsetLag: number }[]
}

export interface ReplicaManager {
  /** A replica hosted here, led or followed; undefined otherwise. */
  get(topic: string, partition: number): Partition | undefined
  all(): Iterable<Partition>
  /**
   * Reads several partitions; waits up to maxWaitMs for minBytes. `callback` exactly once, one result per requested
   * partition in request order. A partition not hosted here: UNKNOWN_TOPIC_OR_PARTITION when the image does not know it,
   * else NOT_LEADER_OR_FOLLOWER. The returned function gives up (the connection closed): callback is then never called.
   */
  fetch<P extends FetchPartition>(request: FetchRequestSpec<P>, callback: (results: FetchPartitionResult<P>[]) => void): () => void
  describeLogDir(): LogDirDescription
}
