/**
 * BrokerHeartbeat: a broker tells the controller that it lives and how far it has read the metadata (KIP-631).
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
    { name: 'brokerEpoch', type: 'int64', default: -1, about: "Epoch of the broker's registration; -1: not checked." },
    { name: 'currentMetadataOffset', type: 'int64', about: 'Last metadata offset that the broker has applied.' },
    { name: 'wantFence', type: 'bool' },
    { name: 'wantShutDown', type: 'bool' },
    { name: 'offlineLogDirs', type: '[]uuid', versions: '1+', tag: 0, about: 'Directories that failed.' },
    {
      name: 'cordonedLogDirs',
      type: '[]uuid',
      versions: '2+',
      nullableVersions: '2+',
      default: null,
      tag: 1,
      about: 'Directories that take no new replicas; null: not told.',
    },
  ],
} as const

export const brokerHeartbeatResponse = {
  kind: 'response',
  apiKey: 63,
  name: 'BrokerHeartbeatResponse',
  versions: '0-2',
  flexibleVersions: '0+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    {
      name: 'errorCode',
      type: 'int16',
      errors: ['CLUSTER_AUTHORIZATION_FAILED', 'NOT_CONTROLLER', 'STALE_BROKER_EPOCH', 'BROKER_ID_NOT_REGISTERED'],
    },
    { name: 'isCaughtUp', type: 'bool', about: 'The broker has nearly all of the metadata.' },
    { name: 'isFenced', type: 'bool', default: true },
    { name: 'shouldShutDown', type: 'bool', about: 'The broker has no leaderships left and may stop.' },
  ],
} as const

export type BrokerHeartbeatRequest = Decoded<typeof brokerHeartbeatRequest>
export type BrokerHeartbeatRequestInput = Encodable<typeof brokerHeartbeatRequest>
export type BrokerHeartbeatResponse = Decoded<typeof brokerHeartbeatResponse>
export type BrokerHeartbeatResponseInput = Encodable<typeof brokerHeartbeatResponse>
