/**
 * AssignReplicasToDirs: a broker tells the controller in which directory replicas are (KIP-858).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const assignReplicasToDirsRequest = {
  kind: 'request',
  apiKey: 73,
  name: 'AssignReplicasToDirsRequest',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'brokerId', type: 'int32' },
    { name: 'brokerEpoch', type: 'int64', default: -1, about: "Epoch of the broker's registration; -1: not checked." },
    {
      name: 'directories',
      type: '[]struct',
      fields: [
        { name: 'id', type: 'uuid' },
        {
          name: 'topics',
          type: '[]struct',
          fields: [
            { name: 'topicId', type: 'uuid' },
            {
              name: 'partitions',
              type: '[]struct',
              fields: [{ name: 'partitionIndex', type: 'int32' }],
            },
          ],
        },
      ],
    },
  ],
} as const

export const assignReplicasToDirsResponse = {
  kind: 'response',
  apiKey: 73,
  name: 'AssignReplicasToDirsResponse',
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
      name: 'directories',
      type: '[]struct',
      fields: [
        { name: 'id', type: 'uuid' },
        {
          name: 'topics',
          type: '[]struct',
          fields: [
            { name: 'topicId', type: 'uuid' },
            {
              name: 'partitions',
              type: '[]struct',
              fields: [
                { name: 'partitionIndex', type: 'int32' },
                { name: 'errorCode', type: 'int16' },
              ],
            },
          ],
        },
      ],
    },
  ],
} as const

export type AssignReplicasToDirsRequest = Decoded<typeof assignReplicasToDirsRequest>
export type AssignReplicasToDirsRequestInput = Encodable<typeof assignReplicasToDirsRequest>
export type AssignReplicasToDirsResponse = Decoded<typeof assignReplicasToDirsResponse>
export type AssignReplicasToDirsResponseInput = Encodable<typeof assignReplicasToDirsResponse>
