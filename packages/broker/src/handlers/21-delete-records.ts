/** DeleteRecords (21): moves the log start of partitions this broker leads. Facts: kafka-protocol §3.6. */
import type { ApiHandler } from '@millrace/network/api-handler'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  deleteRecordsRequest,
  deleteRecordsResponse,
  type DeleteRecordsRequest,
  type DeleteRecordsResponseInput,
} from '@millrace/protocol/messages/21-delete-records'
import type { BrokerRuntime } from '../broker-runtime.ts'
import { isInternalTopic } from './topic-names.ts'

type PartitionAnswer = DeleteRecordsResponseInput['topics'][number]['partitions'][number]

export function deleteRecordsHandler(
  runtime: BrokerRuntime,
): ApiHandler<DeleteRecordsRequest, DeleteRecordsResponseInput> {
  return {
    request: deleteRecordsRequest,
    response: deleteRecordsResponse,
    handle(_context, request, respond) {
      const topics = request.topics.map(({ name }) => ({ name, partitions: [] as PartitionAnswer[] }))
      let waiting = 1
      const settle = (): void => {
        if (--waiting === 0) respond({ throttleTimeMs: 0, topics })
      }
      request.topics.forEach(({ name, partitions }, topicIndex) => {
        const answers = topics[topicIndex]?.partitions ?? []
        for (const { partitionIndex, offset } of partitions) {
          const at = answers.push({ partitionIndex, lowWatermark: -1, errorCode: ErrorCode.UNKNOWN_SERVER_ERROR }) - 1
          waiting++
          deleteOne(runtime, name, partitionIndex, offset, request.timeoutMs, (errorCode, lowWatermark) => {
            answers[at] = { partitionIndex, errorCode, lowWatermark: errorCode === ErrorCode.NONE ? lowWatermark : -1 }
            settle()
          })
        }
      })
      settle()
    },
  }
}

function deleteOne(
  { replicaManager }: BrokerRuntime,
  topic: string,
  index: number,
  offset: number,
  timeoutMs: number,
  done: (errorCode: number, lowWatermark: number) => void,
): void {
  if (isInternalTopic(topic)) return done(ErrorCode.INVALID_TOPIC_EXCEPTION, -1)
  const partition = replicaManager.get(topic, index)
  if (partition === undefined) return done(replicaManager.missingPartition(topic, index), -1)
  partition.deleteRecords(offset, timeoutMs, done)
}
