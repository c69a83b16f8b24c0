/**
 * DescribeLogDirs: log directories of one broker, with the size of every replica.
 */
import type { Decoded, Encodable } from '../definition.ts'

export const describeLogDirsRequest = {
  kind: 'request',
  apiKey: 35,
  name: 'DescribeLogDirsRequest',
  versions: '0-5',
  flexibleVersions: '2+',
  fields: [
    {
      name: 'topics',
      type: '[]struct',
      nullableVersions: '0+',
      about: 'null: all.',
      fields: [
        { name: 'topic', type: 'string' },
        { name: 'partitions', type: '[]int32' },
      ],
    },
  ],
} as const

export const describeLogDirsResponse = {
  kind: 'response',
  apiKey: 35,
  name: 'DescribeLogDirsResponse',
  versions: '0-5',
  flexibleVersions: '2+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    { name: 'errorCode', type: 'int16', versions: '3+' },
    {
      name: 'results',
      type: '[]struct',
      fields: [
        { name: 'errorCode', type: 'int16' },
        { name: 'logDir', type: 'string', about: 'Absolute path.' },
        {
          name: 'topics',
          type: '[]struct',
          fields: [
            { name: 'name', type: 'string' },
            {
              name: 'partitions',
              type: '[]struct',
              fields: [
                { name: 'partitionIndex', type: 'int32' },
                { name: 'partitionSize', type: 'int64', about: 'Bytes of the log.' },
                {
                  name: 'offsetLag',
                  type: 'int64',
                  about: 'Records behind the high watermark, or behind the current replica for a future one.',
                },
                { name: 'isFutureKey', type: 'bool', about: 'The replica is being moved to this directory.' },
              ],
            },
          ],
        },
        { name: 'totalBytes', type: 'int64', versions: '4+', default: -1, about: 'Of the volume; -1: not known.' },
        { name: 'usableBytes', type: 'int64', versions: '4+', default: -1, about: 'Of the volume; -1: not known.' },
        { name: 'isCordoned', type: 'bool', versions: '5+' },
      ],
    },
  ],
} as const

export type DescribeLogDirsRequest = Decoded<typeof describeLogDirsRequest>
export type DescribeLogDirsRequestInput = Encodable<typeof describeLogDirsRequest>
export type DescribeLogDirsResponse = Decoded<typeof describeLogDirsResponse>
export type DescribeLogDirsResponseInput = Encodable<typeof describeLogDirsResponse>
