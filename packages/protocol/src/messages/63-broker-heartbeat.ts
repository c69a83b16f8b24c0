/**
 * BrokerHeartbeat
 */
import type { Decoded, Encodable } from '../definition.ts'

export const brokerHeartbeatRequest = {
  kind: 'request',
  apiKey: 63,
  name: 'BrokerHeartbeatRequest',
  versions: '0-2',
  flexibleVersions: '0+',
  fields: [
    { name: 'brokerId', type: 'int32' },
    { name: 'brokerEpoch', type: 'int64', default: -1 },
    { name: 'currentMetadataOffset', type: 'int64' },
    { name: 'wantFence', type: 'bool' },
    { name: 'wantShutDown', type: 'bool' },
    { name: 'offlineLogDirs', type: '[]uuid', versions: '1+', tag: 0 },
    { name: 'cordonedLogDirs', type: '[]uuid', versions: '2+', nullableVersions: '2+', tag: 1 },
  ],
} as const

export const brokerHeartbeatResponse = {
  kind: 'response',
  apiKey: 63,
  name: 'BrokerHeartbeatResponse',
  versions: '0-2',
  flexibleVersions: '0+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32' },
    { name: 'errorCode', type: 'int16' },
    { name: 'isCaughtUp', type: 'bool' },
    { name: 'isFenced', type: 'bool', default: true },
    { name: 'shouldShutDown', type: 'bool' },
  ],
} as const

export type BrokerHeartbeatRequest = Decoded<typeof brokerHeartbeatRequest>
export type BrokerHeartbeatRequestInput = Encodable<typeof brokerHeartbeatRequest>
export type BrokerHeartbeatResponse = Decoded<typeof brokerHeartbeatResponse>
export type BrokerHeartbeatResponseInput = Encodable<typeof brokerHeartbeatResponse>
