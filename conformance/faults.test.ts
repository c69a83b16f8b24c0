/**
 * kill -9 of leaders, of the controller, of the control plane and of everything, under an idempotent acks=all producer
 * and a consumer group: no client error, nothing acknowledged lost, nothing twice, order kept.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AdminClient } from '@millrace/client/admin'
import { ClusterClient } from '@millrace/client/cluster-client'
import { throwIfError } from '@millrace/client/kafka-error'
import { createNodeHost } from '@millrace/host/node-host'
import { initProducerIdRequest, initProducerIdResponse } from '@millrace/protocol/messages/22-init-producer-id'
import { Feed, GroupReader, kcatProducer, readBack } from './harness/feed.ts'
import { judge } from './harness/judges.ts'
import {
  createThreeBrokers,
  startMillraceProcess,
  type MillraceProcess,
  type ReadyCluster,
} from './harness/millrace.ts'
import { nodeProcesses, until } from './harness/processes.ts'
import { sized } from './harness/size.ts'

import { KafkaApi } from 'millrace/aws-client'

const kcat = judge('kcat')
const times = sized({ quick: 2, full: 10 })
/** A broker's session is 9 s; the busy machine of a quick run adds some. */
const hangingMsMax = sized({ quick: 25_000, full: 10_000 })

