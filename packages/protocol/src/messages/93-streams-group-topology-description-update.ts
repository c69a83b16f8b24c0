/**
 * StreamsGroupTopologyDescriptionUpdate: a member pushes the topology of a streams group.
 */
import type { Decoded, Encodable } from '../definition.ts'

export const streamsGroupTopologyDescriptionUpdateRequest = {
  kind: 'request',
  apiKey: 93,
  name: 'StreamsGroupTopologyDescriptionUpdateRequest',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'groupId', type: 'string' },
    { name: 'memberId', type: 'string', about: 'Given by the coordinator at the first join.' },
    { name: 'topologyEpoch', type: 'int32' },
    {
      name: 'topologyDescription',
      type: 'struct',
      fields: [
        {
          name: 'subtopologies',
          type: '[]struct',
          fields: [
            { name: 'subtopologyId', type: 'string' },
            {
              name: 'nodes',
              type: '[]struct',
              fields: [
                { name: 'name', type: 'string' },
                { name: 'nodeType', type: 'int8' },
                { name: 'sourceTopics', type: '[]string' },
                { name: 'sinkTopic', type: 'string', nullableVersions: '0+', default: null },
                { name: 'stores', type: '[]string' },
                { name: 'successors', type: '[]string' },
              ],
            },
          ],
        },
        {
          name: 'globalStores',
          type: '[]struct',
          fields: [
            {
              name: 'source',
              type: 'struct',
              fields: [
                { name: 'name', type: 'string' },
                { name: 'nodeType', type: 'int8' },
                { name: 'sourceTopics', type: '[]string' },
                { name: 'sinkTopic', type: 'string', nullableVersions: '0+', default: null },
                { name: 'stores', type: '[]string' },
                { name: 'successors', type: '[]string' },
              ],
            },
            {
              name: 'processor',
              type: 'struct',
              fields: [
                { name: 'name', type: 'string' },
                { name: 'nodeType', type: 'int8' },
                { name: 'sourceTopics', type: '[]string' },
                { name: 'sinkTopic', type: 'string', nullableVersions: '0+', default: null },
                { name: 'stores', type: '[]string' },
                { name: 'successors', type: '[]string' },
              ],
            },
          ],
        },
      ],
    },
  ],
} as const

export const streamsGroupTopologyDescriptionUpdateResponse = {
  kind: 'response',
  apiKey: 93,
  name: 'StreamsGroupTopologyDescriptionUpdateResponse',
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
      name: 'errorMessage',
      type: 'string',
      nullableVersions: '0+',
      default: null,
      about: 'For people; null when there is no error.',
    },
  ],
} as const

export type StreamsGroupTopologyDescriptionUpdateRequest = Decoded<typeof streamsGroupTopologyDescriptionUpdateRequest>
export type StreamsGroupTopologyDescriptionUpdateRequestInput = Encodable<
  typeof streamsGroupTopologyDescriptionUpdateRequest
>
export type StreamsGroupTopologyDescriptionUpdateResponse = Decoded<
  typeof streamsGroupTopologyDescriptionUpdateResponse
>
export type StreamsGroupTopologyDescriptionUpdateResponseInput = Encodable<
  typeof streamsGroupTopologyDescriptionUpdateResponse
>
