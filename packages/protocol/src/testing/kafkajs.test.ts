/**
 * kafkajs as a judge: requests encoded by its own encoders must decode to what was meant and encode to the same bytes;
 * responses that we encode must decode to what was meant by its decoders.
 */
import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { apiByKey } from '../apis.ts'
import { decodeMessage, encodeMessage } from '../codec.ts'
import type { MessageDefinition } from '../definition.ts'
import { decodeRequestHeader } from '../headers.ts'
import { Reader } from '../primitives/reader.ts'
import { Writer } from '../primitives/writer.ts'
import { crcMatches } from '../records/batch-header.ts'
import { buildBatch } from '../records/build-batch.ts'
import { readRecords } from '../records/records.ts'
import { validateProducedBatch } from '../records/validate-batch.ts'

interface KafkajsRequest {
  readonly apiKey: number
  readonly apiVersion: number
}
interface Protocol {
  readonly request: KafkajsRequest
  readonly response: { decode(bytes: Buffer): Promise<object> }
}
interface Requests {
  readonly requests: Readonly<
    Record<
      string,
      { readonly versions: readonly string[]; protocol(options: { version: number }): (args: object) => Protocol }
    >
  >
}

const require = createRequire(import.meta.url)
const { requests } = require('kafkajs/src/protocol/requests') as Requests
const createRequest = require('kafkajs/src/protocol/request') as (options: {
  correlationId: number
  clientId: string
  request: KafkajsRequest
}) => Promise<{ readonly buffer: Buffer }>
const Long = require('kafkajs/src/utils/long') as { fromInt(value: number): unknown }

function protocol(name: string, version: number, args: object): Protocol {
  const entry = requests[name]
  if (entry === undefined) throw new Error(name)
  return entry.protocol({ version })(args)
}

/** The request as kafkajs sends it, decoded by us and encoded again. */
async function decoded(name: string, version: number, args: object): Promise<object> {
  const { request } = protocol(name, version, args)
  const { buffer } = await createRequest({ correlationId: 3, clientId: 'kafkajs', request })
  const reader = new Reader(buffer, 4)
  const header = decodeRequestHeader(reader)
  expect(header).toEqual({ apiKey: request.apiKey, apiVersion: version, correlationId: 3, clientId: 'kafkajs' })
  const body = buffer.subarray(reader.position)
  const definition = apiByKey(header.apiKey)?.request as MessageDefinition
  const value = decodeMessage(definition, version, reader)
  reader.expectEnd()
  const writer = new Writer()
  encodeMessage(definition, version, value as never, writer)
  expect(writer.finishBuffer().toString('hex')).toBe(body.toString('hex'))
  return value
}

/** Our response as kafkajs reads it. */
async function understood(name: string, version: number, args: object, response: object): Promise<object> {
  const { request, response: decoder } = protocol(name, version, args)
  const writer = new Writer()
  encodeMessage(apiByKey(request.apiKey)?.response as MessageDefinition, version, response as never, writer)
  return await decoder.decode(writer.finishBuffer())
}

const GROUP = { groupId: 'g', generationId: 4, groupGenerationId: 4, memberId: 'm', groupInstanceId: null }
const TXN = { transactionalId: 't', producerId: Long.fromInt(7), producerEpoch: 2 }
const PARTITIONS = [{ partition: 1, offset: '12345678901', metadata: null }]

