/**
 * An idempotent producer with several batches under way, while the reason for which its broker refuses them comes and goes
 * faster than its tries: min.insync.replicas rises above what there is, and falls again. librdkafka takes a batch out of order
 * behind a refused one for proof that nothing under way was written, so none may be told that.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AdminClient } from '@millrace/client/admin'
import { createNodeHost } from '@millrace/host/node-host'
import { consoleProducer, Feed, kcatProducer, readBack, type LineProducer } from './harness/feed.ts'
import { judge } from './harness/judges.ts'
import {
  createThreeBrokers,
  startMillraceProcess,
  type MillraceProcess,
  type ReadyCluster,
} from './harness/millrace.ts'
import { sized } from './harness/size.ts'

const RELEASE = '4.1.1'
const PARTITIONS = 24
const REPLICAS = 2
const PER_SECOND = 1_000
const PADDING_BYTES = 1_000
const FLIPPING_MS = sized({ quick: 12_000, full: 90_000 })
/** As long as a producer waits before it tries again, more or less: it meets every moment of a change. */
const FLIP_MS_MIN = 20
const FLIP_MS_MAX = 220

const producers: readonly (readonly [topic: string, of: (bootstrap: string, topic: string) => LineProducer])[] = [
  ['librdkafka', kcatProducer],
  ['java', (bootstrap, topic) => consoleProducer(RELEASE, bootstrap, topic)],
]

describe.skipIf([judge('kcat'), judge('java')].includes(null))('a producer with several batches under way', () => {
  let millrace: MillraceProcess
  let cluster: ReadyCluster
  let admin: AdminClient

  beforeAll(async () => {
    millrace = await startMillraceProcess({ args: ['--ephemeral'] })
    cluster = await createThreeBrokers(millrace, 'pipelines')
    admin = new AdminClient({ host: createNodeHost(), bootstrap: cluster.bootstrap, clientId: 'pipelines' })
    const size = { partitions: PARTITIONS, replicationFactor: REPLICAS }
    await admin.createTopics(producers.map(([name]) => ({ name, ...size })))
  }, 120_000)
  afterAll(async () => {
    admin?.close()
    await millrace?.stop()
  })

  const demand = (topic: string, replicas: number): Promise<void> => {
    const changes = [{ name: 'min.insync.replicas', operation: 'set' as const, value: String(replicas) }]
    return admin.incrementalAlterConfigs([{ type: 'topic', name: topic, changes }])
  }

  it.each(producers)(
    'loses nothing and repeats nothing while the in-sync replicas are too few now and then: %s',
    async (topic, producerOf) => {
      const feed = new Feed(producerOf(cluster.bootstrap, topic), PER_SECOND, PADDING_BYTES)
      const endMs = performance.now() + FLIPPING_MS
      let flips = 0
      while (performance.now() < endMs) {
        await demand(topic, flips % 2 === 0 ? REPLICAS + 1 : REPLICAS)
        flips++
        const pauseMs = FLIP_MS_MIN + Math.random() * (FLIP_MS_MAX - FLIP_MS_MIN)
        await new Promise((resolve) => setTimeout(resolve, pauseMs))
      }
      await demand(topic, REPLICAS)
      const { status, words } = await feed.finish()
      expect(status, words).toBe(0)
      console.log(`${topic}: ${feed.sent} records, ${flips} changes of min.insync.replicas`)
      expect(flips).toBeGreaterThan(FLIPPING_MS / (4 * FLIP_MS_MAX))
      const found = await readBack(cluster.bootstrap, topic, feed.sent)
      expect(found, words).toEqual({ missing: [], repeated: [], disordered: [] })
    },
    300_000,
  )
})
