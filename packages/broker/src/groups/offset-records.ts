/**
 * The records of `__consumer_offsets` that hold offsets and classic groups (kafka-records §3.2), in the formats that
 * every tool reads: OffsetCommitKey 1 → OffsetCommitValue 3 (1 with an explicit expiry), GroupMetadataKey 2 →
 * GroupMetadataValue 3; those of other group types have files of their own. Keys are an int16 type and a body, never flexible; values an int16 version and a body. A null
 * value is a tombstone.
 */
import { decodeMessage, encodeMessage } from '@millrace/protocol/codec'
import type { Decoded, Encodable, MessageDefinition } from '@millrace/protocol/definition'
import { Reader } from '@millrace/protocol/primitives/reader'
import { Writer } from '@millrace/protocol/primitives/writer'
import { isConsumerRecordType, readConsumerRecord, type ConsumerRecord } from './consumer/consumer-records.ts'
import type { CommittedOffset } from './group-offsets.ts'
import { isShareRecordType, readShareRecord, type ShareRecord } from './share/share-records.ts'

const offsetCommitKey = {
  kind: 'data',
  name: 'OffsetCommitKey',
  versions: '0-1',
  flexibleVersions: 'none',
  fields: [
    { name: 'group', type: 'string' },
    { name: 'topic', type: 'string' },
    { name: 'partition', type: 'int32' },
  ],
} as const

const offsetCommitValue = {
  kind: 'data',
  name: 'OffsetCommitValue',
  versions: '0-4',
  flexibleVersions: '4+',
  fields: [
    { name: 'offset', type: 'int64' },
    { name: 'leaderEpoch', type: 'int32', versions: '3+', default: -1, ignorable: true },
    { name: 'metadata', type: 'string' },
    { name: 'commitTimestamp', type: 'int64' },
    { name: 'expireTimestamp', type: 'int64', versions: '1', default: -1, ignorable: true },
    { name: 'topicId', type: 'uuid', versions: '4+', tag: 0, ignorable: true },
  ],
} as const

const groupMetadataKey = {
  kind: 'data',
  name: 'GroupMetadataKey',
  versions: '2',
  flexibleVersions: 'none',
  fields: [{ name: 'group', type: 'string' }],
} as const

const groupMetadataValue = {
  kind: 'data',
  name: 'GroupMetadataValue',
  versions: '0-4',
  flexibleVersions: '4+',
  fields: [
    { name: 'protocolType', type: 'string' },
    { name: 'generation', type: 'int32' },
    { name: 'protocol', type: 'string', nullableVersions: '0+' },
    { name: 'leader', type: 'string', nullableVersions: '0+' },
    { name: 'currentStateTimestamp', type: 'int64', versions: '2+', default: -1, ignorable: true },
    {
      name: 'members',
      type: '[]struct',
      fields: [
        { name: 'memberId', type: 'string' },
        {
          name: 'groupInstanceId',
          type: 'string',
          versions: '3+',
          nullableVersions: '3+',
          default: null,
          ignorable: true,
        },
        { name: 'clientId', type: 'string' },
        { name: 'clientHost', type: 'string' },
        { name: 'rebalanceTimeout', type: 'int32', versions: '1+', default: -1, ignorable: true },
        { name: 'sessionTimeout', type: 'int32' },
        { name: 'subscription', type: 'bytes' },
        { name: 'assignment', type: 'bytes' },
      ],
    },
  ],
} as const

export type GroupMetadataValue = Decoded<typeof groupMetadataValue>

/** Key and value as they go into a record batch. */
export interface CoordinatorRecord {
  readonly key: Buffer
  /** null: a tombstone. */
  readonly value: Buffer | null
}

/** What a record of the log says. Other record types (of newer group kinds) are 'unknown' and skipped. */
export type ReadRecord =
  | {
      readonly kind: 'offset'
      readonly groupId: string
      readonly topic: string
      readonly partition: number
      readonly committed: CommittedOffset | null
    }
  | { readonly kind: 'group'; readonly groupId: string; readonly value: GroupMetadataValue | null }
  | { readonly kind: 'consumer'; readonly record: ConsumerRecord }
  | { readonly kind: 'share'; readonly record: ShareRecord }
  | { readonly kind: 'unknown'; readonly type: number }

function encoded<const D extends MessageDefinition>(
  definition: D,
  type: number,
  version: number,
  body: Encodable<D>,
): Buffer {
  const writer = new Writer()
  writer.int16(type)
  encodeMessage(definition, version, body, writer)
  return writer.finishBuffer()
}

export function offsetRecord(
  groupId: string,
  topic: string,
  partition: number,
  committed: CommittedOffset | null,
): CoordinatorRecord {
  const key = encoded(offsetCommitKey, 1, 1, { group: groupId, topic, partition })
  if (committed === null) return { key, value: null }
  const version = committed.expireTimestampMs === -1 ? 3 : 1
  const value = encoded(offsetCommitValue, version, version, {
    offset: committed.offset,
    leaderEpoch: committed.leaderEpoch,
    metadata: committed.metadata,
    commitTimestamp: committed.commitTimestampMs,
    expireTimestamp: committed.expireTimestampMs,
  })
  return { key, value }
}

export function groupRecord(groupId: string, value: GroupMetadataValue | null): CoordinatorRecord {
  const key = encoded(groupMetadataKey, 2, 2, { group: groupId })
  return { key, value: value === null ? null : encoded(groupMetadataValue, 3, 3, value) }
}

/** Reads one record. Throws DecodeError when the bytes are not what their type says. */
export function readCoordinatorRecord(key: Buffer, value: Buffer | null): ReadRecord {
  const reader = new Reader(key)
  const type = reader.int16()
  if (type === 0 || type === 1) {
    const { group, topic, partition } = decodeMessage(offsetCommitKey, type, reader)
    return { kind: 'offset', groupId: group, topic, partition, committed: value === null ? null : readOffset(value) }
  }
  if (type === 2) {
    const { group } = decodeMessage(groupMetadataKey, 2, reader)
    if (value === null) return { kind: 'group', groupId: group, value: null }
    const valueReader = new Reader(value)
    return { kind: 'group', groupId: group, value: decodeMessage(groupMetadataValue, valueReader.int16(), valueReader) }
  }
  if (isConsumerRecordType(type)) return { kind: 'consumer', record: readConsumerRecord(type, reader, value) }
  if (isShareRecordType(type)) return { kind: 'share', record: readShareRecord(type, reader, value) }
  return { kind: 'unknown', type }
}

function readOffset(value: Buffer): CommittedOffset {
  const reader = new Reader(value)
  const decoded = decodeMessage(offsetCommitValue, reader.int16(), reader)
  return {
    offset: decoded.offset,
    leaderEpoch: decoded.leaderEpoch,
    metadata: decoded.metadata,
    commitTimestampMs: decoded.commitTimestamp,
    expireTimestampMs: decoded.expireTimestamp,
  }
}
