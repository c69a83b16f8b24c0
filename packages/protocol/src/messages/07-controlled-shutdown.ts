/**
 * ControlledShutdown: a broker's wish to leave, in clusters with ZooKeeper. Not offered; kept because its header is
 * special.
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
    {
      name: 'brokerEpoch',
      type: 'int64',
      versions: '2+',
      default: -1,
      ignorable: true,
      about: "Epoch of the broker's registration; -1: not checked.",
    },
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