describe.skipIf(kcat === null)('kill -9', () => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'millrace-faults-'))
  let millrace: MillraceProcess
  let cluster: ReadyCluster
  let admin: AdminClient
  let apiPort: string
  const host = createNodeHost()
  const api = (): KafkaApi =>
    new KafkaApi({ endpoint: millrace.endpoint, region: 'us-east-1', accessKeyId: 'test', secretAccessKey: 'test' })

  beforeAll(async () => {
    millrace = await startMillraceProcess({ dataDirectory })
    apiPort = new URL(millrace.endpoint).port
    cluster = await createThreeBrokers(millrace, 'faults')
    admin = new AdminClient({ host, bootstrap: cluster.bootstrap, clientId: 'faults' })
  }, 60_000)
  afterAll(async () => {
    admin?.close()
    await millrace?.stop()
    rmSync(dataDirectory, { recursive: true, force: true })
  })

  const newProducerId = async (): Promise<number> => {
    const client = new ClusterClient({ host, bootstrap: cluster.bootstrap })
    try {
      return await client.retrying(
        async () => {
          const body = { transactionalId: null, transactionTimeoutMs: 60_000 }
          const response = await client.call(await client.any(), initProducerIdRequest, initProducerIdResponse, body)
          throwIfError(response.errorCode)
          return response.producerId
        },
        (error) => error.retriable,
      )
    } finally {
      client.close()
    }
  }
  const createTopic = (name: string): Promise<unknown> =>
    admin.createTopics([{ name, partitions: 3, replicationFactor: 3, configs: { 'min.insync.replicas': '2' } }])
  const leaderOf = async (topic: string): Promise<{ leader: number; epoch: number }> => {
    const [described] = await admin.describeTopics([topic])
    const partition = described?.partitions[0]
    return { leader: partition?.leader ?? -1, epoch: partition?.leaderEpoch ?? -1 }
  }
  const healed = async (topic: string): Promise<boolean> => {
    const [described] = await admin.describeTopics([topic])
    return described?.partitions.every((partition) => partition.isr.length === 3) ?? false
  }
  const pidOf = (role: 'broker' | 'controller', nodeId?: number): number => {
    const found = nodeProcesses(dataDirectory).find(
      (node) => node.role === role && (nodeId === undefined || node.nodeId === nodeId),
    )
    if (found === undefined) throw new Error(`no ${role} ${nodeId ?? ''} runs`)
    return found.pid
  }
  // That a killed broker's connection broke is news, not a failure of the client's work.
  const failures = (words: string): string =>
    words
      .split('\n')
      .filter(
        (line) => /ERROR|Delivery failed|FATAL/.test(line) && !/Broker transport failure|brokers are down/.test(line),
      )
      .join('\n')

  /** Ends the feed and holds everything to its promise: delivered, once, in order, and read by the group. */
  const prove = async (topic: string, feed: Feed, reader: GroupReader): Promise<void> => {
    const { status, words } = await feed.finish()
    expect(failures(words)).toBe('')
    expect(status).toBe(0)
    expect(await readBack(cluster.bootstrap, topic, feed.sent)).toEqual({ missing: [], repeated: [], disordered: [] })
    try {
      await until(() => reader.count === feed.sent, `the group to read all ${feed.sent} records`)
    } finally {
      await reader.end()
    }
    expect(failures(reader.words)).toBe('')
  }

  it(`of the leader's broker ${times} times: a new leader within 2 s, nothing lost, nothing twice`, async () => {
    await createTopic('leaders')
    const feed = new Feed(kcatProducer(cluster.bootstrap, 'leaders'), 1_000)
    const reader = new GroupReader(cluster.bootstrap, 'leaders', 'readers-of-leaders')
    const epochs: number[] = []
    for (let at = 0; at < times; at++) {
      await new Promise((resolve) => setTimeout(resolve, 500))
      const before = await leaderOf('leaders')
      epochs.push(before.epoch)
      process.kill(pidOf('broker', before.leader), 'SIGKILL')
      const tookMs = await until(
        async () => {
          const now = await leaderOf('leaders').catch(() => before)
          return now.epoch > before.epoch && now.leader !== -1 && now.leader !== before.leader
        },
        'a new leader',
        10_000,
      )
      expect(tookMs).toBeLessThan(2_000)
      await until(() => healed('leaders').catch(() => false), 'all replicas back in the ISR', 30_000)
    }
    await prove('leaders', feed, reader)
    expect(new Set(epochs).size).toBe(epochs.length)
  }, 300_000)

  it(`a leader that hangs is replaced within ${hangingMsMax / 1000} s, and finds its place again when it goes on`, async () => {
    await createTopic('hanging')
    const feed = new Feed(kcatProducer(cluster.bootstrap, 'hanging'), 200)
    const reader = new GroupReader(cluster.bootstrap, 'hanging', 'readers-of-hanging')
    await new Promise((resolve) => setTimeout(resolve, 500))
    const before = await leaderOf('hanging')
    const pid = pidOf('broker', before.leader)
    process.kill(pid, 'SIGSTOP')
    // Asked of another broker: the hanging one would not answer.
    const others = cluster.bootstrap
      .split(',')
      .filter((_address, index) => index + 1 !== before.leader)
      .join(',')
    const observer = new AdminClient({ host, bootstrap: others, clientId: 'observer', requestTimeoutMs: 1_000 })
    try {
      const tookMs = await until(
        async () => {
          const [described] = await observer.describeTopics(['hanging']).catch(() => [undefined])
          const leader = described?.partitions[0]?.leader ?? before.leader
          return leader !== -1 && leader !== before.leader
        },
        'a new leader',
        30_000,
      )
      expect(tookMs).toBeLessThan(hangingMsMax)
    } finally {
      process.kill(pid, 'SIGCONT')
      observer.close()
    }
    await until(() => healed('hanging').catch(() => false), 'all replicas back in the ISR', 30_000)
    await prove('hanging', feed, reader)
  }, 120_000)

  it(`of the controller ${times} times: clients do not notice`, async () => {
    await createTopic('controllers')
    const producerIds: number[] = []
    const feed = new Feed(kcatProducer(cluster.bootstrap, 'controllers'), 1_000)
    const reader = new GroupReader(cluster.bootstrap, 'controllers', 'readers-of-controllers')
    for (let at = 0; at < times; at++) {
      const before = pidOf('controller')
      process.kill(before, 'SIGKILL')
      await until(
        () => nodeProcesses(dataDirectory).some((node) => node.role === 'controller' && node.pid !== before),
        'a new controller',
        10_000,
      )
      producerIds.push(await newProducerId())
      // It takes decisions again: a topic is created.
      await admin.createTopics([{ name: `after-controller-${at}`, partitions: 1, replicationFactor: 3 }])
    }
    await until(() => healed('controllers'), 'all replicas in the ISR')
    await prove('controllers', feed, reader)
    expect(new Set(producerIds).size).toBe(times)
  }, 300_000)

  it(`of the control plane ${times} times: the same nodes serve on and are adopted`, async () => {
    await createTopic('control-plane')
    const feed = new Feed(kcatProducer(cluster.bootstrap, 'control-plane'), 1_000)
    const reader = new GroupReader(cluster.bootstrap, 'control-plane', 'readers-of-control-plane')
    for (let at = 0; at < times; at++) {
      const before = nodeProcesses(dataDirectory)
      expect(before).toHaveLength(4)
      millrace.process.kill('SIGKILL')
      await new Promise((resolve) => millrace.process.once('exit', resolve))
      millrace = await startMillraceProcess({ dataDirectory, args: ['--port', apiPort] })
      expect(nodeProcesses(dataDirectory)).toEqual(before)
      expect((await api().describeCluster(cluster.clusterArn)).state).toBe('ACTIVE')
    }
    await prove('control-plane', feed, reader)
  }, 300_000)

  it('of everything at once: all acknowledged data is there at the same addresses, and groups go on', async () => {
    await createTopic('everything')
    const feed = new Feed(kcatProducer(cluster.bootstrap, 'everything'), 2_000)
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    const { status } = await feed.finish()
    expect(status).toBe(0)
    await admin.alterGroupOffsets('readers', [{ topic: 'everything', partition: 0, offset: 7 }])
    const pids = nodeProcesses(dataDirectory).map((node) => node.pid)
    millrace.process.kill('SIGKILL')
    for (const pid of pids) process.kill(pid, 'SIGKILL')
    await until(() => nodeProcesses(dataDirectory).length === 0, 'every process to be gone')
    millrace = await startMillraceProcess({ dataDirectory, args: ['--port', apiPort] })
    expect(await api().bootstrapBrokers(cluster.clusterArn)).toBe(cluster.bootstrap)
    expect(await readBack(cluster.bootstrap, 'everything', feed.sent)).toEqual({
      missing: [],
      repeated: [],
      disordered: [],
    })
    const offsets = await admin.listGroupOffsets('readers', [{ topic: 'everything', partition: 0 }])
    expect(offsets).toMatchObject([{ offset: 7 }])
  }, 120_000)

  it('of a test process that uses the library leaves no process behind', async () => {
    const program = new URL('./harness/library-user.mjs', import.meta.url)
    const child = spawn(process.execPath, [program.pathname], { stdio: ['ignore', 'pipe', 'inherit'] })
    const line = await new Promise<string>((resolve) =>
      child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim())),
    )
    const { pids } = JSON.parse(line) as { pids: number[] }
    expect(pids).toHaveLength(4)
    child.kill('SIGKILL')
    const alive = (pid: number): boolean => {
      try {
        process.kill(pid, 0)
        return true
      } catch {
        return false
      }
    }
    await until(() => !pids.some(alive), 'every node of the library to end', 5_000)
  }, 60_000)
})
