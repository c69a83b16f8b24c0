/**
 * Control records: what brokers and controllers write into logs for themselves. Transaction markers end a producer's
 * transaction in a partition (KIP-98); the others belong to the metadata log and its snapshots (KIP-595, 630, 853).
 * A control record's key is {version i16 = 0, type i16}; its value a message body without any frame.
 */
import { encodeMessage } from '../codec.ts'
import type { Decoded, Encodable, MessageDefinition } from '../definition.ts'
import { Writer } from '../primitives/writer.ts'
import { buildBatch, type RecordInput } from './build-batch.ts'

export const ControlRecordType = {
  abort: 0,
  commit: 1,
  leaderChange: 2,
  snapshotHeader: 3,
  snapshotFooter: 4,
  kraftVersion: 5,
  kraftVoters: 6,
} as const

export type ControlRecordType = (typeof ControlRecordType)[keyof typeof ControlRecordType]

const KEY_BYTES = 4

/** Value of abort and commit. */
export const transactionMarkerValue = {
  kind: 'data',
  name: 'EndTxnMarker',
  versions: '0',
  flexibleVersions: 'none',
  fields: [
    { name: 'version', type: 'int16', default: 0 },
    { name: 'coordinatorEpoch', type: 'int32', about: 'Epoch of the transaction coordinator that sent the marker.' },
  ],
} as const

export const leaderChangeMessage = {
  kind: 'data',
  name: 'LeaderChangeMessage',
  versions: '0-1',
  flexibleVersions: '0+',
  fields: [
    { name: 'version', type: 'int16', default: 0 },
    { name: 'leaderId', type: 'int32', about: 'Node id of the new leader.' },
    {
      name: 'voters',
      type: '[]struct',
      fields: [
        { name: 'voterId', type: 'int32' },
        { name: 'voterDirectoryId', type: 'uuid', versions: '1+' },
      ],
    },
    {
      name: 'grantingVoters',
      type: '[]struct',
      about: 'Voters that gave the leader their vote.',
      fields: [
        { name: 'voterId', type: 'int32' },
        { name: 'voterDirectoryId', type: 'uuid', versions: '1+' },
      ],
    },
  ],
} as const

export const snapshotHeaderRecord = {
  kind: 'data',
  name: 'SnapshotHeaderRecord',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'version', type: 'int16', default: 0 },
    { name: 'lastContainedLogTimestamp', type: 'int64', about: 'Timestamp of the last batch in the snapshot, ms.' },
  ],
} as const

export const snapshotFooterRecord = {
  kind: 'data',
  name: 'SnapshotFooterRecord',
  versions: '0',
  flexibleVersions: '0+',
  fields: [{ name: 'version', type: 'int16', default: 0 }],
} as const

export const kraftVersionRecord = {
  kind: 'data',
  name: 'KRaftVersionRecord',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'version', type: 'int16', default: 0 },
    { name: 'kRaftVersion', type: 'int16' },
  ],
} as const

export const votersRecord = {
  kind: 'data',
  name: 'VotersRecord',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'version', type: 'int16', default: 0 },
    {
      name: 'voters',
      type: '[]struct',
      fields: [
        { name: 'voterId', type: 'int32' },
        { name: 'voterDirectoryId', type: 'uuid' },
        {
          name: 'endpoints',
          type: '[]struct',
          fields: [
            { name: 'name', type: 'string', about: 'Listener name.' },
            { name: 'host', type: 'string' },
            { name: 'port', type: 'uint16' },
          ],
        },
        {
          name: 'kRaftVersionFeature',
          type: 'struct',
          fields: [
            { name: 'minSupportedVersion', type: 'int16' },
            { name: 'maxSupportedVersion', type: 'int16' },
          ],
        },
      ],
    },
  ],
} as const

export type TransactionMarkerValue = Decoded<typeof transactionMarkerValue>
export type LeaderChangeMessage = Decoded<typeof leaderChangeMessage>
export type SnapshotHeaderRecord = Decoded<typeof snapshotHeaderRecord>
export type SnapshotFooterRecord = Decoded<typeof snapshotFooterRecord>
export type KRaftVersionRecord = Decoded<typeof kraftVersionRecord>
export type VotersRecord = Decoded<typeof votersRecord>

/** The type in a control record's key, null when the key is not one. Types above 6 are to be ignored by readers. */
export function controlRecordType(key: Buffer | null): number | null {
  if (key === null || key.length < KEY_BYTES || key.readInt16BE(0) < 0) return null
  return key.readInt16BE(2)
}

/** A control record with its key and encoded value, for buildBatch with isControl. */
export function controlRecord<const D extends MessageDefinition>(
  type: ControlRecordType,
  definition: D,
  value: Encodable<D>,
  version: number = 0,
): RecordInput {
  const key = Buffer.alloc(KEY_BYTES)
  key.writeInt16BE(type, 2)
  const writer = new Writer()
  encodeMessage(definition, version, value, writer)
  return { key, value: writer.finishBuffer() }
}

/** The batch that ends a transaction in one partition. */
export function buildTransactionMarker(marker: {
  readonly commit: boolean
  readonly producerId: number
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  readonly timestampMs: number
  readonly baseOffset?: number
  readonly partitionLeaderEpoch?: number
}): Buffer {
  const { commit, coordinatorEpoch, ...header } = marker
  const type = commit ? ControlRecordType.commit : ControlRecordType.abort
  const record = controlRecord(type, transactionMarkerValue, { coordinatorEpoch })
  return buildBatch({ ...header, isControl: true, isTransactional: true, records: [record] })
}
