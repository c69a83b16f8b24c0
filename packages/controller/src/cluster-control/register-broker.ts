/**
 * BrokerRegistration (kafka-records §7): a new incarnation gets a broker epoch, the offset of the first record of its
 * registration, and starts fenced. If its predecessor was still unfenced, it leaves its ISRs and leaderships in the same
 * append: a broker process holds a lock on its directory, so the predecessor is dead, and waiting for the end of its
 * session would only prolong the outage.
 */
import { ErrorCode } from '@millrace/protocol/errors'
import type {
  BrokerRegistrationRequest,
  BrokerRegistrationResponseInput,
} from '@millrace/protocol/messages/62-broker-registration'
import type { BrokerRegistration } from '@millrace/metadata/image'
import { METADATA_VERSION_FEATURE, registerBrokerVersion } from '@millrace/metadata/record-versions'
import { RecordType } from '@millrace/metadata/records/metadata-record'
import type { MetadataRecord } from '@millrace/metadata/records/metadata-record'
import type { ControlState, Decision } from '../decision.ts'
import { metadataLevel } from '../decision.ts'
import { keepsEligibleLeaders } from '../replication-control/eligible-leaders.ts'
import { directoryReplaced, leaveIsrs, leaveUncleanly } from '../replication-control/leadership.ts'

const RESERVED_HIGH_BITS = 'AAAAAAAAAA'

export interface RegistrationOutcome extends BrokerRegistrationResponseInput {
  /** What to tell the operator; null when all is well. */
  readonly remark: string | null
}

export function registerBroker(state: ControlState, request: BrokerRegistrationRequest): Decision<RegistrationOutcome> {
  const refused = registrationError(state, request)
  if (refused !== null) return { records: [], response: { throttleTimeMs: 0, brokerEpoch: -1, ...refused } }
  const { image } = state
  const previous = image.brokers.get(request.brokerId)
  const sameIncarnation = previous?.incarnationId === request.incarnationId
  const before = previous === undefined || sameIncarnation ? [] : departure(state, previous, request)
  const brokerEpoch = sameIncarnation ? previous.epoch : state.nextOffset
  const registration: MetadataRecord = {
    type: RecordType.REGISTER_BROKER,
    version: registerBrokerVersion(metadataLevel(image)),
    body: {
      brokerId: request.brokerId,
      isMigratingZkBroker: false,
      incarnationId: request.incarnationId,
      brokerEpoch,
      endPoints: request.listeners,
      features: features(request),
      rack: request.rack,
      fenced: sameIncarnation ? previous.fenced : true,
      inControlledShutdown: sameIncarnation ? previous.inControlledShutdown : false,
      logDirs: registerBrokerVersion(metadataLevel(image)) >= 3 ? request.logDirs : [],
    },
  }
  const remark =
    previous !== undefined && !sameIncarnation && lostDirectory(previous, request)
      ? 'broker is back with another log directory'
      : null
  return {
    records: [...before, registration],
    response: { throttleTimeMs: 0, errorCode: ErrorCode.NONE, brokerEpoch, remark },
  }
}

/** What the predecessor leaves behind. Its epoch is known to a broker that was shut down cleanly (KIP-966). */
function departure(
  state: ControlState,
  previous: BrokerRegistration,
  request: BrokerRegistrationRequest,
): MetadataRecord[] {
  const [directoryId] = request.logDirs
  if (directoryId !== undefined && lostDirectory(previous, request))
    return directoryReplaced(state, request.brokerId, directoryId)
  if (request.previousBrokerEpoch !== previous.epoch && keepsEligibleLeaders(state.image))
    return leaveUncleanly(state, request.brokerId)
  return previous.fenced ? [] : leaveIsrs(state, request.brokerId)
}

/** None of the directories the broker had is there any more: its replicas start empty. */
function lostDirectory(previous: BrokerRegistration, request: BrokerRegistrationRequest): boolean {
  return (
    previous.directoryIds.length > 0 &&
    request.logDirs.length > 0 &&
    !previous.directoryIds.some((id) => request.logDirs.includes(id))
  )
}

function registrationError(
  { image, clusterId }: ControlState,
  request: BrokerRegistrationRequest,
): { readonly errorCode: number; readonly remark: string } | null {
  if (request.clusterId !== clusterId) {
    return { errorCode: ErrorCode.INCONSISTENT_CLUSTER_ID, remark: `broker belongs to cluster ${request.clusterId}` }
  }
  if (request.listeners.length === 0) {
    return { errorCode: ErrorCode.INVALID_REGISTRATION, remark: 'broker registers without listeners' }
  }
  if (
    request.logDirs.some((id) => id.startsWith(RESERVED_HIGH_BITS)) ||
    new Set(request.logDirs).size < request.logDirs.length
  ) {
    return { errorCode: ErrorCode.INVALID_REGISTRATION, remark: 'broker registers a reserved or repeated directory id' }
  }
  const supported = new Map(request.features.map((feature) => [feature.name, feature]))
  for (const [name, level] of image.features) {
    const range = supported.get(name)
    if (range === undefined && name === METADATA_VERSION_FEATURE) continue
    if (range === undefined || level < range.minSupportedVersion || level > range.maxSupportedVersion) {
      return { errorCode: ErrorCode.UNSUPPORTED_VERSION, remark: `broker does not support ${name} ${level}` }
    }
  }
  return null
}

/** A broker that does not tell its range of metadata.version is recorded with 1–1. */
function features(request: BrokerRegistrationRequest): BrokerRegistrationRequest['features'] {
  if (request.features.some(({ name }) => name === METADATA_VERSION_FEATURE)) return request.features
  return [...request.features, { name: METADATA_VERSION_FEATURE, minSupportedVersion: 1, maxSupportedVersion: 1 }]
}
