/** AllocateProducerIds: blocks of producer ids, given out once and never again. */
import { RecordType } from '@millrace/metadata/records/metadata-record'
import { ErrorCode } from '@millrace/protocol/errors'
import type {
  AllocateProducerIdsRequest,
  AllocateProducerIdsResponseInput,
} from '@millrace/protocol/messages/67-allocate-producer-ids'
import type { ControlState, Decision } from '../decision.ts'
import { brokerEpochError } from './broker-epoch.ts'

export const PRODUCER_ID_BLOCK_SIZE = 1000

export function allocateProducerIds(
  { image }: ControlState,
  { brokerId, brokerEpoch }: AllocateProducerIdsRequest,
): Decision<AllocateProducerIdsResponseInput> {
  const stale = brokerEpochError(image, brokerId, brokerEpoch)
  if (stale !== null) {
    return { records: [], response: { throttleTimeMs: 0, errorCode: stale, producerIdStart: -1, producerIdLen: 0 } }
  }
  const producerIdStart = image.nextProducerId
  return {
    records: [
      {
        type: RecordType.PRODUCER_IDS,
        version: 0,
        body: { brokerId, brokerEpoch, nextProducerId: producerIdStart + PRODUCER_ID_BLOCK_SIZE },
      },
    ],
    response: { throttleTimeMs: 0, errorCode: ErrorCode.NONE, producerIdStart, producerIdLen: PRODUCER_ID_BLOCK_SIZE },
  }
}
