import { afterEach, describe, expect, test } from 'vitest'
import { silentLogger } from '@millrace/base/logger'
import { METADATA_TOPIC_ID } from '@millrace/base/uuid'
import { Arena } from '@millrace/log/arena'
import { defaultLogConfig } from '@millrace/log/log-config'
import { PartitionLog } from '@millrace/log/partition-log'
import { toLogConfig } from '@millrace/metadata/configs/to-log-config'
import { emptyImage } from '@millrace/metadata/image'
import type { PartitionState } from '@millrace/metadata/partition-state'
import { CompressionCodec } from '@millrace/protocol/compression/compression'
import { ErrorCode } from '@millrace/protocol/errors'
import { buildBatch } from '@millrace/protocol/records/build-batch'
import type { FakeHost } from '@millrace/testkit/fake-host'
import { SeededRandom } from '@millrace/testkit/seeded-random'
import { World } from '@millrace/testkit/world'
import { BrokerMetrics } from '../metrics/broker-metrics.ts'
import { BatchPreparation } from './batch-preparation.ts'
import type { IsrAnswer, IsrProposal, PartitionEnvironment } from './partition-environment.ts'
import { Partition } from './partition.ts'

const TOPIC = 'orders'
const SELF = 1

interface Fixture {
  readonly world: World
  readonly host: FakeHost
  readonly partition: Partition
  readonly proposals: { proposal: IsrProposal; answer: (answer: Partial<IsrAnswer>) => void }[]
  readonly inactive: Set<number>
  readonly produce: (acks: number, timeoutMs?: number) => string[]
  readonly fetch: (brokerId: number, offset: number) => void
  readonly settle: () => void
}

let opened: { world: World; log: PartitionLog } | null = null

afterEach(() => {
  if (opened === null) return
  let closed = false
  opened.log.close(() => (closed = true))
  opened.world.runUntil(() => closed)
  opened = null
})

function setUp(options: { holdsUnderMinIsr?: boolean; minInsyncReplicas?: number } = {}): Fixture {
  const world = new World({ seed: 7 })
  const host = world.addHost('broker')
  let log: PartitionLog | null = null
  host.disk.makeDirectory('/data/orders-0')
  PartitionLog.openStandalone(
    {
      topic: TOPIC,
      partition: 0,
      topicId: METADATA_TOPIC_ID,
      config: defaultLogConfig,
      directory: '/data/orders-0',
      host,
      logger: silentLogger,
    },
    (error, result) => {
      if (error !== null) throw error
      log = result
    },
  )
  if (log === null) throw new Error('the log did not open')
  const openLog = log as PartitionLog
  opened = { world, log: openLog }
  const settings = {
    ...toLogConfig({ image: emptyImage, properties: {}, nodeId: SELF }, TOPIC),
    minInsyncReplicas: options.minInsyncReplicas ?? 1,
  }
  const proposals: Fixture['proposals'] = []
  const inactive = new Set<number>()
  const environment: PartitionEnvironment = {
    host,
    logger: silentLogger,
    nodeId: SELF,
    brokerEpoch: 100,
    metrics: new BrokerMetrics(),
    holdsUnderMinIsr: options.holdsUnderMinIsr ?? false,
    replicaLagMsMax: 30_000,
    followersServe: false,
    validateHeadersOnly: false,
    preparation: new BatchPreparation(host),
    topicSettings: () => settings,
    activeBrokerEpoch: (id) => (inactive.has(id) ? null : 100 + id),
    isLive: () => true,
    proposeIsr: (proposal, callback) => {
      const { leaderEpoch, partitionEpoch } = proposal
      const isr = proposal.isr.map(({ brokerId }) => brokerId)
      const accepted = { errorCode: 0, leaderId: SELF, leaderEpoch, isr, partitionEpoch: partitionEpoch + 1 }
      proposals.push({ proposal, answer: (answer) => callback({ ...accepted, ...answer }) })
    },
    storageFailed: (failed) => failed.stop(ErrorCode.KAFKA_STORAGE_ERROR),
  }
  const partition = new Partition(openLog, 0, environment)
  const settle = (): void => world.advance(5)
  const produce = (acks: number, timeoutMs = 1000): string[] => {
    const answers: string[] = []
    const batch = buildBatch({ timestampMs: host.clock.nowMs(), records: [{ value: Buffer.from('v') }] })
    partition.appendAsLeader(null, batch, 0, batch.length, { acks, timeoutMs, origin: 'client' }, (errorCode, offset) =>
      answers.push(`${errorCode}@${offset}`),
    )
    settle()
    return answers
  }
  const fetch = (brokerId: number, offset: number): void => {
    partition.followerFetched(brokerId, 100 + brokerId, offset, 0)
  }
  return { world, host, partition, proposals, inactive, produce, fetch, settle }
}

