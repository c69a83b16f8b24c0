/** DescribeLogDirs (35): the replicas in this broker's log directory with their sizes. Facts: kafka-protocol §4.4. */
import type { ApiHandler } from '@millrace/network/api-handler'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  describeLogDirsRequest,
  describeLogDirsResponse,
  type DescribeLogDirsRequest,
  type DescribeLogDirsResponseInput,
} from '@millrace/protocol/messages/35-describe-log-dirs'
import type { BrokerRuntime } from '../broker-runtime.ts'

type TopicAnswer = DescribeLogDirsResponseInput['results'][number]['topics'][number]

export function describeLogDirsHandler(
  runtime: BrokerRuntime,
): ApiHandler<DescribeLogDirsRequest, DescribeLogDirsResponseInput> {
  return {
    request: describeLogDirsRequest,
    response: describeLogDirsResponse,
    handle(_context, request, respond) {
      const directory = runtime.replicaManager.describeLogDir()
      const wanted =
        request.topics === null
          ? null
          : new Map(request.topics.map(({ topic, partitions }) => [topic, new Set(partitions)]))
      const topics = new Map<string, TopicAnswer['partitions'][number][]>()
      for (const { topic, partition, sizeBytes, offsetLag } of directory.replicas) {
        if (wanted !== null && wanted.get(topic)?.has(partition) !== true) continue
        const partitions = topics.get(topic) ?? []
        topics.set(topic, partitions)
        partitions.push({ partitionIndex: partition, partitionSize: sizeBytes, offsetLag, isFutureKey: false })
      }
      const results = [
        {
          errorCode: directory.errorCode,
          logDir: directory.path,
          totalBytes: directory.totalBytes,
          usableBytes: directory.usableBytes,
          topics: [...topics].map(([name, partitions]) => ({ name, partitions })),
        },
      ]
      respond({ throttleTimeMs: 0, errorCode: ErrorCode.NONE, results })
    },
  }
}
