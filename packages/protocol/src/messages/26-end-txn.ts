/**
 * EndTxn: commits or aborts a transaction; from version 5 it also gives the next epoch (KIP-890).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const endTxnRequest = {
  kind: 'request',
  apiKey: 26,
  name: 'EndTxnRequest',
  versions: '0-5',
  flexibleVersions: '3+',
  fields: [
    { name: 'transactionalId', type: 'string' },
    { name: 'producerId', type: 'int64' },
    { name: 'producerEpoch', type: 'int16' },
    { name: 'committed', type: 'bool', about: 'true: commit, false: abort.' },
  ],
} as const

export const endTxnResponse = {
  kind: 'response',
  apiKey: 26,
  name: 'EndTxnResponse',
  versions: '0-5',
  flexibleVersions: '3+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    { name: 'errorCode', type: 'int16' },
    {
      name: 'producerId',
      type: 'int64',
      versions: '5+',
      default: -1,
      about: 'For the next transaction; -1: unchanged (KIP-890).',
    },
    {
      name: 'producerEpoch',
      type: 'int16',
      versions: '5+',
      default: -1,
      about: 'For the next transaction; -1: unchanged (KIP-890).',
    },
  ],
} as const

export type EndTxnRequest = Decoded<typeof endTxnRequest>
export type EndTxnRequestInput = Encodable<typeof endTxnRequest>
export type EndTxnResponse = Decoded<typeof endTxnResponse>
export type EndTxnResponseInput = Encodable<typeof endTxnResponse>
