/**
 * AddOffsetsToTxn: takes a group's offsets into a transaction.
 */
import type { Decoded, Encodable } from '../definition.ts'

export const addOffsetsToTxnRequest = {
  kind: 'request',
  apiKey: 25,
  name: 'AddOffsetsToTxnRequest',
  versions: '0-4',
  flexibleVersions: '3+',
  fields: [
    { name: 'transactionalId', type: 'string' },
    { name: 'producerId', type: 'int64' },
    { name: 'producerEpoch', type: 'int16' },
    { name: 'groupId', type: 'string' },
  ],
} as const

export const addOffsetsToTxnResponse = {
  kind: 'response',
  apiKey: 25,
  name: 'AddOffsetsToTxnResponse',
  versions: '0-4',
  flexibleVersions: '3+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    { name: 'errorCode', type: 'int16' },
  ],
} as const

export type AddOffsetsToTxnRequest = Decoded<typeof addOffsetsToTxnRequest>
export type AddOffsetsToTxnRequestInput = Encodable<typeof addOffsetsToTxnRequest>
export type AddOffsetsToTxnResponse = Decoded<typeof addOffsetsToTxnResponse>
export type AddOffsetsToTxnResponseInput = Encodable<typeof addOffsetsToTxnResponse>
