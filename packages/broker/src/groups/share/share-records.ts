/**
 * The records of `__consumer_offsets` that hold a share group, as Kafka 4.1 writes them (types 10 to 15): keys are an int16
 * type and classic strings, values an int16 version 0 and a flexible body. A null body is a tombstone. Type 9 (partition
 * metadata of 4.0) is read over.
 */
import { decodeMessage, encodeMessage } from '@millrace/protocol/codec'
import type { Decoded, Encodable, MessageDefinition } from '@millrace/protocol/definition'
import { Reader } from '@millrace/protocol/primitives/reader'
import { Writer } from '@millrace/protocol/primitives/writer'
import type { CoordinatorRecord } from '../offset-records.ts'

export const ShareRecordType = {
  MEMBER: 10,
  GROUP: 11,
  TARGET: 12,
  MEMBER_TARGET: 13,
  CURRENT_ASSIGNMENT: 14,
  STATE_PARTITIONS: 15,
} as const

const memberValue = {
  kind: 'data',
  name: 'ShareGroupMemberMetadataValue',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'rackId', type: 'string', nullableVersions: '0+' },
    { name: 'clientId', type: 'string' },
    { name: 'clientHost', type: 'string' },
    { name: 'subscribedTopicNames', type: '[]string' },
  ],
} as const

const groupValue = {
  kind: 'data',
  name: 'ShareGroupMetadataValue',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'epoch', type: 'int32' },
    { name: 'metadataHash', type: 'int64' },
  ],
} as const

const targetValue = {
  kind: 'data',
  name: 'ShareGroupTargetAssignmentMetadataValue',
  versions: '0',
  flexibleVersions: '0+',
  fields: [{ name: 'assignmentEpoch', type: 'int32' }],
} as const

const memberTargetValue = {
  kind: 'data',
  name: 'ShareGroupTargetAssignmentMemberValue',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    {
      name: 'topicPartitions',
      type: '[]struct',
      fields: [
        { name: 'topicId', type: 'uuid' },
        { name: 'partitions', type: '[]int32' },
      ],
    },
  ],
} as const

const currentAssignmentValue = {
  kind: 'data',
  name: 'ShareGroupCurrentMemberAssignmentValue',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'memberEpoch', type: 'int32' },
    { name: 'previousMemberEpoch', type: 'int32' },
    { name: 'state', type: 'int8' },
    {
      name: 'assignedPartitions',
      type: '[]struct',
      fields: [
        { name: 'topicId', type: 'uuid' },
        { name: 'partitions', type: '[]int32' },
      ],
    },
  ],
} as const

const statePartitionsValue = {
  kind: 'data',
  name: 'ShareGroupStatePartitionMetadataValue',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    {
      name: 'initializingTopics',
      type: '[]struct',
      fields: [
        { name: 'topicId', type: 'uuid' },
        { name: 'topicName', type: 'string' },
        { name: 'partitions', type: '[]int32' },
      ],
    },
    {
      name: 'initializedTopics',
      type: '[]struct',
      fields: [
        { name: 'topicId', type: 'uuid' },
        { name: 'topicName', type: 'string' },
        { name: 'partitions', type: '[]int32' },
      ],
    },
    {
      name: 'deletingTopics',
      type: '[]struct',
      fields: [
        { name: 'topicId', type: 'uuid' },
        { name: 'topicName', type: 'string' },
      ],
    },
  ],
} as const

interface OfGroup<Type extends number, Value> {
  readonly type: Type
  readonly groupId: string
  readonly value: Value | null
}

interface OfMember<Type extends number, Value> extends OfGroup<Type, Value> {
  readonly memberId: string
}

/** One record, typed; `value` null is a tombstone. */
export type ShareRecord =
  | OfMember<10, Decoded<typeof memberValue>>
  | OfGroup<11, Decoded<typeof groupValue>>
  | OfGroup<12, Decoded<typeof targetValue>>
  | OfMember<13, Decoded<typeof memberTargetValue>>
  | OfMember<14, Decoded<typeof currentAssignmentValue>>
  | OfGroup<15, Decoded<typeof statePartitionsValue>>

export function encodeShareRecord(record: ShareRecord): CoordinatorRecord {
  const key = new Writer()
  key.int16(record.type)
  key.string(record.groupId)
  if ('memberId' in record) key.string(record.memberId)
  return { key: key.finishBuffer(), value: encodeValue(record) }
}

function encodeValue(record: ShareRecord): Buffer | null {
  if (record.value === null) return null
  switch (record.type) {
    case 10:
      return encoded(memberValue, record.value)
    case 11:
      return encoded(groupValue, record.value)
    case 12:
      return encoded(targetValue, record.value)
    case 13:
      return encoded(memberTargetValue, record.value)
    case 14:
      return encoded(currentAssignmentValue, record.value)
    case 15:
      return encoded(statePartitionsValue, record.value)
  }
}

function encoded<const D extends MessageDefinition>(definition: D, body: Encodable<D>): Buffer {
  const writer = new Writer()
  writer.int16(0)
  encodeMessage(definition, 0, body, writer)
  return writer.finishBuffer()
}

export function isShareRecordType(type: number): type is ShareRecord['type'] {
  return type >= ShareRecordType.MEMBER && type <= ShareRecordType.STATE_PARTITIONS
}

/** Reads what stands behind the type of a key. Throws DecodeError when the bytes are not what the type says. */
export function readShareRecord(type: ShareRecord['type'], key: Reader, bytes: Buffer | null): ShareRecord {
  const groupId = key.string()
  switch (type) {
    case 10:
      return { type, groupId, memberId: key.string(), value: decoded(memberValue, bytes) }
    case 11:
      return { type, groupId, value: decoded(groupValue, bytes) }
    case 12:
      return { type, groupId, value: decoded(targetValue, bytes) }
    case 13:
      return { type, groupId, memberId: key.string(), value: decoded(memberTargetValue, bytes) }
    case 14:
      return { type, groupId, memberId: key.string(), value: decoded(currentAssignmentValue, bytes) }
    case 15:
      return { type, groupId, value: decoded(statePartitionsValue, bytes) }
  }
}

function decoded<const D extends MessageDefinition>(definition: D, bytes: Buffer | null): Decoded<D> | null {
  if (bytes === null) return null
  const reader = new Reader(bytes)
  reader.int16()
  return decodeMessage(definition, 0, reader)
}
