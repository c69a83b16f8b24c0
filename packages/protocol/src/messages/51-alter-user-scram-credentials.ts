/**
 * AlterUserScramCredentials
 */
import type { Decoded, Encodable } from '../definition.ts'

export const alterUserScramCredentialsRequest = {
  kind: 'request',
  apiKey: 51,
  name: 'AlterUserScramCredentialsRequest',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    {
      name: 'deletions',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string' },
        { name: 'mechanism', type: 'int8' },
      ],
    },
    {
      name: 'upsertions',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string' },
        { name: 'mechanism', type: 'int8' },
        { name: 'iterations', type: 'int32' },
        { name: 'salt', type: 'bytes' },
        { name: 'saltedPassword', type: 'bytes' },
      ],
    },
  ],
} as const

export const alterUserScramCredentialsResponse = {
  kind: 'response',
  apiKey: 51,
  name: 'AlterUserScramCredentialsResponse',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32' },
    {
      name: 'results',
      type: '[]struct',
      fields: [
        { name: 'user', type: 'string' },
        { name: 'errorCode', type: 'int16' },
        { name: 'errorMessage', type: 'string', nullableVersions: '0+' },
      ],
    },
  ],
} as const

export type AlterUserScramCredentialsRequest = Decoded<typeof alterUserScramCredentialsRequest>
export type AlterUserScramCredentialsRequestInput = Encodable<typeof alterUserScramCredentialsRequest>
export type AlterUserScramCredentialsResponse = Decoded<typeof alterUserScramCredentialsResponse>
export type AlterUserScramCredentialsResponseInput = Encodable<typeof alterUserScramCredentialsResponse>
