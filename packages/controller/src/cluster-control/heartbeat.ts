/** BrokerHeartbeat and fencing: which records take a broker from one state to the next (kafka-records §7). Pure. */
import { ErrorCode } from '@millrace/protocol/errors'
import type {
  BrokerHeartbeatRequest,
  BrokerHeartbeatResponseInput,
} from '@millrace/protocol/messages/63-broker-heartbeat'
import type { BrokerRegistration } from '@millrace/metadata/image'
import { RecordType } from '@millrace/metadata/records/metadata-record'
import type { MetadataRecord } from '@millrace/metadata/records/metadata-record'
import type { ControlState, Decision } from '../decision.ts'
import { electWhereLeaderless, hasLeaderships, leaveIsrs } from '../replication-control/leadership.ts'
import { brokerEpochError } from './broker-epoch.ts'
import type { BrokerState } from './broker-states.ts'
import { nextBrokerState } from './broker-states.ts'

export interface HeartbeatOutcome extends BrokerHeartbeatResponseInput {
  /** Null when the heartbeat was refused. */
  readonly state: BrokerState | null
}

export interface HeartbeatContext {
  /** Lowest metadata offset that an active broker has told; Infinity when there is none. */
  readonly lowestActiveOffset: number
  /** Offset at which this broker's controlled shutdown was written; -1 when it was not. */
  readonly controlledShutdownOffset: number
}

export function heartbeat(
  state: ControlState,
  request: BrokerHeartbeatRequest,
  context: HeartbeatContext,
): Decision<HeartbeatOutcome> {
  const { image } = state
  const { brokerId, brokerEpoch, currentMetadataOffset } = request
  const broker = image.brokers.get(brokerId)
  if (broker === undefined) return refuse(ErrorCode.BROKER_ID_NOT_REGISTERED)
  const stale = brokerEpochError(image, brokerId, brokerEpoch)
  if (stale !== null) return refuse(stale)
  // The broker has metadata that this controller never wrote: one of the two lost data, and neither may guess which.
  if (currentMetadataOffset >= state.nextOffset) return refuse(ErrorCode.OFFSET_OUT_OF_RANGE)
  const isCaughtUp = currentMetadataOffset >= broker.epoch
  const next = nextBrokerState(currentState(broker), {
    wantFence: request.wantFence || hasLostItsDisks(broker, request.offlineLogDirs),
    wantShutDown: request.wantShutDown,
    isCaughtUp,
    // Only asked for on the way out: it may have to look at every partition.
    hasLeaderships: (request.wantShutDown || broker.inControlledShutdown) && hasLeaderships(image, brokerId),
    othersHaveSeenDeparture: context.controlledShutdownOffset <= context.lowestActiveOffset,
  })
  return {
    records: transitionRecords(state, broker, next),
    response: {
      throttleTimeMs: 0,
      errorCode: ErrorCode.NONE,
      isCaughtUp,
      isFenced: next === 'fenced' || next === 'shutdownNow',
      shouldShutDown: next === 'shutdownNow',
      state: next,
    },
  }
}

/** Every log directory of the broker has failed: it cannot serve anything. */
function hasLostItsDisks(broker: BrokerRegistration, offline: readonly string[]): boolean {
  return offline.length > 0 && broker.directoryIds.every((id) => offline.includes(id))
}

export function currentState(broker: BrokerRegistration): Exclude<BrokerState, 'shutdownNow'> {
  if (broker.fenced) return 'fenced'
  return broker.inControlledShutdown ? 'controlledShutdown' : 'unfenced'
}

/** Fences a broker whose session has ended; no records when it is fenced already. */
export function fenceBroker(state: ControlState, brokerId: number): Decision<null> {
  const broker = state.image.brokers.get(brokerId)
  if (broker === undefined) return { records: [], response: null }
  return { records: transitionRecords(state, broker, 'fenced'), response: null }
}

function transitionRecords(state: ControlState, broker: BrokerRegistration, next: BrokerState): MetadataRecord[] {
  const current = currentState(broker)
  if (current === next) return []
  switch (next) {
    case 'unfenced':
      return [
        registrationChange(broker, { fenced: -1, inControlledShutdown: 0 }),
        ...electWhereLeaderless(state, broker.id),
      ]
    case 'controlledShutdown':
      return [registrationChange(broker, { fenced: 0, inControlledShutdown: 1 }), ...leaveIsrs(state, broker.id)]
    case 'fenced':
    case 'shutdownNow':
      return broker.fenced
        ? []
        : [...leaveIsrs(state, broker.id), registrationChange(broker, { fenced: 1, inControlledShutdown: 0 })]
  }
}

function registrationChange(
  broker: BrokerRegistration,
  change: { fenced: number; inControlledShutdown: number },
): MetadataRecord {
  return {
    type: RecordType.BROKER_REGISTRATION_CHANGE,
    version: change.inControlledShutdown === 0 ? 0 : 1,
    body: { brokerId: broker.id, brokerEpoch: broker.epoch, logDirs: [], ...change },
  }
}

function refuse(errorCode: number): Decision<HeartbeatOutcome> {
  return {
    records: [],
    response: { throttleTimeMs: 0, errorCode, isCaughtUp: false, isFenced: true, shouldShutDown: false, state: null },
  }
}
