/**
 * DescribeProducers (61): the producers that a partition remembers, and their open transactions (KIP-664). Followers answer
 * as well: kafka-transactions looks for hanging transactions broker by broker.
 */
import type { ApiHandler } from '@millrace/network/api-handler'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  describeProducersRequest,
  describeProducersResponse,
  type DescribeProducersRequest,
  type DescribeProducersResponseInput,
} from '@millrace/protocol/messages/61-describe-producers'
import type { BrokerRuntime } from '../broker-runtime.ts'
import type { Partition } from '../replication/partition.ts'

type PartitionAnswer = DescribeProducersResponseInput['topics'][number]['partitions'][number]

export function describeProducersHandler({
  replicaManager,
}: BrokerRuntime): ApiHandler<DescribeProducersRequest, DescribeProducersResponseInput> {
  return {
    request: describeProducersRequest,
    response: describeProducersResponse,
    handle(_context, request, respond) {
      const topics = request.topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex): PartitionAnswer => {
          const partition = replicaManager.get(name, partitionIndex)
          if (partition === undefined) {
            const errorCode = replicaManager.missingPartition(name, partitionIndex)
            return { partitionIndex, errorCode, activeProducers: [] }
          }
          return { partitionIndex, errorCode: ErrorCode.NONE, activeProducers: producersOf(partition) }
        }),
      }))
      respond({ throttleTimeMs: 0, topics })
    },
  }
}

function producersOf(partition: Partition): PartitionAnswer['activeProducers'][number][] {
  return [...partition.log.producers.all()].map((state) => ({
    producerId: state.producerId,
    producerEpoch: state.epoch,
    lastSequence: state.batches.at(-1)?.lastSequence ?? -1,
    lastTimestamp: state.lastTimestamp,
    coordinatorEpoch: state.coordinatorEpoch,
    currentTxnStartOffset: state.currentTxnFirstOffset,
  }))
}
