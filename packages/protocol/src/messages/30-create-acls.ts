/**
 * CreateAcls.
 */
import type { Decoded, Encodable } from '../definition.ts'

export const createAclsRequest = {
  kind: 'request',
  apiKey: 30,
  name: 'CreateAclsRequest',
  versions: '0-3',
  flexibleVersions: '2+',
  fields: [
    {
      name: 'creations',
      type: '[]struct',
      fields: [
        {
          name: 'resourceType',
          type: 'int8',
          about: '2 topic, 3 group, 4 cluster, 5 transactional id, 6 delegation token, 7 user.',
        },
        { name: 'resourceName', type: 'string' },
        { name: 'resourcePatternType', type: 'int8', versions: '1+', default: 3, about: '3: literal, 4: prefixed.' },
        { name: 'principal', type: 'string', about: 'As "User:name".' },
        { name: 'host', type: 'string', about: '"*": any.' },
        {
          name: 'operation',
          type: 'int8',
          about:
            '2 all, 3 read, 4 write, 5 create, 6 delete, 7 alter, 8 describe, 9 cluster action, 10 describe configs, 11 alter configs, 12 idempotent write, 13 create tokens, 14 describe tokens.',
        },
        { name: 'permissionType', type: 'int8', about: '2 deny, 3 allow.' },
      ],
    },
  ],
} as const

export const createAclsResponse = {
  kind: 'response',
  apiKey: 30,
  name: 'CreateAclsResponse',
  versions: '0-3',
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

export type CreateAclsRequest = Decoded<typeof createAclsRequest>
export type CreateAclsRequestInput = Encodable<typeof createAclsRequest>
export type CreateAclsResponse = Decoded<typeof createAclsResponse>
export type CreateAclsResponseInput = Encodable<typeof createAclsResponse>
