/**
 * ControlledShutdown
 */
import type { Decoded, Encodable } from '../definition.ts'

export const controlledShutdownRequest = {
  kind: 'request',
  apiKey: 7,
  name: 'ControlledShutdownRequest',
  versions: '0-3',
  flexibleVersions: '3+',
  fields: [
    { name: 'brokerId', type: 'int32' },
    { name: 'brokerEpoch', type: 'int64', versions: '2+', default: -1 },
  ],
} as const

export const controlledShutdownResponse = {
  kind: 'response',
  apiKey: 7,
  name: 'ControlledShutdownResponse',
  versions: '0-3',
  flexibleVersions: '3+',
  fields: [
    { name: 'errorCode', type: 'int16' },
    {
      name: 'remainingPartitions',
      type: '[]struct',
      fields: [
        { name: 'topicName', type: 'string' },
        { name: 'partitionIndex', type: 'int32' },
      ],
    },
  ],
} as const

export type ControlledShutdownRequest = Decoded<typeof controlledShutdownRequest>
export type ControlledShutdownRequestInput = Encodable<typeof controlledShutdownRequest>
export type ControlledShutdownResponse = Decoded<typeof controlledShutdownResponse>
export type ControlledShutdownResponseInput = Encodable<typeof controlledShutdownResponse>
