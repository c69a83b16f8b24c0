/**
 * UnregisterBroker
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
    { name: 'throttleTimeMs', type: 'int32' },
    { name: 'errorCode', type: 'int16' },
    { name: 'errorMessage', type: 'string', nullableVersions: '0+' },
  ],
} as const

export type UnregisterBrokerRequest = Decoded<typeof unregisterBrokerRequest>
export type UnregisterBrokerRequestInput = Encodable<typeof unregisterBrokerRequest>
export type UnregisterBrokerResponse = Decoded<typeof unregisterBrokerResponse>
export type UnregisterBrokerResponseInput = Encodable<typeof unregisterBrokerResponse>