const CASES: readonly [string, number, object, object][] = [
  ['ApiVersions', 2, {}, {}],
  ['Metadata', 0, { topics: ['a'] }, { topics: [{ name: 'a' }] }],
  ['Metadata', 6, { topics: [], allowAutoTopicCreation: false }, { allowAutoTopicCreation: false }],
  ['Fetch', 4, fetchArgs(), { isolationLevel: 1, topics: [{ topic: 'a', partitions: [{ fetchOffset: 2 ** 40 }] }] }],
  [
    'Fetch',
    11,
    fetchArgs(),
    { sessionEpoch: -1, rackId: 'r', topics: [{ partitions: [{ partition: 5, partitionMaxBytes: 9 }] }] },
  ],
  ['ListOffsets', 1, listOffsetsArgs(), { topics: [{ partitions: [{ timestamp: -2 }] }] }],
  [
    'ListOffsets',
    3,
    listOffsetsArgs(),
    { isolationLevel: 1, topics: [{ name: 'a', partitions: [{ partitionIndex: 1 }] }] },
  ],
  ['GroupCoordinator', 2, { groupId: 'g', coordinatorType: 1 }, { key: 'g', keyType: 1 }],
  [
    'JoinGroup',
    5,
    {
      groupId: 'g',
      sessionTimeout: 1,
      rebalanceTimeout: 2,
      memberId: '',
      protocolType: 'consumer',
      groupProtocols: [{ name: 'p', metadata: Buffer.from('x') }],
    },
    {
      sessionTimeoutMs: 1,
      rebalanceTimeoutMs: 2,
      groupInstanceId: null,
      protocols: [{ name: 'p', metadata: Buffer.from('x') }],
    },
  ],
  [
    'SyncGroup',
    3,
    { ...GROUP, groupAssignment: [{ memberId: 'm', memberAssignment: Buffer.from('y') }] },
    { generationId: 4, assignments: [{ memberId: 'm', assignment: Buffer.from('y') }] },
  ],
  ['Heartbeat', 3, GROUP, { groupId: 'g', generationId: 4, memberId: 'm' }],
  ['LeaveGroup', 3, { groupId: 'g', memberId: 'm' }, { members: [{ memberId: 'm', groupInstanceId: null }] }],
  [
    'OffsetCommit',
    5,
    { ...GROUP, topics: [{ topic: 'a', partitions: PARTITIONS }] },
    {
      generationIdOrMemberEpoch: 4,
      topics: [{ name: 'a', partitions: [{ committedOffset: 12_345_678_901, committedMetadata: null }] }],
    },
  ],
  [
    'OffsetCommit',
    2,
    { ...GROUP, retentionTime: -1, topics: [{ topic: 'a', partitions: PARTITIONS }] },
    { retentionTimeMs: -1 },
  ],
  [
    'OffsetFetch',
    4,
    { groupId: 'g', topics: [{ topic: 'a', partitions: [{ partition: 3 }] }] },
    { topics: [{ name: 'a', partitionIndexes: [3] }] },
  ],
  ['DescribeGroups', 2, { groupIds: ['g'] }, { groups: ['g'] }],
  ['ListGroups', 2, {}, {}],
  ['SaslHandshake', 1, { mechanism: 'PLAIN' }, { mechanism: 'PLAIN' }],
  [
    'CreateTopics',
    3,
    {
      topics: [{ topic: 'a', numPartitions: 2, replicationFactor: 1, configEntries: [{ name: 'c', value: 'v' }] }],
      timeout: 7,
    },
    { timeoutMs: 7, topics: [{ name: 'a', numPartitions: 2, configs: [{ name: 'c', value: 'v' }] }] },
  ],
  ['DeleteTopics', 1, { topics: ['a', 'b'] }, { topicNames: ['a', 'b'] }],
  [
    'DeleteRecords',
    1,
    { topics: [{ topic: 'a', partitions: [{ partition: 0, offset: '9' }] }] },
    { topics: [{ partitions: [{ offset: 9 }] }] },
  ],
  [
    'CreatePartitions',
    1,
    { topicPartitions: [{ topic: 'a', count: 4, assignments: [[1, 2]] }] },
    { topics: [{ name: 'a', count: 4, assignments: [{ brokerIds: [1, 2] }] }] },
  ],
  [
    'DescribeConfigs',
    2,
    { resources: [{ type: 2, name: 'a', configNames: ['x'] }], includeSynonyms: true },
    { includeSynonyms: true, resources: [{ configurationKeys: ['x'] }] },
  ],
  [
    'AlterConfigs',
    1,
    { resources: [{ type: 2, name: 'a', configEntries: [{ name: 'x', value: 'y' }] }], validateOnly: true },
    { validateOnly: true },
  ],
  ['DeleteGroups', 1, ['g'], { groupsNames: ['g'] }],
  [
    'InitProducerId',
    1,
    { transactionalId: null, transactionTimeout: 5 },
    { transactionalId: null, transactionTimeoutMs: 5 },
  ],
  [
    'AddPartitionsToTxn',
    1,
    { ...TXN, topics: [{ topic: 'a', partitions: [1, 2] }] },
    { v3AndBelowProducerId: 7, v3AndBelowTopics: [{ name: 'a', partitions: [1, 2] }] },
  ],
  ['AddOffsetsToTxn', 1, { ...TXN, groupId: 'g' }, { groupId: 'g', producerEpoch: 2 }],
  ['EndTxn', 1, { ...TXN, transactionResult: true }, { committed: true }],
  [
    'TxnOffsetCommit',
    1,
    { ...TXN, groupId: 'g', topics: [{ topic: 'a', partitions: PARTITIONS }] },
    { topics: [{ partitions: [{ committedOffset: 12_345_678_901 }] }] },
  ],
  [
    'DescribeAcls',
    1,
    {
      resourceType: 2,
      resourceName: 'a',
      resourcePatternType: 3,
      principal: null,
      host: null,
      operation: 1,
      permissionType: 1,
    },
    { patternTypeFilter: 3, principalFilter: null },
  ],
  [
    'AlterPartitionReassignments',
    0,
    { topics: [{ topic: 'a', partitionAssignment: [{ partition: 0, replicas: [1, 2] }] }] },
    { timeoutMs: 5_000, topics: [{ name: 'a', partitions: [{ replicas: [1, 2] }] }] },
  ],
]

