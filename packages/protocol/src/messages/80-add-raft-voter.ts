/**
 * AddRaftVoter: takes a controller into the quorum (KIP-853).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const addRaftVoterRequest = {
  kind: 'request',
  apiKey: 80,
  name: 'AddRaftVoterRequest',
  versions: '0-1',
  flexibleVersions: '0+',
  fields: [
    { name: 'clusterId', type: 'string', nullableVersions: '0+' },
    { name: 'timeoutMs', type: 'int32' },
    { name: 'voterId', type: 'int32' },
    { name: 'voterDirectoryId', type: 'uuid' },
    {
      name: 'listeners',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string' },
        { name: 'host', type: 'string' },
        { name: 'port', type: 'uint16' },
      ],
    },
    { name: 'ackWhenCommitted', type: 'bool', versions: '1+', default: true },
  ],
} as const

export const addRaftVoterResponse = {
  kind: 'response',
  apiKey: 80,
  name: 'AddRaftVoterResponse',
  versions: '0-1',
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

export type AddRaftVoterRequest = Decoded<typeof addRaftVoterRequest>
export type AddRaftVoterRequestInput = Encodable<typeof addRaftVoterRequest>
export type AddRaftVoterResponse = Decoded<typeof addRaftVoterResponse>
export type AddRaftVoterResponseInput = Encodable<typeof addRaftVoterResponse>
