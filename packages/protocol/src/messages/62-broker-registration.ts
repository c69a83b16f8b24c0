/**
 * BrokerRegistration
 */
import type { Decoded, Encodable } from '../definition.ts'

export const brokerRegistrationRequest = {
  kind: 'request',
  apiKey: 62,
  name: 'BrokerRegistrationRequest',
  versions: '0-4',
  flexibleVersions: '0+',
  fields: [
    { name: 'brokerId', type: 'int32' },
    { name: 'clusterId', type: 'string' },
    { name: 'incarnationId', type: 'uuid' },
    {
      name: 'listeners',
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
    { name: 'isMigratingZkBroker', type: 'bool', versions: '1+' },
    { name: 'logDirs', type: '[]uuid', versions: '2+' },
    { name: 'previousBrokerEpoch', type: 'int64', versions: '3+', default: -1 },
  ],
} as const

export const brokerRegistrationResponse = {
  kind: 'response',
  apiKey: 62,
  name: 'BrokerRegistrationResponse',
  versions: '0-4',
  flexibleVersions: '0+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32' },
    { name: 'errorCode', type: 'int16' },
    { name: 'brokerEpoch', type: 'int64', default: -1 },
  ],
} as const

export type BrokerRegistrationRequest = Decoded<typeof brokerRegistrationRequest>
export type BrokerRegistrationRequestInput = Encodable<typeof brokerRegistrationRequest>
export type BrokerRegistrationResponse = Decoded<typeof brokerRegistrationResponse>
export type BrokerRegistrationResponseInput = Encodable<typeof brokerRegistrationResponse>
