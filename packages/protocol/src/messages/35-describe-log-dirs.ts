/**
 * DescribeLogDirs
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
    { name: 'throttleTimeMs', type: 'int32' },
    { name: 'errorCode', type: 'int16', versions: '3+' },
    {
      name: 'results',
      type: '[]struct',
      fields: [
        { name: 'errorCode', type: 'int16' },
        { name: 'logDir', type: 'string' },
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
                { name: 'partitionSize', type: 'int64' },
                { name: 'offsetLag', type: 'int64' },
                { name: 'isFutureKey', type: 'bool' },
              ],
            },
          ],
        },
        { name: 'totalBytes', type: 'int64', versions: '4+', default: -1 },
        { name: 'usableBytes', type: 'int64', versions: '4+', default: -1 },
        { name: 'isCordoned', type: 'bool', versions: '5+' },
      ],
    },
  ],
} as const

export type DescribeLogDirsRequest = Decoded<typeof describeLogDirsRequest>
export type DescribeLogDirsRequestInput = Encodable<typeof describeLogDirsRequest>
export type DescribeLogDirsResponse = Decoded<typeof describeLogDirsResponse>
export type DescribeLogDirsResponseInput = Encodable<typeof describeLogDirsResponse>
