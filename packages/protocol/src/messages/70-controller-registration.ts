/**
 * ControllerRegistration
 */
import type { Decoded, Encodable } from '../definition.ts'

export const controllerRegistrationRequest = {
  kind: 'request',
  apiKey: 70,
  name: 'ControllerRegistrationRequest',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'controllerId', type: 'int32' },
    { name: 'incarnationId', type: 'uuid' },
    { name: 'zkMigrationReady', type: 'bool' },
    {
      name: 'listeners',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string' },
        { name: 'host', type: 'string' },
        { name: 'port', type: 'uint16' },
        { name: 'securityProtocol', type: 'int16' },
      ],
    },
    {
      name: 'features',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string' },
        { name: 'minSupportedVersion', type: 'int16' },
        { name: 'maxSupportedVersion', type: 'int16' },
      ],
    },
  ],
} as const

export const controllerRegistrationResponse = {
  kind: 'response',
  apiKey: 70,
  name: 'ControllerRegistrationResponse',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32' },
    { name: 'errorCode', type: 'int16' },
    { name: 'errorMessage', type: 'string', nullableVersions: '0+' },
  ],
} as const

export type ControllerRegistrationRequest = Decoded<typeof controllerRegistrationRequest>
export type ControllerRegistrationRequestInput = Encodable<typeof controllerRegistrationRequest>
export type ControllerRegistrationResponse = Decoded<typeof controllerRegistrationResponse>
export type ControllerRegistrationResponseInput = Encodable<typeof controllerRegistrationResponse>
