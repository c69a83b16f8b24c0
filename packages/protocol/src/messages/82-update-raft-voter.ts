/**
 * UpdateRaftVoter: a voter tells its endpoints and versions (KIP-853).
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
    {
      name: 'currentLeaderEpoch',
      type: 'int32',
      about: "Leader epoch that the sender knows, checked against the broker's; -1: do not check.",
    },
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
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    { name: 'errorCode', type: 'int16' },
    {
      name: 'currentLeader',
      type: 'struct',
      tag: 0,
      fields: [
        { name: 'leaderId', type: 'int32', default: -1, about: 'Broker id of the leader; -1: none.' },
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
