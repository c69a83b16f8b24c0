/**
 * WriteTxnMarkers (27): ends transactions in partitions that this broker leads. From coordinators over internal listeners,
 * and from administrators who abort a hanging transaction (KIP-664).
 */
import type { ApiHandler } from '@millrace/network/api-handler'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  writeTxnMarkersRequest,
  writeTxnMarkersResponse,
  type WriteTxnMarkersRequest,
  type WriteTxnMarkersResponseInput,
} from '@millrace/protocol/messages/27-write-txn-markers'
import type { MarkerWriter } from '../transactions/marker-writer.ts'

export function writeTxnMarkersHandler(
  writer: MarkerWriter,
): ApiHandler<WriteTxnMarkersRequest, WriteTxnMarkersResponseInput> {
  return {
    request: writeTxnMarkersRequest,
    response: writeTxnMarkersResponse,
    handle(_context, request, respond) {
      let waiting = 1
      const settle = (): void => {
        if (--waiting === 0) respond({ markers })
      }
      const markers = request.markers.map(({ producerId, topics }) => ({
        producerId,
        topics: topics.map(({ name, partitionIndexes }) => ({
          name,
          partitions: partitionIndexes.map((partitionIndex) => ({
            partitionIndex,
            errorCode: ErrorCode.UNKNOWN_SERVER_ERROR as number,
          })),
        })),
      }))
      request.markers.forEach((asked, position) => {
        const marker = {
          producerId: asked.producerId,
          producerEpoch: asked.producerEpoch,
          commit: asked.transactionResult,
          coordinatorEpoch: asked.coordinatorEpoch,
          transactionVersion: asked.transactionVersion,
        }
        for (const { name, partitions } of markers[position]?.topics ?? []) {
          for (const result of partitions) {
            waiting++
            writer.write(name, result.partitionIndex, marker, (errorCode) => {
              result.errorCode = errorCode
              settle()
            })
          }
        }
      })
      settle()
    },
  }
}
