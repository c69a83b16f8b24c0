/** UnregisterBroker: forgets a broker for good (kafka-records §7). */
import { RecordType } from '@millrace/metadata/records/metadata-record'
import { ErrorCode } from '@millrace/protocol/errors'
import type {
  UnregisterBrokerRequest,
  UnregisterBrokerResponseInput,
} from '@millrace/protocol/messages/64-unregister-broker'
import type { ControlState, Decision } from '../decision.ts'
import { leaveUncleanly } from '../replication-control/leadership.ts'

export function unregisterBroker(
  state: ControlState,
  request: UnregisterBrokerRequest,
): Decision<UnregisterBrokerResponseInput> {
  const broker = state.image.brokers.get(request.brokerId)
  if (broker === undefined) {
    return {
      records: [],
      response: {
        throttleTimeMs: 0,
        errorCode: ErrorCode.BROKER_ID_NOT_REGISTERED,
        errorMessage: `Broker ID ${request.brokerId} is not currently registered`,
      },
    }
  }
  return {
    records: [
      ...leaveUncleanly(state, broker.id),
      { type: RecordType.UNREGISTER_BROKER, version: 0, body: { brokerId: broker.id, brokerEpoch: broker.epoch } },
    ],
    response: { throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: null },
  }
}
