/** A partition over a real log on a fake host, in an environment that the test holds. Tests only. */
import { onTestFinished } from 'vitest'
import { silentLogger } from '@millrace/base/logger'
import { METADATA_TOPIC_ID } from '@millrace/base/uuid'
import { defaultLogConfig } from '@millrace/log/log-config'
import { PartitionLog } from '@millrace/log/partition-log'
import { toLogConfig } from '@millrace/metadata/configs/to-log-config'
import { emptyImage } from '@millrace/metadata/image'
import type { PartitionState } from '@millrace/metadata/partition-state'
import { ErrorCode } from '@millrace/protocol/errors'
import { buildBatch } from '@millrace/protocol/records/build-batch'
import type { FakeHost } from '@millrace/testkit/fake-host'
import { World } from '@millrace/testkit/world'
import { BrokerMetrics } from '../metrics/broker-metrics.ts'
import { BatchPreparation } from './batch-preparation.ts'
import type { IsrAnswer, IsrProposal, PartitionEnvironment } from './partition-environment.ts'
import { Partition } from './partition.ts'

const TOPIC = 'orders'
export const SELF = 1

export interface PartitionFixture {
  readonly world: World
  readonly host: FakeHost
  readonly partition: Partition
  readonly proposals: { proposal: IsrProposal; answer: (answer: Partial<IsrAnswer>) => void }[]
  readonly inactive: Set<number>
  readonly produce: (acks: number, timeoutMs?: number) => string[]
  readonly fetch: (brokerId: number, offset: number) => void
  readonly settle: () => void
}

/** A leader or follower of one partition of three replicas; its log is closed when the test has ended. */
export function setUp(options: { holdsUnderMinIsr?: boolean; minInsyncReplicas?: number } = {}): PartitionFixture {
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
  onTestFinished(() => {
    let closed = false
    openLog.close(() => (closed = true))
    world.runUntil(() => closed)
  })
  const settings = {
    ...toLogConfig({ image: emptyImage, properties: {}, nodeId: SELF }, TOPIC),
    minInsyncReplicas: options.minInsyncReplicas ?? 1,
  }
  const proposals: PartitionFixture['proposals'] = []
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

export function state(change: Partial<PartitionState> = {}): PartitionState {
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
