/** Records about brokers and controllers (kafka-records §2). Types 7 and 8 are read only: written below metadata.version 6. */
import type { Decoded, MessageDefinition } from '@millrace/protocol/definition'

const registerBroker = {
  kind: 'data',
  apiKey: 0,
  name: 'RegisterBrokerRecord',
  versions: '0-3',
  flexibleVersions: '0+',
  fields: [
    { name: 'brokerId', type: 'int32' },
    { name: 'isMigratingZkBroker', type: 'bool', versions: '2+', default: false },
    { name: 'incarnationId', type: 'uuid' },
    { name: 'brokerEpoch', type: 'int64', about: 'offset of the registration' },
    {
      name: 'endPoints',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string' },
        { name: 'host', type: 'string' },
        { name: 'port', type: 'uint16' },
        { name: 'securityProtocol', type: 'int16' },
      ],
    },
    {
      name: 'features',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string' },
        { name: 'minSupportedVersion', type: 'int16' },
        { name: 'maxSupportedVersion', type: 'int16' },
      ],
    },
    { name: 'rack', type: 'string', nullableVersions: '0+' },
    { name: 'fenced', type: 'bool', default: true },
    { name: 'inControlledShutdown', type: 'bool', versions: '1+', default: false },
    { name: 'logDirs', type: '[]uuid', versions: '3+', tag: 0 },
  ],
} as const

const unregisterBroker = {
  kind: 'data',
  apiKey: 1,
  name: 'UnregisterBrokerRecord',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'brokerId', type: 'int32' },
    { name: 'brokerEpoch', type: 'int64' },
  ],
} as const

const fenceBroker = {
  kind: 'data',
  apiKey: 7,
  name: 'FenceBrokerRecord',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'id', type: 'int32' },
    { name: 'epoch', type: 'int64' },
  ],
} as const

const unfenceBroker = {
  kind: 'data',
  apiKey: 8,
  name: 'UnfenceBrokerRecord',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'id', type: 'int32' },
    { name: 'epoch', type: 'int64' },
  ],
} as const

const brokerRegistrationChange = {
  kind: 'data',
  apiKey: 17,
  name: 'BrokerRegistrationChangeRecord',
  versions: '0-2',
  flexibleVersions: '0+',
  fields: [
    { name: 'brokerId', type: 'int32' },
    { name: 'brokerEpoch', type: 'int64' },
    { name: 'fenced', type: 'int8', tag: 0, default: 0, about: '1 fences, -1 unfences, 0 leaves it' },
    { name: 'inControlledShutdown', type: 'int8', versions: '1+', tag: 1, default: 0, about: '1 entered' },
    { name: 'logDirs', type: '[]uuid', versions: '2+', tag: 2, about: 'the online ones; empty leaves them' },
  ],
} as const

const registerController = {
  kind: 'data',
  apiKey: 27,
  name: 'RegisterControllerRecord',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'controllerId', type: 'int32' },
    { name: 'incarnationId', type: 'uuid' },
    { name: 'zkMigrationReady', type: 'bool' },
    {
      name: 'endPoints',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string' },
        { name: 'host', type: 'string' },
        { name: 'port', type: 'uint16' },
        { name: 'securityProtocol', type: 'int16' },
      ],
    },
    {
      name: 'features',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string' },
        { name: 'minSupportedVersion', type: 'int16' },
        { name: 'maxSupportedVersion', type: 'int16' },
      ],
    },
  ],
} as const

export type RegisterBrokerRecord = Decoded<typeof registerBroker>
export type UnregisterBrokerRecord = Decoded<typeof unregisterBroker>
export type FenceBrokerRecord = Decoded<typeof fenceBroker>
export type UnfenceBrokerRecord = Decoded<typeof unfenceBroker>
export type BrokerRegistrationChangeRecord = Decoded<typeof brokerRegistrationChange>
export type RegisterControllerRecord = Decoded<typeof registerController>

export const brokerRecords: readonly MessageDefinition[] = [
  registerBroker,
  unregisterBroker,
  fenceBroker,
  unfenceBroker,
  brokerRegistrationChange,
  registerController,
]
