/**
 * RemoveRaftVoter: takes a controller out of the quorum (KIP-853).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const removeRaftVoterRequest = {
  kind: 'request',
  apiKey: 81,
  name: 'RemoveRaftVoterRequest',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'clusterId', type: 'string', nullableVersions: '0+' },
    { name: 'voterId', type: 'int32' },
    { name: 'voterDirectoryId', type: 'uuid' },
  ],
} as const

export const removeRaftVoterResponse = {
  kind: 'response',
  apiKey: 81,
  name: 'RemoveRaftVoterResponse',
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

export type RemoveRaftVoterRequest = Decoded<typeof removeRaftVoterRequest>
export type RemoveRaftVoterRequestInput = Encodable<typeof removeRaftVoterRequest>
export type RemoveRaftVoterResponse = Decoded<typeof removeRaftVoterResponse>
export type RemoveRaftVoterResponseInput = Encodable<typeof removeRaftVoterResponse>
