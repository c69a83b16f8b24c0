/**
 * BrokerRegistration: a starting broker registers with the controller (KIP-631).
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
    { name: 'incarnationId', type: 'uuid', about: 'Drawn anew at every start of the broker.' },
    {
      name: 'listeners',
      type: '[]struct',
      about: 'Where the broker can be reached.',
      fields: [
        { name: 'name', type: 'string' },
        { name: 'host', type: 'string' },
        { name: 'port', type: 'uint16' },
        { name: 'securityProtocol', type: 'int16', about: '0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL.' },
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
    { name: 'logDirs', type: '[]uuid', versions: '2+', ignorable: true, about: 'Ids of its log directories.' },
    {
      name: 'previousBrokerEpoch',
      type: 'int64',
      versions: '3+',
      default: -1,
      ignorable: true,
      about: 'Epoch at its clean shutdown; -1: it was not clean.',
    },
  ],
} as const

export const brokerRegistrationResponse = {
  kind: 'response',
  apiKey: 62,
  name: 'BrokerRegistrationResponse',
  versions: '0-4',
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
      errors: [
        'CLUSTER_AUTHORIZATION_FAILED',
        'NOT_CONTROLLER',
        'UNSUPPORTED_VERSION',
        'DUPLICATE_BROKER_REGISTRATION',
        'INCONSISTENT_CLUSTER_ID',
        'INVALID_REGISTRATION',
        'INVALID_REQUEST',
      ],
    },
    { name: 'brokerEpoch', type: 'int64', default: -1, about: '-1 with an error.' },
  ],
} as const

export type BrokerRegistrationRequest = Decoded<typeof brokerRegistrationRequest>
export type BrokerRegistrationRequestInput = Encodable<typeof brokerRegistrationRequest>
export type BrokerRegistrationResponse = Decoded<typeof brokerRegistrationResponse>
export type BrokerRegistrationResponseInput = Encodable<typeof brokerRegistrationResponse>
