/**
 * DescribeAcls: ACLs that match a filter.
 */
import type { Decoded, Encodable } from '../definition.ts'

export const describeAclsRequest = {
  kind: 'request',
  apiKey: 29,
  name: 'DescribeAclsRequest',
  versions: '0-3',
  flexibleVersions: '2+',
  fields: [
    {
      name: 'resourceTypeFilter',
      type: 'int8',
      about: '1 any, 2 topic, 3 group, 4 cluster, 5 transactional id, 6 delegation token, 7 user.',
    },
    { name: 'resourceNameFilter', type: 'string', nullableVersions: '0+', about: 'null: any.' },
    {
      name: 'patternTypeFilter',
      type: 'int8',
      versions: '1+',
      default: 3,
      about: '1 any, 2 match, 3 literal, 4 prefixed.',
    },
    { name: 'principalFilter', type: 'string', nullableVersions: '0+', about: 'null: any.' },
    { name: 'hostFilter', type: 'string', nullableVersions: '0+', about: 'null: any.' },
    {
      name: 'operation',
      type: 'int8',
      about:
        '1 any, 2 all, 3 read, 4 write, 5 create, 6 delete, 7 alter, 8 describe, 9 cluster action, 10 describe configs, 11 alter configs, 12 idempotent write, 13 create tokens, 14 describe tokens.',
    },
    { name: 'permissionType', type: 'int8', about: '1 any, 2 deny, 3 allow.' },
  ],
} as const

export const describeAclsResponse = {
  kind: 'response',
  apiKey: 29,
  name: 'DescribeAclsResponse',
  versions: '0-3',
  flexibleVersions: '2+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    { name: 'errorCode', type: 'int16' },
    { name: 'errorMessage', type: 'string', nullableVersions: '0+', about: 'For people; null when there is no error.' },
    {
      name: 'resources',
      type: '[]struct',
      fields: [
        {
          name: 'resourceType',
          type: 'int8',
          about: '2 topic, 3 group, 4 cluster, 5 transactional id, 6 delegation token, 7 user.',
        },
        { name: 'resourceName', type: 'string' },
        { name: 'patternType', type: 'int8', versions: '1+', default: 3, about: '3: literal, 4: prefixed.' },
        {
          name: 'acls',
          type: '[]struct',
          fields: [
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
    },
  ],
} as const

export type DescribeAclsRequest = Decoded<typeof describeAclsRequest>
export type DescribeAclsRequestInput = Encodable<typeof describeAclsRequest>
export type DescribeAclsResponse = Decoded<typeof describeAclsResponse>
export type DescribeAclsResponseInput = Encodable<typeof describeAclsResponse>
