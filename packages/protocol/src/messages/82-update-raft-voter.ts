/**
 * UpdateRaftVoter
 */
import type { Decoded, Encodable } from '../definition.ts'

export const updateRaftVoterRequest = {
  kind: 'request',
  apiKey: 82,
  name: 'UpdateRaftVoterRequest',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'clusterId', type: 'string', nullableVersions: '0+' },
    { name: 'currentLeaderEpoch', type: 'int32' },
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
    {
      name: 'kRaftVersionFeature',
      type: 'struct',
      fields: [
        { name: 'minSupportedVersion', type: 'int16' },
        { name: 'maxSupportedVersion', type: 'int16' },
      ],
    },
  ],
} as const

export const updateRaftVoterResponse = {
  kind: 'response',
  apiKey: 82,
  name: 'UpdateRaftVoterResponse',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32' },
    { name: 'errorCode', type: 'int16' },
    {
      name: 'currentLeader',
      type: 'struct',
      tag: 0,
      fields: [
        { name: 'leaderId', type: 'int32', default: -1 },
        { name: 'leaderEpoch', type: 'int32', default: -1 },
        { name: 'host', type: 'string' },
        { name: 'port', type: 'int32' },
      ],
    },
  ],
} as const

export type UpdateRaftVoterRequest = Decoded<typeof updateRaftVoterRequest>
export type UpdateRaftVoterRequestInput = Encodable<typeof updateRaftVoterRequest>
export type UpdateRaftVoterResponse = Decoded<typeof updateRaftVoterResponse>
export type UpdateRaftVoterResponseInput = Encodable<typeof updateRaftVoterResponse>
