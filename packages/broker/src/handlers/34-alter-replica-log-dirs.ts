/**
 * AlterReplicaLogDirs (34, KIP-113): moves replicas between the log directories of this broker. It has one, so a replica
 * can only be where it is: asking for that is granted, any other directory is not found. Facts: kafka-protocol §4.4.
 */
import type { ApiHandler } from '@millrace/network/api-handler'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  alterReplicaLogDirsRequest,
  alterReplicaLogDirsResponse,
  type AlterReplicaLogDirsRequest,
  type AlterReplicaLogDirsResponseInput,
} from '@millrace/protocol/messages/34-alter-replica-log-dirs'
import type { BrokerRuntime } from '../broker-runtime.ts'

export function alterReplicaLogDirsHandler({
  replicaManager,
  config,
}: Pick<BrokerRuntime, 'replicaManager' | 'config'>): ApiHandler<
  AlterReplicaLogDirsRequest,
  AlterReplicaLogDirsResponseInput
> {
  const errorOf = (path: string, topic: string, partition: number): number => {
    if (path !== config.directory) return ErrorCode.LOG_DIR_NOT_FOUND
    if (replicaManager.failure !== null) return ErrorCode.KAFKA_STORAGE_ERROR
    if (replicaManager.get(topic, partition) !== undefined) return ErrorCode.NONE
    const errorCode = replicaManager.missingPartition(topic, partition)
    // As Kafka still calls it here.
    return errorCode === ErrorCode.NOT_LEADER_OR_FOLLOWER ? ErrorCode.REPLICA_NOT_AVAILABLE : errorCode
  }
  return {
    request: alterReplicaLogDirsRequest,
    response: alterReplicaLogDirsResponse,
    handle(_context, { dirs }, respond) {
      const results = dirs.flatMap(({ path, topics }) =>
        topics.map(({ name, partitions }) => ({
          topicName: name,
          partitions: partitions.map((index) => ({ partitionIndex: index, errorCode: errorOf(path, name, index) })),
        })),
      )
      respond({ throttleTimeMs: 0, results })
    },
  }
}
