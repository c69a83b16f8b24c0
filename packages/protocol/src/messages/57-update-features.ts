/**
 * UpdateFeatures: finalizes feature levels (KIP-584).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const updateFeaturesRequest = {
  kind: 'request',
  apiKey: 57,
  name: 'UpdateFeaturesRequest',
  versions: '0-2',
  flexibleVersions: '0+',
  fields: [
    { name: 'timeoutMs', type: 'int32', default: 60_000 },
    {
      name: 'featureUpdates',
      type: '[]struct',
      fields: [
        { name: 'feature', type: 'string' },
        { name: 'maxVersionLevel', type: 'int16', about: 'Level to finalize; 0: remove the feature.' },
        { name: 'allowDowngrade', type: 'bool', versions: '0' },
        {
          name: 'upgradeType',
          type: 'int8',
          versions: '1+',
          default: 1,
          about: '1: upgrade, 2: safe downgrade, 3: unsafe downgrade.',
        },
      ],
    },
    { name: 'validateOnly', type: 'bool', versions: '1+', about: 'Check the request, change nothing.' },
  ],
} as const

export const updateFeaturesResponse = {
  kind: 'response',
  apiKey: 57,
  name: 'UpdateFeaturesResponse',
  versions: '0-2',
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
      versions: '0-1',
      fields: [
        { name: 'feature', type: 'string' },
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

export type UpdateFeaturesRequest = Decoded<typeof updateFeaturesRequest>
export type UpdateFeaturesRequestInput = Encodable<typeof updateFeaturesRequest>
export type UpdateFeaturesResponse = Decoded<typeof updateFeaturesResponse>
export type UpdateFeaturesResponseInput = Encodable<typeof updateFeaturesResponse>
