/**
 * ElectLeaders: preferred or unclean elections on demand (KIP-183, 460).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const electLeadersRequest = {
  kind: 'request',
  apiKey: 43,
  name: 'ElectLeadersRequest',
  versions: '0-2',
  flexibleVersions: '2+',
  fields: [
    { name: 'electionType', type: 'int8', versions: '1+', about: '0: preferred, 1: unclean.' },
    {
      name: 'topicPartitions',
      type: '[]struct',
      nullableVersions: '0+',
      about: 'null: all.',
      fields: [
        { name: 'topic', type: 'string' },
        { name: 'partitions', type: '[]int32' },
      ],
    },
    { name: 'timeoutMs', type: 'int32', default: 60_000, about: 'How long the broker may take, ms.' },
  ],
} as const

export const electLeadersResponse = {
  kind: 'response',
  apiKey: 43,
  name: 'ElectLeadersResponse',
  versions: '0-2',
  flexibleVersions: '2+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    { name: 'errorCode', type: 'int16', versions: '1+' },
    {
      name: 'replicaElectionResults',
      type: '[]struct',
      fields: [
        { name: 'topic', type: 'string' },
        {
          name: 'partitionResult',
          type: '[]struct',
          fields: [
            { name: 'partitionId', type: 'int32' },
            { name: 'errorCode', type: 'int16' },
            {
              name: 'errorMessage',
              type: 'string',
              nullableVersions: '0+',
              about: 'For people; null when there is no error.',
            },
          ],
        },
      ],
    },
  ],
} as const

export type ElectLeadersRequest = Decoded<typeof electLeadersRequest>
export type ElectLeadersRequestInput = Encodable<typeof electLeadersRequest>
export type ElectLeadersResponse = Decoded<typeof electLeadersResponse>
export type ElectLeadersResponseInput = Encodable<typeof electLeadersResponse>
