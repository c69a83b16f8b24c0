/**
 * ControllerRegistration: a controller registers with the active one (KIP-919).
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
        { name: 'securityProtocol', type: 'int16', about: '0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL.' },
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
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    { name: 'errorCode', type: 'int16' },
    { name: 'errorMessage', type: 'string', nullableVersions: '0+', about: 'For people; null when there is no error.' },
  ],
} as const

export type ControllerRegistrationRequest = Decoded<typeof controllerRegistrationRequest>
export type ControllerRegistrationRequestInput = Encodable<typeof controllerRegistrationRequest>
export type ControllerRegistrationResponse = Decoded<typeof controllerRegistrationResponse>
export type ControllerRegistrationResponseInput = Encodable<typeof controllerRegistrationResponse>