function state(change: Partial<PartitionState> = {}): PartitionState {
  return {
    replicas: [1, 2, 3],
    directories: [],
    isr: [1, 2, 3],
    removingReplicas: [],
    addingReplicas: [],
    eligibleLeaderReplicas: [],
    lastKnownElr: [],
    leader: SELF,
    leaderEpoch: 4,
    partitionEpoch: 10,
    leaderRecoveryState: 0,
    ...change,
  }
}

describe('a leader', () => {
  test('answers acks=1 after the write and acks=-1 when every in-sync replica has the batch', () => {
    const { partition, produce, fetch } = setUp()
    partition.apply(state())
    expect(produce(1)).toEqual(['0@0'])
    const all = produce(-1)
    expect(all).toEqual([])
    fetch(2, 2)
    expect(all).toEqual([])
    fetch(3, 2)
    expect(all).toEqual(['0@1'])
    expect(partition.highWatermark).toBe(2)
  })

  test('refuses a batch that unpacks to sixteen times what a message may have, and takes a smaller one', () => {
    const { partition, host, settle } = setUp()
    partition.apply(state())
    const answers: number[] = []
    for (const mebibytes of [17, 15]) {
      const records = [{ value: Buffer.alloc(mebibytes * 1024 * 1024) }]
      const batch = buildBatch({ timestampMs: host.clock.nowMs(), records, codec: CompressionCodec.gzip })
      partition.appendAsLeader(null, batch, 0, batch.length, { acks: 1, timeoutMs: 1, origin: 'client' }, (errorCode) =>
        answers.push(errorCode),
      )
    }
    settle()
    expect(answers).toEqual([ErrorCode.MESSAGE_TOO_LARGE, ErrorCode.NONE])
  })

  test('appends in the order of arrival although large compressed batches are prepared elsewhere', () => {
    const { host, partition, settle } = setUp()
    partition.apply(state())
    const answers: string[] = []
    const produce = (name: string, bytes: number, codec: CompressionCodec): void => {
      const value = Buffer.from(new SeededRandom(name).bytes(bytes))
      const batch = buildBatch({ timestampMs: host.clock.nowMs(), codec, records: [{ value }] })
      const options = { acks: 1, timeoutMs: 0, origin: 'client' } as const
      partition.appendAsLeader(null, batch, 0, batch.length, options, (errorCode, offset) =>
        answers.push(`${name} ${errorCode}@${offset}`),
      )
    }
    produce('first', 10, CompressionCodec.none)
    produce('large', 200_000, CompressionCodec.gzip)
    produce('small', 10, CompressionCodec.none)
    produce('larger', 300_000, CompressionCodec.gzip)
    produce('last', 10, CompressionCodec.gzip)
    settle()
    expect(answers).toEqual(['first 0@0', 'large 0@1', 'small 0@2', 'larger 0@3', 'last 0@4'])
  })

  test('refuses what was being prepared when it lost leadership', () => {
    const { host, partition, settle } = setUp()
    partition.apply(state())
    const answers: number[] = []
    const value = Buffer.from(new SeededRandom('value').bytes(200_000))
    const batch = buildBatch({ timestampMs: host.clock.nowMs(), codec: CompressionCodec.gzip, records: [{ value }] })
    const options = { acks: 1, timeoutMs: 0, origin: 'client' } as const
    partition.appendAsLeader(null, batch, 0, batch.length, options, (errorCode) => answers.push(errorCode))
    partition.apply(state({ leader: 2, leaderEpoch: 5, partitionEpoch: 11 }))
    settle()
    expect(answers).toEqual([ErrorCode.NOT_LEADER_OR_FOLLOWER])
    expect(partition.log.nextOffset).toBe(0)
  })

  test('never lowers its high watermark', () => {
    const { partition, produce, fetch } = setUp()
    partition.apply(state())
    produce(1)
    fetch(2, 1)
    fetch(3, 1)
    fetch(2, 0)
    expect(partition.highWatermark).toBe(1)
  })

  test('refuses acks=-1 and takes acks=1 while the ISR is too small', () => {
    const { partition, produce } = setUp({ minInsyncReplicas: 2 })
    partition.apply(state({ isr: [1] }))
    expect(produce(-1)).toEqual([`${ErrorCode.NOT_ENOUGH_REPLICAS}@-1`])
    expect(produce(1)).toEqual(['0@0'])
  })

  test('answers NOT_ENOUGH_REPLICAS_AFTER_APPEND when the ISR shrank while the batch waited', () => {
    const { partition, produce, fetch, inactive } = setUp({ minInsyncReplicas: 2 })
    partition.apply(state())
    const answers = produce(-1)
    fetch(2, 1)
    inactive.add(3)
    partition.apply(state({ isr: [1], partitionEpoch: 11 }))
    expect(answers).toEqual([`${ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND}@-1`])
  })

  test('counts at most the replicas there are towards min ISR with the rule of 4.0 only', () => {
    const modern = setUp({ minInsyncReplicas: 2, holdsUnderMinIsr: true })
    modern.partition.apply(state({ replicas: [1], isr: [1] }))
    expect(modern.produce(-1)).toEqual(['0@0'])
  })

  test('times out what is not replicated in time; the batch stays', () => {
    const { world, partition, produce } = setUp()
    partition.apply(state())
    const answers = produce(-1, 50)
    world.advance(51)
    expect(answers).toEqual([`${ErrorCode.REQUEST_TIMED_OUT}@-1`])
    expect(partition.logEndOffset).toBe(1)
  })

  test('fails what waits when it loses leadership', () => {
    const { partition, produce } = setUp()
    partition.apply(state())
    const answers = produce(-1)
    partition.apply(state({ leader: 2, leaderEpoch: 5, partitionEpoch: 11 }))
    expect(answers).toEqual([`${ErrorCode.NOT_LEADER_OR_FOLLOWER}@-1`])
    expect(produce(1)).toEqual([`${ErrorCode.NOT_LEADER_OR_FOLLOWER}@-1`])
  })

  test('starts its epoch behind batches that are queued and not yet written', () => {
    const { host, partition, settle } = setUp()
    partition.apply(state())
    const batch = buildBatch({ timestampMs: host.clock.nowMs(), records: [{ value: Buffer.from('v') }] })
    partition.appendAsLeader(null, batch, 0, batch.length, { acks: 1, timeoutMs: 0, origin: 'client' }, () => {})
    partition.apply(state({ leaderEpoch: 5, partitionEpoch: 11 }))
    settle()
    expect(partition.log.leaderEpochs.entries).toEqual([
      { epoch: 4, startOffset: 0 },
      { epoch: 5, startOffset: 1 },
    ])
  })

  test('checks the epoch of requests', () => {
    const { partition } = setUp()
    expect(partition.checkRequest(-1, true)).toBe(ErrorCode.NOT_LEADER_OR_FOLLOWER)
    partition.apply(state())
    expect(partition.checkRequest(3, true)).toBe(ErrorCode.FENCED_LEADER_EPOCH)
    expect(partition.checkRequest(4, true)).toBe(ErrorCode.NONE)
    expect(partition.checkRequest(5, true)).toBe(ErrorCode.UNKNOWN_LEADER_EPOCH)
    partition.apply(state({ leader: 2, leaderEpoch: 5, partitionEpoch: 11 }))
    expect(partition.checkRequest(5, true)).toBe(ErrorCode.NOT_LEADER_OR_FOLLOWER)
    expect(partition.checkRequest(5, false)).toBe(ErrorCode.NONE)
  })

  test('serves from the slab what a request handed over as a view of it', () => {
    const { host, partition, settle } = setUp()
    partition.apply(state({ replicas: [1], isr: [1] }))
    const arena = new Arena({ slabBytes: 64 * 1024, tailBytesMax: 64 * 1024 })
    arena.reserve(1000)
    const batch = buildBatch({ timestampMs: host.clock.nowMs(), records: [{ value: Buffer.from('v') }] })
    const { slab, start, end } = arena.reserve(batch.length)
    batch.copy(slab.bytes, start)
    const view = slab.bytes.subarray(start, end)
    partition.appendAsLeader(slab, view, 0, view.length, { acks: 1, timeoutMs: 0, origin: 'client' }, () => {})
    settle()
    const read = partition.log.read({ offset: 0, maxBytes: 1000, endOffset: 1, atLeastOne: true })
    expect(read).toMatchObject({ sizeBytes: batch.length, lastOffset: 0 })
    read?.release?.()
  })

  test('ignores a decision that is older than the one in force', () => {
    const { partition } = setUp()
    partition.apply(state({ partitionEpoch: 12, isr: [1, 2] }))
    partition.apply(state({ partitionEpoch: 11 }))
    expect(partition.isr).toEqual([1, 2])
  })
})