function fetchArgs(): object {
  const partitions = [{ partition: 5, currentLeaderEpoch: -1, fetchOffset: '1099511627776', maxBytes: 9 }]
  return {
    replicaId: -1,
    maxWaitTime: 1,
    minBytes: 2,
    maxBytes: 3,
    isolationLevel: 1,
    rackId: 'r',
    topics: [{ topic: 'a', partitions }],
  }
}

function listOffsetsArgs(): object {
  return { replicaId: -1, isolationLevel: 1, topics: [{ topic: 'a', partitions: [{ partition: 1, timestamp: '-2' }] }] }
}

describe('requests of kafkajs', () => {
  it.each(CASES)(
    '%s v%i decodes to what was meant and encodes to the same bytes',
    async (name, version, args, meant) => {
      expect(await decoded(name, version, args)).toMatchObject(meant)
    },
  )

  it.each([
    [3, {}],
    [7, { transactionalId: 't', producerId: Long.fromInt(7), producerEpoch: 2 }],
  ])('Produce v%i carries a batch that passes validation', async (version, options) => {
    const messages = [
      { key: 'k', value: 'one', timestamp: 1_730_000_000_000, headers: { h: 'x' } },
      { key: null, value: null, timestamp: 1_730_000_000_500 },
    ]
    const topicData = [{ topic: 'a', partitions: [{ partition: 0, firstSequence: 0, messages }] }]
    const value = await decoded('Produce', version, { acks: -1, timeout: 9, topicData, ...options })
    expect(value).toMatchObject({ acks: -1, timeoutMs: 9, topicData: [{ name: 'a', partitionData: [{ index: 0 }] }] })
    const { topicData: topics } = value as { topicData: [{ partitionData: [{ records: Buffer }] }] }
    const batch = topics[0].partitionData[0].records
    expect(crcMatches(batch, 0)).toBe(true)
    const records = readRecords(batch, 0)
    expect(records.map((record) => record.value?.toString())).toEqual(['one', undefined])
    expect(records[0]?.headers).toEqual([{ key: 'h', value: Buffer.from('x') }])
    const rules = { nowMs: 1_730_000_000_000, timestampBeforeMaxMs: 1_000, timestampAfterMaxMs: 1_000 }
    const rejection = validateProducedBatch(batch, 0, batch.length, {
      ...rules,
      produceVersion: version,
      messageBytesMax: 1_000_000,
      segmentBytesMax: 1_000_000,
      isCompacted: false,
      usesLogAppendTime: false,
      decompressedBytesMax: 1_000_000,
      checksRecords: true,
    })
    expect(rejection).toBeNull()
  })
})

