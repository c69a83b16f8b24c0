/**
 * DescribeConfigs
 */
import type { Decoded, Encodable } from '../definition.ts'

export const describeConfigsRequest = {
  kind: 'request',
  apiKey: 32,
  name: 'DescribeConfigsRequest',
  versions: '0-4',
  flexibleVersions: '4+',
  fields: [
    {
      name: 'resources',
      type: '[]struct',
      fields: [
        { name: 'resourceType', type: 'int8' },
        { name: 'resourceName', type: 'string' },
        { name: 'configurationKeys', type: '[]string', nullableVersions: '0+' },
      ],
    },
    { name: 'includeSynonyms', type: 'bool', versions: '1+' },
    { name: 'includeDocumentation', type: 'bool', versions: '3+' },
  ],
} as const

export const describeConfigsResponse = {
  kind: 'response',
  apiKey: 32,
  name: 'DescribeConfigsResponse',
  versions: '0-4',
  flexibleVersions: '4+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32' },
    {
      name: 'results',
      type: '[]struct',
      fields: [
        { name: 'errorCode', type: 'int16' },
        { name: 'errorMessage', type: 'string', nullableVersions: '0+' },
        { name: 'resourceType', type: 'int8' },
        { name: 'resourceName', type: 'string' },
        {
          name: 'configs',
          type: '[]struct',
          fields: [
            { name: 'name', type: 'string' },
            { name: 'value', type: 'string', nullableVersions: '0+' },
            { name: 'readOnly', type: 'bool' },
            { name: 'isDefault', type: 'bool', versions: '0' },
            { name: 'configSource', type: 'int8', versions: '1+', default: -1 },
            { name: 'isSensitive', type: 'bool' },
            {
              name: 'synonyms',
              type: '[]struct',
              versions: '1+',
              fields: [
                { name: 'name', type: 'string' },
                { name: 'value', type: 'string', nullableVersions: '0+' },
                { name: 'source', type: 'int8' },
              ],
            },
            { name: 'configType', type: 'int8', versions: '3+' },
            { name: 'documentation', type: 'string', versions: '3+', nullableVersions: '3+' },
          ],
        },
      ],
    },
  ],
} as const

export type DescribeConfigsRequest = Decoded<typeof describeConfigsRequest>
export type DescribeConfigsRequestInput = Encodable<typeof describeConfigsRequest>
export type DescribeConfigsResponse = Decoded<typeof describeConfigsResponse>
export type DescribeConfigsResponseInput = Encodable<typeof describeConfigsResponse>
