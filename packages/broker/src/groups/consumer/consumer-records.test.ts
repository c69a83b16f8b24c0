import { describe, expect, it } from 'vitest'
import { readCoordinatorRecord } from '../offset-records.ts'
import { encodeConsumerRecord, type ConsumerRecord } from './consumer-records.ts'
import { idOf } from './consumer-fixture.ts'

const topicId = idOf('t')
const topicHex = Buffer.from('t'.padEnd(16)).toString('hex')

/** Bytes as kafka-dump-log 4.1.1 --offsets-decoder reads them. */
const cases: readonly (readonly [string, ConsumerRecord, string, string])[] = [
  [
    'the group',
    { type: 3, groupId: 'g', value: { epoch: 5, metadataHash: 9 } },
    '0003 0001 67',
    '0000 00000005 01 00 08 0000000000000009',
  ],
  [
    'a group without topics',
    { type: 3, groupId: 'g', value: { epoch: 5, metadataHash: 0 } },
    '0003 0001 67',
    '0000 00000005 00',
  ],
  [
    'a member',
    {
      type: 5,
      groupId: 'g',
      memberId: 'm',
      value: {
        instanceId: null,
        rackId: 'r',
        clientId: 'c',
        clientHost: '/h',
        subscribedTopicNames: ['t'],
        subscribedTopicRegex: null,
        rebalanceTimeoutMs: 1,
        serverAssignor: 'a',
        classicMemberMetadata: null,
      },
    },
    '0005 0001 67 0001 6d',
    '0000 00 0272 0263 032f68 02 0274 00 00000001 0261 00',
  ],
  [
    'a member that speaks the classic protocol',
    {
      type: 5,
      groupId: 'g',
      memberId: 'm',
      value: {
        instanceId: 'i',
        rackId: null,
        clientId: '',
        clientHost: '',
        subscribedTopicNames: [],
        subscribedTopicRegex: 'x',
        rebalanceTimeoutMs: 1,
        serverAssignor: null,
        classicMemberMetadata: {
          sessionTimeoutMs: 2,
          supportedProtocols: [{ name: 'p', metadata: Buffer.from([9]) }],
        },
      },
    },
    '0005 0001 67 0001 6d',
    '0000 0269 00 01 01 01 0278 00000001 00 01 00 0c 01 00000002 02 0270 0209 00 00',
  ],
  [
    'the epoch of the target',
    { type: 6, groupId: 'g', value: { assignmentEpoch: 5 } },
    '0006 0001 67',
    '0000 00000005 00',
  ],
  [
    'the target of a member',
    { type: 7, groupId: 'g', memberId: 'm', value: { topicPartitions: [{ topicId, partitions: [1, 2] }] } },
    '0007 0001 67 0001 6d',
    `0000 02 ${topicHex} 03 00000001 00000002 00 00`,
  ],
  [
    'where a member stands',
    {
      type: 8,
      groupId: 'g',
      memberId: 'm',
      value: {
        memberEpoch: 5,
        previousMemberEpoch: 4,
        state: 1,
        assignedPartitions: [],
        partitionsPendingRevocation: [{ topicId, partitions: [3] }],
      },
    },
    '0008 0001 67 0001 6d',
    `0000 00000005 00000004 01 01 02 ${topicHex} 02 00000003 00 00`,
  ],
  [
    'a resolved pattern',
    { type: 16, groupId: 'g', regex: 't.*', value: { topics: ['t'], version: 7, timestamp: 8 } },
    '0010 0001 67 0003 742e2a',
    '0000 02 0274 0000000000000007 0000000000000008 00',
  ],
]

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex')

describe('the record of', () => {
  it.each(cases)('%s is written and read as Kafka does', (_name, record, key, value) => {
    const written = encodeConsumerRecord(record)
    expect(written.key.toString('hex')).toBe(bytes(key).toString('hex'))
    expect(written.value?.toString('hex')).toBe(bytes(value).toString('hex'))
    expect(readCoordinatorRecord(bytes(key), bytes(value))).toEqual({ kind: 'consumer', record })
  })

  it.each(cases)('%s has a tombstone', (_name, record, key) => {
    const tombstone = { ...record, value: null } as ConsumerRecord
    expect(encodeConsumerRecord(tombstone).value).toBeNull()
    expect(readCoordinatorRecord(bytes(key), null)).toEqual({ kind: 'consumer', record: tombstone })
  })
})
