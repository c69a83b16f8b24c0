/**
 * The records of `__share_group_state` as Kafka 4.1 writes them: key { int16 type, group, topic id, partition }, type 0 a
 * snapshot, 1 an update since the snapshot of its epoch; value { int16 version 0, flexible body }. A null value takes the
 * share partition away. The delivery count of completed records is a tagged field of Kafka 4.2.
 */
import type { Uuid } from '@millrace/base/uuid'
import { decodeMessage, encodeMessage } from '@millrace/protocol/codec'
import { DecodeError } from '@millrace/protocol/primitives/decode-error'
import { Reader } from '@millrace/protocol/primitives/reader'
import { Writer } from '@millrace/protocol/primitives/writer'
import type { RecordInput } from '@millrace/protocol/records/build-batch'
import type { ShareState, StateBatch } from './share-state.ts'

const SNAPSHOT = 0
const UPDATE = 1
const VERSION = 0

export interface SharePartitionId {
  readonly groupId: string
  readonly topicId: Uuid
  readonly partition: number
}

/** What a coordinator is found by, and what its state is kept under. */
export function shareKey({ groupId, topicId, partition }: SharePartitionId): string {
  return `${groupId}:${topicId}:${partition}`
}

const sharePartitionKey = {
  kind: 'data',
  name: 'ShareStateKey',
  versions: '0',
  flexibleVersions: 'none',
  fields: [
    { name: 'groupId', type: 'string' },
    { name: 'topicId', type: 'uuid' },
    { name: 'partition', type: 'int32' },
  ],
} as const

const stateBatches = {
  name: 'stateBatches',
  type: '[]struct',
  fields: [
    { name: 'firstOffset', type: 'int64' },
    { name: 'lastOffset', type: 'int64' },
    { name: 'deliveryState', type: 'int8' },
    { name: 'deliveryCount', type: 'int16' },
  ],
} as const

const deliveryCompleteCount = {
  name: 'deliveryCompleteCount',
  type: 'int32',
  tag: 0,
  default: -1,
  ignorable: true,
} as const

const shareSnapshotValue = {
  kind: 'data',
  name: 'ShareSnapshotValue',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'snapshotEpoch', type: 'int32' },
    { name: 'stateEpoch', type: 'int32' },
    { name: 'leaderEpoch', type: 'int32' },
    { name: 'startOffset', type: 'int64' },
    { name: 'createTimestamp', type: 'int64' },
    { name: 'writeTimestamp', type: 'int64' },
    stateBatches,
    deliveryCompleteCount,
  ],
} as const

const shareUpdateValue = {
  kind: 'data',
  name: 'ShareUpdateValue',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'snapshotEpoch', type: 'int32' },
    { name: 'leaderEpoch', type: 'int32' },
    { name: 'startOffset', type: 'int64' },
    stateBatches,
    deliveryCompleteCount,
  ],
} as const

export interface ShareUpdate {
  readonly snapshotEpoch: number
  readonly leaderEpoch: number
  readonly startOffset: number
  readonly deliveryCompleteCount: number
  readonly stateBatches: readonly StateBatch[]
}

export type ReadShareRecord =
  | { readonly kind: 'snapshot'; readonly id: SharePartitionId; readonly state: ShareState | null }
  | { readonly kind: 'update'; readonly id: SharePartitionId; readonly update: ShareUpdate }
  | { readonly kind: 'unknown' }

function keyOf(type: number, id: SharePartitionId): Buffer {
  const writer = new Writer()
  writer.int16(type)
  encodeMessage(sharePartitionKey, 0, id, writer)
  return writer.finishBuffer()
}

/** @param state null takes the share partition away */
export function snapshotRecord(id: SharePartitionId, state: ShareState | null): RecordInput {
  const key = keyOf(SNAPSHOT, id)
  if (state === null) return { key, value: null }
  const writer = new Writer()
  writer.int16(VERSION)
  const body = { ...state, createTimestamp: state.createTimestampMs, writeTimestamp: state.writeTimestampMs }
  encodeMessage(shareSnapshotValue, VERSION, body, writer)
  return { key, value: writer.finishBuffer() }
}

export function updateRecord(id: SharePartitionId, state: ShareState, delta: readonly StateBatch[]): RecordInput {
  const writer = new Writer()
  writer.int16(VERSION)
  encodeMessage(shareUpdateValue, VERSION, { ...state, stateBatches: delta }, writer)
  return { key: keyOf(UPDATE, id), value: writer.finishBuffer() }
}

/** Reads one record. Throws DecodeError when the bytes are not what their type says. */
export function readShareRecord(key: Buffer, value: Buffer | null): ReadShareRecord {
  const keyReader = new Reader(key)
  const type = keyReader.int16()
  if (type !== SNAPSHOT && type !== UPDATE) return { kind: 'unknown' }
  const id = decodeMessage(sharePartitionKey, 0, keyReader)
  if (value === null) return type === SNAPSHOT ? { kind: 'snapshot', id, state: null } : { kind: 'unknown' }
  const reader = new Reader(value)
  const version = reader.int16()
  if (version !== VERSION) throw new DecodeError(`version ${version} of a share partition's record`)
  if (type === UPDATE) return { kind: 'update', id, update: decodeMessage(shareUpdateValue, VERSION, reader) }
  const { createTimestamp, writeTimestamp, ...body } = decodeMessage(shareSnapshotValue, VERSION, reader)
  const state = { ...body, createTimestampMs: createTimestamp, writeTimestampMs: writeTimestamp, updates: 0 }
  return { kind: 'snapshot', id, state }
}