describe('responses for kafkajs', () => {
  it('Metadata v6 is understood', async () => {
    const response = {
      throttleTimeMs: 0,
      brokers: [{ nodeId: 1, host: 'h', port: 9_092, rack: null }],
      clusterId: 'c',
      controllerId: 1,
      topics: [
        {
          errorCode: 0,
          name: 'a',
          partitions: [{ errorCode: 0, partitionIndex: 0, leaderId: 1, replicaNodes: [1, 2], isrNodes: [1] }],
        },
      ],
    }
    expect(await understood('Metadata', 6, { topics: ['a'] }, response)).toMatchObject({
      clusterId: 'c',
      controllerId: 1,
      brokers: [{ nodeId: 1, host: 'h', port: 9_092 }],
      topicMetadata: [{ topic: 'a', partitionMetadata: [{ partitionId: 0, leader: 1, replicas: [1, 2], isr: [1] }] }],
    })
  })

  it('Fetch v11 with records is understood, the records as well', async () => {
    const records = buildBatch({
      records: [{ key: Buffer.from('k'), value: Buffer.from('v'), headers: [{ key: 'h', value: Buffer.from('x') }] }],
      timestampMs: 1_730_000_000_000,
      baseOffset: 41,
      codec: 1,
    })
    const partition = {
      partitionIndex: 5,
      errorCode: 0,
      highWatermark: 42,
      lastStableOffset: 42,
      logStartOffset: 3,
      abortedTransactions: [],
      records,
    }
    const response = { errorCode: 0, sessionId: 0, responses: [{ topic: 'a', partitions: [partition] }] }
    expect(await understood('Fetch', 11, fetchArgs(), response)).toMatchObject({
      responses: [
        {
          topicName: 'a',
          partitions: [
            {
              partition: 5,
              highWatermark: '42',
              messages: [{ offset: '41', key: Buffer.from('k'), value: Buffer.from('v') }],
            },
          ],
        },
      ],
    })
  })

  it('Produce v7, JoinGroup v5 and ApiVersions v2 are understood', async () => {
    const produced = {
      responses: [
        {
          name: 'a',
          partitionResponses: [{ index: 0, errorCode: 6, baseOffset: 2 ** 40, logAppendTimeMs: -1, logStartOffset: 5 }],
        },
      ],
    }
    expect(await understood('Produce', 7, { acks: 1, topicData: [] }, produced)).toMatchObject({
      topics: [{ topicName: 'a', partitions: [{ partition: 0, errorCode: 6, baseOffset: String(2 ** 40) }] }],
    })
    const joined = {
      errorCode: 0,
      generationId: 2,
      protocolName: 'p',
      leader: 'm',
      memberId: 'm',
      members: [{ memberId: 'm', metadata: Buffer.from('x') }],
    }
    expect(await understood('JoinGroup', 5, { groupProtocols: [] }, joined)).toMatchObject({
      generationId: 2,
      leaderId: 'm',
      members: [{ memberId: 'm', memberMetadata: Buffer.from('x') }],
    })
    const versions = { errorCode: 0, apiKeys: [{ apiKey: 3, minVersion: 0, maxVersion: 12 }] }
    expect(await understood('ApiVersions', 2, {}, versions)).toMatchObject({
      apiVersions: [{ apiKey: 3, maxVersion: 12 }],
    })
  })
})
