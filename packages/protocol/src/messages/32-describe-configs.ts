/**
 * DescribeConfigs: effective configurations and where each value comes from. Broker resources are asked of the broker
 * itself.
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
        {
          name: 'resourceType',
          type: 'int8',
          about: '2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group.',
        },
        { name: 'resourceName', type: 'string' },
        { name: 'configurationKeys', type: '[]string', nullableVersions: '0+', about: 'null: all.' },
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
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    {
      name: 'results',
      type: '[]struct',
      fields: [
        {
          name: 'errorCode',
          type: 'int16',
          errors: [
            'UNKNOWN_TOPIC_OR_PARTITION',
            'INVALID_TOPIC_EXCEPTION',
            'TOPIC_AUTHORIZATION_FAILED',
            'GROUP_AUTHORIZATION_FAILED',
            'CLUSTER_AUTHORIZATION_FAILED',
            'INVALID_REQUEST',
          ],
        },
        {
          name: 'errorMessage',
          type: 'string',
          nullableVersions: '0+',
          about: 'For people; null when there is no error.',
        },
        {
          name: 'resourceType',
          type: 'int8',
          about: '2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group.',
        },
        { name: 'resourceName', type: 'string' },
        {
          name: 'configs',
          type: '[]struct',
          fields: [
            { name: 'name', type: 'string' },
            { name: 'value', type: 'string', nullableVersions: '0+', about: 'null: a secret, or no value.' },
            { name: 'readOnly', type: 'bool', about: 'Cannot be changed at run time.' },
            { name: 'isDefault', type: 'bool', versions: '0' },
            {
              name: 'configSource',
              type: 'int8',
              versions: '1+',
              default: -1,
              about:
                '1 dynamic topic, 2 dynamic broker, 3 dynamic default broker, 4 static broker, 5 default, 6 dynamic broker logger, 7 client metrics, 8 group.',
            },
            { name: 'isSensitive', type: 'bool', about: 'The value is a secret and not told.' },
            {
              name: 'synonyms',
              type: '[]struct',
              versions: '1+',
              about: 'Where the value may come from, highest precedence first.',
              fields: [
                { name: 'name', type: 'string' },
                { name: 'value', type: 'string', nullableVersions: '0+' },
                { name: 'source', type: 'int8', about: 'As configSource.' },
              ],
            },
            {
              name: 'configType',
              type: 'int8',
              versions: '3+',
              about: '0 unknown, 1 boolean, 2 string, 3 int, 4 short, 5 long, 6 double, 7 list, 8 class, 9 password.',
            },
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
