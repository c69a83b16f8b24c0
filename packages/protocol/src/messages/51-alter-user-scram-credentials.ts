/**
 * AlterUserScramCredentials (KIP-554).
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
        { name: 'mechanism', type: 'int8', about: '1: SCRAM-SHA-256, 2: SCRAM-SHA-512.' },
      ],
    },
    {
      name: 'upsertions',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string' },
        { name: 'mechanism', type: 'int8', about: '1: SCRAM-SHA-256, 2: SCRAM-SHA-512.' },
        { name: 'iterations', type: 'int32' },
        { name: 'salt', type: 'bytes' },
        { name: 'saltedPassword', type: 'bytes', about: 'Hi(password, salt, iterations).' },
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
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
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
      ],
    },
  ],
} as const

export type AlterUserScramCredentialsRequest = Decoded<typeof alterUserScramCredentialsRequest>
export type AlterUserScramCredentialsRequestInput = Encodable<typeof alterUserScramCredentialsRequest>
export type AlterUserScramCredentialsResponse = Decoded<typeof alterUserScramCredentialsResponse>
export type AlterUserScramCredentialsResponseInput = Encodable<typeof alterUserScramCredentialsResponse>
