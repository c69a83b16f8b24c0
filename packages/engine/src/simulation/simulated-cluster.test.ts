import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { World } from '@millrace/testkit/world'
import { SimulatedClient } from './simulated-client.ts'
import { SimulatedCluster } from './simulated-cluster.ts'

const TOPIC = 'orders'
const SHORT_LAG = { 'replica.lag.time.max.ms': '2000', 'auto.create.topics.enable': 'false' }

interface Run {
  readonly fingerprint: string
  readonly acknowledgedCount: number
  readonly lost: string[]
  readonly isr: number
  readonly leaderChanged: boolean
  readonly failures: readonly string[]
}

/** Three brokers, acks=all; the leader of partition 0 is killed under load, replaced, and comes back. */
function leaderDies(seed: number): Run {
  const world = new World({ seed })
  const cluster = new SimulatedCluster({ world, brokerCount: 3, properties: SHORT_LAG })
  cluster.start()
  const client = new SimulatedClient(cluster)
  client.createTopic({ name: TOPIC, partitions: 2, replicationFactor: 3, configs: { 'min.insync.replicas': '2' } })
  client.startProducing(TOPIC, 2)
  world.runUntil(() => client.acknowledged.length >= 40)
  const before = client.describe(TOPIC)?.partitions[0]?.leaderId ?? -1
  cluster.killBroker(before)
  world.runUntil(() => client.acknowledged.length >= 80)
  const after = client.describe(TOPIC)?.partitions[0]?.leaderId ?? -1
  cluster.restartBroker(before)
  world.runUntil(() => cluster.brokers.size === 3)
  world.runUntil(() => client.acknowledged.length >= 120)
  world.runUntil(
    () => client.describe(TOPIC)?.partitions.every((partition) => partition.isrNodes.length === 3) === true,
  )
  client.stopProducing(2)
  const lost: string[] = []
  const trace = createHash('sha256').update(world.fingerprint)
  const logs = [0, 1].map((partition) => client.readAll(TOPIC, partition))
  for (const { partition, offset, value } of client.acknowledged) {
    trace.update(`${partition}/${offset}/${value};`)
    if (logs[partition]?.get(offset) !== value) lost.push(`${value} at ${partition}/${offset}`)
  }
  return {
    fingerprint: trace.digest('hex'),
    acknowledgedCount: client.acknowledged.length,
    lost,
    isr: client.describe(TOPIC)?.partitions[0]?.isrNodes.length ?? 0,
    leaderChanged: after !== before && after >= 0,
    failures: cluster.failures,
  }
}

describe('a simulated cluster whose leader dies', () => {
  test('elects another leader, loses nothing acknowledged, takes the old one back, and replays by its seed', () => {
    const first = leaderDies(1)
    expect(first).toMatchObject({ lost: [], leaderChanged: true, isr: 3, failures: [] })
    expect(first.acknowledgedCount).toBeGreaterThanOrEqual(120)
    expect(leaderDies(1).fingerprint).toBe(first.fingerprint)
    expect(leaderDies(2).fingerprint).not.toBe(first.fingerprint)
  })
})
