/**
 * The records of `__consumer_offsets` that hold a consumer group (kafka-records §3.2, types 3 and 5 to 8 and 16): keys are
 * an int16 type and classic strings, values an int16 version 0 and a flexible body. A null body is a tombstone. Type 4
 * (partition metadata, written up to Kafka 4.0) is read over: the hash in type 3 takes its place.
 */
import { decodeMessage, encodeMessage } from '@millrace/protocol/codec'
import type { Decoded, Encodable, MessageDefinition } from '@millrace/protocol/definition'
import { Reader } from '@millrace/protocol/primitives/reader'
import { Writer } from '@millrace/protocol/primitives/writer'
import type { CoordinatorRecord } from '../offset-records.ts'

export const ConsumerRecordType = {
  GROUP: 3,
  MEMBER: 5,
  TARGET: 6,
  MEMBER_TARGET: 7,
  CURRENT_ASSIGNMENT: 8,
  REGULAR_EXPRESSION: 16,
} as const

const groupValue = {
  kind: 'data',
  name: 'ConsumerGroupMetadataValue',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'epoch', type: 'int32' },
    { name: 'metadataHash', type: 'int64', versions: '0+', tag: 0, default: 0 },
  ],
} as const

const memberValue = {
  kind: 'data',
  name: 'ConsumerGroupMemberMetadataValue',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'instanceId', type: 'string', nullableVersions: '0+' },
    { name: 'rackId', type: 'string', nullableVersions: '0+' },
    { name: 'clientId', type: 'string' },
    { name: 'clientHost', type: 'string' },
    { name: 'subscribedTopicNames', type: '[]string' },
    { name: 'subscribedTopicRegex', type: 'string', nullableVersions: '0+' },
    { name: 'rebalanceTimeoutMs', type: 'int32', default: -1 },
    { name: 'serverAssignor', type: 'string', nullableVersions: '0+' },
    {
      name: 'classicMemberMetadata',
      type: 'struct',
      versions: '0+',
      nullableVersions: '0+',
      tag: 0,
      default: null,
      fields: [
        { name: 'sessionTimeoutMs', type: 'int32' },
        {
          name: 'supportedProtocols',
          type: '[]struct',
          fields: [
            { name: 'name', type: 'string' },
            { name: 'metadata', type: 'bytes' },
          ],
        },
      ],
    },
  ],
} as const

const targetValue = {
  kind: 'data',
  name: 'ConsumerGroupTargetAssignmentMetadataValue',
  versions: '0',
  flexibleVersions: '0+',
  fields: [{ name: 'assignmentEpoch', type: 'int32' }],
} as const

const memberTargetValue = {
  kind: 'data',
  name: 'ConsumerGroupTargetAssignmentMemberValue',
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
  name: 'ConsumerGroupCurrentMemberAssignmentValue',
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
    {
      name: 'partitionsPendingRevocation',
      type: '[]struct',
      fields: [
        { name: 'topicId', type: 'uuid' },
        { name: 'partitions', type: '[]int32' },
      ],
    },
  ],
} as const

const regularExpressionValue = {
  kind: 'data',
  name: 'ConsumerGroupRegularExpressionValue',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'topics', type: '[]string' },
    { name: 'version', type: 'int64' },
    { name: 'timestamp', type: 'int64' },
  ],
} as const

export type MemberValue = Decoded<typeof memberValue>
export type CurrentAssignmentValue = Decoded<typeof currentAssignmentValue>

/** One record, typed; `value` null is a tombstone. */
export type ConsumerRecord =
  | { readonly type: 3; readonly groupId: string; readonly value: Decoded<typeof groupValue> | null }
  | { readonly type: 5; readonly groupId: string; readonly memberId: string; readonly value: MemberValue | null }
  | { readonly type: 6; readonly groupId: string; readonly value: Decoded<typeof targetValue> | null }
  | {
      readonly type: 7
      readonly groupId: string
      readonly memberId: string
      readonly value: Decoded<typeof memberTargetValue> | null
    }
  | {
      readonly type: 8
      readonly groupId: string
      readonly memberId: string
      readonly value: CurrentAssignmentValue | null
    }
  | {
      readonly type: 16
      readonly groupId: string
      readonly regex: string
      readonly value: Decoded<typeof regularExpressionValue> | null
    }

export function encodeConsumerRecord(record: ConsumerRecord): CoordinatorRecord {
  const key = new Writer()
  key.int16(record.type)
  key.string(record.groupId)
  if (record.type === ConsumerRecordType.REGULAR_EXPRESSION) key.string(record.regex)
  else if ('memberId' in record) key.string(record.memberId)
  return { key: key.finishBuffer(), value: encodeValue(record) }
}

function encodeValue(record: ConsumerRecord): Buffer | null {
  if (record.value === null) return null
  switch (record.type) {
    case 3:
      return encoded(groupValue, record.value)
    case 5:
      return encoded(memberValue, record.value)
    case 6:
      return encoded(targetValue, record.value)
    case 7:
      return encoded(memberTargetValue, record.value)
    case 8:
      return encoded(currentAssignmentValue, record.value)
    case 16:
      return encoded(regularExpressionValue, record.value)
  }
}

function encoded<const D extends MessageDefinition>(definition: D, body: Encodable<D>): Buffer {
  const writer = new Writer()
  writer.int16(0)
  encodeMessage(definition, 0, body, writer)
  return writer.finishBuffer()
}

export function isConsumerRecordType(type: number): type is ConsumerRecord['type'] {
  return (Object.values(ConsumerRecordType) as number[]).includes(type)
}

/** Reads what stands behind the type of a key. Throws DecodeError when the bytes are not what the type says. */
export function readConsumerRecord(type: ConsumerRecord['type'], key: Reader, bytes: Buffer | null): ConsumerRecord {
  const groupId = key.string()
  switch (type) {
    case 3:
      return { type, groupId, value: decoded(groupValue, bytes) }
    case 5:
      return { type, groupId, memberId: key.string(), value: decoded(memberValue, bytes) }
    case 6:
      return { type, groupId, value: decoded(targetValue, bytes) }
    case 7:
      return { type, groupId, memberId: key.string(), value: decoded(memberTargetValue, bytes) }
    case 8:
      return { type, groupId, memberId: key.string(), value: decoded(currentAssignmentValue, bytes) }
    case 16:
      return { type, groupId, regex: key.string(), value: decoded(regularExpressionValue, bytes) }
  }
}

function decoded<const D extends MessageDefinition>(definition: D, bytes: Buffer | null): Decoded<D> | null {
  if (bytes === null) return null
  const reader = new Reader(bytes)
  reader.int16()
  return decodeMessage(definition, 0, reader)
}
