/**
 * UpdateFeatures
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
        { name: 'maxVersionLevel', type: 'int16' },
        { name: 'allowDowngrade', type: 'bool', versions: '0' },
        { name: 'upgradeType', type: 'int8', versions: '1+', default: 1 },
      ],
    },
    { name: 'validateOnly', type: 'bool', versions: '1+' },
  ],
} as const

export const updateFeaturesResponse = {
  kind: 'response',
  apiKey: 57,
  name: 'UpdateFeaturesResponse',
  versions: '0-2',
  flexibleVersions: '0+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32' },
    { name: 'errorCode', type: 'int16' },
    { name: 'errorMessage', type: 'string', nullableVersions: '0+' },
    {
      name: 'results',
      type: '[]struct',
      versions: '0-1',
      fields: [
        { name: 'feature', type: 'string' },
        { name: 'errorCode', type: 'int16' },
        { name: 'errorMessage', type: 'string', nullableVersions: '0+' },
      ],
    },
  ],
} as const

export type UpdateFeaturesRequest = Decoded<typeof updateFeaturesRequest>
export type UpdateFeaturesRequestInput = Encodable<typeof updateFeaturesRequest>
export type UpdateFeaturesResponse = Decoded<typeof updateFeaturesResponse>
export type UpdateFeaturesResponseInput = Encodable<typeof updateFeaturesResponse>
