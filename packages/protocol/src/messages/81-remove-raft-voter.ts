/**
 * RemoveRaftVoter
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
    { name: 'throttleTimeMs', type: 'int32' },
    { name: 'errorCode', type: 'int16' },
    { name: 'errorMessage', type: 'string', nullableVersions: '0+' },
  ],
} as const

export type RemoveRaftVoterRequest = Decoded<typeof removeRaftVoterRequest>
export type RemoveRaftVoterRequestInput = Encodable<typeof removeRaftVoterRequest>
export type RemoveRaftVoterResponse = Decoded<typeof removeRaftVoterResponse>
export type RemoveRaftVoterResponseInput = Encodable<typeof removeRaftVoterResponse>