describe('the ISR of a leader', () => {
  test('a follower that has all that is committed is proposed once, with broker epochs', () => {
    const { partition, proposals, produce, fetch } = setUp()
    partition.apply(state({ isr: [1, 2] }))
    produce(1)
    fetch(2, 1)
    fetch(3, 1)
    fetch(3, 1)
    expect(proposals.map(({ proposal }) => proposal)).toEqual([
      {
        topicId: METADATA_TOPIC_ID,
        partition: 0,
        leaderEpoch: 4,
        partitionEpoch: 10,
        isr: [
          { brokerId: 1, brokerEpoch: 100 },
          { brokerId: 2, brokerEpoch: 102 },
          { brokerId: 3, brokerEpoch: 103 },
        ],
      },
    ])
    proposals[0]?.answer({})
    expect(partition.isr).toEqual([1, 2, 3])
    expect(partition.partitionEpoch).toBe(11)
  })

  test('a proposed member holds the high watermark back before the controller has answered', () => {
    const { partition, proposals, produce, fetch } = setUp()
    partition.apply(state({ isr: [1, 2] }))
    fetch(3, 0)
    expect(proposals).toHaveLength(1)
    produce(1)
    fetch(2, 1)
    expect(partition.highWatermark).toBe(0)
    proposals[0]?.answer({ errorCode: ErrorCode.INVALID_UPDATE_VERSION })
    fetch(2, 1)
    expect(partition.highWatermark).toBe(0)
    partition.apply(state({ isr: [1, 2], partitionEpoch: 11, leaderEpoch: 4 }))
    fetch(3, 1)
    expect(partition.highWatermark).toBe(1)
  })

  test('a fenced replica, or one with an older broker epoch, is not proposed', () => {
    const { partition, proposals, inactive } = setUp()
    partition.apply(state({ isr: [1] }))
    inactive.add(2)
    partition.followerFetched(2, 102, 0, 0)
    partition.followerFetched(3, 99, 0, 0)
    expect(proposals).toEqual([])
  })

  test('a member may be proposed again after the controller found it ineligible', () => {
    const { partition, proposals, fetch } = setUp()
    partition.apply(state({ isr: [1] }))
    fetch(2, 0)
    proposals[0]?.answer({ errorCode: ErrorCode.INELIGIBLE_REPLICA })
    expect(partition.isr).toEqual([1])
    fetch(2, 0)
    expect(proposals).toHaveLength(2)
  })

  test('a member that lags too long is left out, and counts until the controller has agreed', () => {
    const { world, partition, proposals, produce, fetch } = setUp()
    partition.apply(state())
    const answers = produce(-1, 100_000)
    fetch(2, 1)
    world.advance(30_001)
    fetch(2, 1)
    partition.checkIsr()
    expect(proposals.map(({ proposal }) => proposal.isr.map(({ brokerId }) => brokerId))).toEqual([[1, 2]])
    expect(partition.highWatermark).toBe(0)
    proposals[0]?.answer({})
    expect(partition.highWatermark).toBe(1)
    expect(answers).toEqual(['0@0'])
  })

  test('the answer to a proposal that metadata has overtaken is dropped', () => {
    const { partition, proposals, fetch } = setUp()
    partition.apply(state({ isr: [1] }))
    fetch(2, 0)
    partition.apply(state({ isr: [1, 3], partitionEpoch: 20 }))
    proposals[0]?.answer({ partitionEpoch: 11 })
    expect(partition.isr).toEqual([1, 3])
    expect(partition.partitionEpoch).toBe(20)
  })
})

