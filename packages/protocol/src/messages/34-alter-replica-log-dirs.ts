/**
 * AlterReplicaLogDirs: moves replicas between log directories of one broker (KIP-113).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const alterReplicaLogDirsRequest = {
  kind: 'request',
  apiKey: 34,
  name: 'AlterReplicaLogDirsRequest',
  versions: '0-2',
  flexibleVersions: '2+',
  fields: [
    {
      name: 'dirs',
      type: '[]struct',
      fields: [
        { name: 'path', type: 'string', about: 'Absolute path of a log directory of the broker.' },
        {
          name: 'topics',
          type: '[]struct',
          fields: [
            { name: 'name', type: 'string' },
            { name: 'partitions', type: '[]int32' },
          ],
        },
      ],
    },
  ],
} as const

export const alterReplicaLogDirsResponse = {
  kind: 'response',
  apiKey: 34,
  name: 'AlterReplicaLogDirsResponse',
  versions: '0-2',
  flexibleVersions: '2+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    {
      name: 'results',
      type: '[]struct',
      fields: [
        { name: 'topicName', type: 'string' },
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
} as const

export type AlterReplicaLogDirsRequest = Decoded<typeof alterReplicaLogDirsRequest>
export type AlterReplicaLogDirsRequestInput = Encodable<typeof alterReplicaLogDirsRequest>
export type AlterReplicaLogDirsResponse = Decoded<typeof alterReplicaLogDirsResponse>
export type AlterReplicaLogDirsResponseInput = Encodable<typeof alterReplicaLogDirsResponse>
