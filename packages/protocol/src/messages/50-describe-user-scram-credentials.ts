/**
 * DescribeUserScramCredentials (KIP-554).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const describeUserScramCredentialsRequest = {
  kind: 'request',
  apiKey: 50,
  name: 'DescribeUserScramCredentialsRequest',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    {
      name: 'users',
      type: '[]struct',
      nullableVersions: '0+',
      about: 'null or empty: all.',
      fields: [{ name: 'name', type: 'string' }],
    },
  ],
} as const

export const describeUserScramCredentialsResponse = {
  kind: 'response',
  apiKey: 50,
  name: 'DescribeUserScramCredentialsResponse',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    { name: 'errorCode', type: 'int16' },
    { name: 'errorMessage', type: 'string', nullableVersions: '0+', about: 'For people; null when there is no error.' },
    {
      name: 'results',
      type: '[]struct',
      fields: [
        { name: 'user', type: 'string' },
        { name: 'errorCode', type: 'int16' },
        {
          name: 'errorMessage',
          type: 'string',
          nullableVersions: '0+',
          about: 'For people; null when there is no error.',
        },
        {
          name: 'credentialInfos',
          type: '[]struct',
          fields: [
            { name: 'mechanism', type: 'int8', about: '1: SCRAM-SHA-256, 2: SCRAM-SHA-512.' },
            { name: 'iterations', type: 'int32' },
          ],
        },
      ],
    },
  ],
} as const

export type DescribeUserScramCredentialsRequest = Decoded<typeof describeUserScramCredentialsRequest>
export type DescribeUserScramCredentialsRequestInput = Encodable<typeof describeUserScramCredentialsRequest>
export type DescribeUserScramCredentialsResponse = Decoded<typeof describeUserScramCredentialsResponse>
export type DescribeUserScramCredentialsResponseInput = Encodable<typeof describeUserScramCredentialsResponse>