describe('a follower', () => {
  test("takes the smaller of its log end and the leader's high watermark", () => {
    const { partition, produce } = setUp()
    partition.apply(state())
    produce(1)
    produce(1)
    partition.apply(state({ leader: 2, leaderEpoch: 5, partitionEpoch: 11 }))
    partition.followerLearned(1, 0)
    expect(partition.highWatermark).toBe(1)
    partition.followerLearned(9, 0)
    expect(partition.highWatermark).toBe(2)
  })

  test('lowers its high watermark only when it cuts its log below', () => {
    const { partition, produce } = setUp()
    partition.apply(state())
    produce(1)
    produce(1)
    partition.apply(state({ leader: 2, leaderEpoch: 5, partitionEpoch: 11 }))
    partition.followerLearned(2, 0)
    partition.truncateTo(1)
    expect(partition.highWatermark).toBe(1)
    expect(partition.logEndOffset).toBe(1)
  })
})

describe('a repeated batch', () => {
  test('is answered with the offset of the first and not appended again', () => {
    const { host, partition, settle } = setUp()
    partition.apply(state({ replicas: [1], isr: [1] }))
    const batch = (): Buffer =>
      buildBatch({
        timestampMs: host.clock.nowMs(),
        producerId: 9,
        producerEpoch: 0,
        baseSequence: 0,
        records: [{ value: Buffer.from('v') }],
      })
    const answers: string[] = []
    for (let attempt = 0; attempt < 2; attempt++) {
      const bytes = batch()
      partition.appendAsLeader(
        null,
        bytes,
        0,
        bytes.length,
        { acks: 1, timeoutMs: 0, origin: 'client' },
        (errorCode, offset) => answers.push(`${errorCode}@${offset}`),
      )
    }
    settle()
    expect(answers).toEqual(['0@0', '0@0'])
    expect(partition.logEndOffset).toBe(1)
  })
})
