/**
 * UnregisterBroker: forgets a broker (KIP-631).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const unregisterBrokerRequest = {
  kind: 'request',
  apiKey: 64,
  name: 'UnregisterBrokerRequest',
  versions: '0',
  flexibleVersions: '0+',
  fields: [{ name: 'brokerId', type: 'int32' }],
} as const

export const unregisterBrokerResponse = {
  kind: 'response',
  apiKey: 64,
  name: 'UnregisterBrokerResponse',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    { name: 'errorCode', type: 'int16' },
    { name: 'errorMessage', type: 'string', nullableVersions: '0+', about: 'For people; null when there is no error.' },
  ],
} as const

export type UnregisterBrokerRequest = Decoded<typeof unregisterBrokerRequest>
export type UnregisterBrokerRequestInput = Encodable<typeof unregisterBrokerRequest>
export type UnregisterBrokerResponse = Decoded<typeof unregisterBrokerResponse>
export type UnregisterBrokerResponseInput = Encodable<typeof unregisterBrokerResponse>
