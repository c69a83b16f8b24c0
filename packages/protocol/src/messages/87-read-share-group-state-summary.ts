/**
 * ReadShareGroupStateSummary: to the share coordinator (KIP-932).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const readShareGroupStateSummaryRequest = {
  kind: 'request',
  apiKey: 87,
  name: 'ReadShareGroupStateSummaryRequest',
  versions: '0-1',
  flexibleVersions: '0+',
  fields: [
    { name: 'groupId', type: 'string' },
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'topicId', type: 'uuid' },
        {
          name: 'partitions',
          type: '[]struct',
          fields: [
            { name: 'partition', type: 'int32' },
            { name: 'leaderEpoch', type: 'int32', about: 'Epoch of the leadership; -1: not known.' },
          ],
        },
      ],
    },
  ],
} as const

export const readShareGroupStateSummaryResponse = {
  kind: 'response',
  apiKey: 87,
  name: 'ReadShareGroupStateSummaryResponse',
  versions: '0-1',
  flexibleVersions: '0+',
  fields: [
    {
      name: 'results',
      type: '[]struct',
      fields: [
        { name: 'topicId', type: 'uuid' },
        {
          name: 'partitions',
          type: '[]struct',
          fields: [
            { name: 'partition', type: 'int32' },
            { name: 'errorCode', type: 'int16' },
            {
              name: 'errorMessage',
              type: 'string',
              nullableVersions: '0+',
              default: null,
              about: 'For people; null when there is no error.',
            },
            { name: 'stateEpoch', type: 'int32' },
            { name: 'leaderEpoch', type: 'int32', about: 'Epoch of the leadership; -1: not known.' },
            { name: 'startOffset', type: 'int64' },
            { name: 'deliveryCompleteCount', type: 'int32', versions: '1+', default: -1 },
          ],
        },
      ],
    },
  ],
} as const

export type ReadShareGroupStateSummaryRequest = Decoded<typeof readShareGroupStateSummaryRequest>
export type ReadShareGroupStateSummaryRequestInput = Encodable<typeof readShareGroupStateSummaryRequest>
export type ReadShareGroupStateSummaryResponse = Decoded<typeof readShareGroupStateSummaryResponse>
export type ReadShareGroupStateSummaryResponseInput = Encodable<typeof readShareGroupStateSummaryResponse>
