/**
 * Kafka Connect and MirrorMaker 2 of Apache Kafka 3.9 on embedded clusters, while brokers are killed: a distributed worker
 * moves the lines of a file through a topic into another file, exactly once; MirrorMaker copies topics, their
 * configuration and the offsets of groups from one cluster to another. Full size only: the start of these takes longer
 * than all the quick judges may.
 */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ConnectApi, freePort, startConnect } from './harness/connect.ts'
import { judge } from './harness/judges.ts'
import {
  createThreeBrokers,
  startMillraceProcess,
  type MillraceProcess,
  type ReadyCluster,
} from './harness/millrace.ts'
import { nodeProcesses, until } from './harness/processes.ts'
import { full } from './harness/size.ts'

const connect = full ? judge('connect') : null
const LINES = 20_000
const HALF = LINES / 2
const STEP_LIMIT_MS = 180_000

const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, at) => `line ${from + at}\n`).join('')
const expected = Array.from({ length: LINES }, (_, at) => `line ${at}`)

describe.skipIf(connect === null)('Kafka Connect', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'millrace-connect-'))
  let millrace: MillraceProcess
  let primary: ReadyCluster
  let backup: ReadyCluster

  beforeAll(async () => {
    millrace = await startMillraceProcess({ args: ['--ephemeral'] })
    primary = await createThreeBrokers(millrace, 'primary')
    backup = await createThreeBrokers(millrace, 'backup')
  })
  afterAll(async () => {
    await millrace?.stop()
    rmSync(scratch, { recursive: true, force: true })
  })

  it(
    `a distributed worker moves ${LINES} lines from file to file exactly once while each broker is killed`,
    async () => {
      const source = join(scratch, 'source.txt')
      const sink = join(scratch, 'sink.txt')
      writeFileSync(source, '')
      writeFileSync(sink, '')
      const port = await freePort()
      const worker = startConnect('org.apache.kafka.connect.cli.ConnectDistributed', scratch, 'worker', {
        'bootstrap.servers': primary.bootstrap,
        'group.id': 'workers',
        'config.storage.topic': 'connect-configs',
        'offset.storage.topic': 'connect-offsets',
        'status.storage.topic': 'connect-status',
        'config.storage.replication.factor': '3',
        'offset.storage.replication.factor': '3',
        'offset.storage.partitions': '5',
        'status.storage.replication.factor': '3',
        'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
        'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
        'exactly.once.source.support': 'enabled',
        'offset.flush.interval.ms': '1000',
        listeners: `http://127.0.0.1:${port}`,
      })
      const api = new ConnectApi(port)
      try {
        await until(async () => (await api.connectors()) !== null, 'the worker', STEP_LIMIT_MS)
        await api.put('source', {
          'connector.class': 'org.apache.kafka.connect.file.FileStreamSourceConnector',
          'tasks.max': '1',
          'exactly.once.support': 'required',
          'topic.creation.default.partitions': '1',
          'topic.creation.default.replication.factor': '3',
          file: source,
          topic: 'lines',
        })
        await api.put('sink', {
          'connector.class': 'org.apache.kafka.connect.file.FileStreamSinkConnector',
          'tasks.max': '1',
          'consumer.override.isolation.level': 'read_committed',
          topics: 'lines',
          file: sink,
        })
        const running = (name: string) => async (): Promise<boolean> => {
          const states = await api.states(name)
          return states !== null && states.length === 2 && states.every((state) => state === 'RUNNING')
        }
        await until(running('source'), 'the source connector', STEP_LIMIT_MS)
        await until(running('sink'), 'the sink connector', STEP_LIMIT_MS)
        appendFileSync(source, lines(0, HALF))
        await until(() => linesOf(sink).length >= HALF, 'the first half in the sink', STEP_LIMIT_MS)
        const part = HALF / 3
        for (const [at, nodeId] of [1, 2, 3].entries()) {
          kill(millrace, 'primary', nodeId)
          const to = at === 2 ? LINES : Math.floor(HALF + part * (at + 1))
          appendFileSync(source, lines(Math.floor(HALF + part * at), to))
          await until(() => new Set(linesOf(sink)).size >= to, `${to} lines in the sink`, STEP_LIMIT_MS)
        }
        expect(await running('source')()).toBe(true)
        expect(await running('sink')()).toBe(true)
        // A sink may repeat what it had not committed yet; what lies in the topic is there once, in order.
        expect(new Set(linesOf(sink))).toEqual(new Set(expected))
        expect((await committedValues(primary, 'lines', LINES)).map(payloadOf)).toEqual(expected)
      } catch (error) {
        throw new Error(`the worker said\n${worker.words().slice(-4_000)}`, { cause: error })
      } finally {
        await worker.stop()
      }
    },
    STEP_LIMIT_MS * 8,
  )

  it(
    'MirrorMaker 2 copies records, configuration and group offsets to another cluster while brokers of both are killed',
    async () => {
      const kafka = kafkaOf(primary)
      const admin = kafka.admin()
      await admin.connect()
      await admin.createTopics({
        topics: [
          {
            topic: 'orders',
            numPartitions: 3,
            replicationFactor: 3,
            configEntries: [{ name: 'retention.ms', value: '7200000' }],
          },
        ],
      })
      await produce(kafka, 'orders', 0, HALF)
      // A group that has read to a known place.
      await admin.setOffsets({
        groupId: 'billing',
        topic: 'orders',
        partitions: [0, 1, 2].map((partition) => ({ partition, offset: '100' })),
      })
      const mirror = startConnect('org.apache.kafka.connect.mirror.MirrorMaker', scratch, 'mirror', {
        clusters: 'primary, backup',
        'primary.bootstrap.servers': primary.bootstrap,
        'backup.bootstrap.servers': backup.bootstrap,
        'primary->backup.enabled': 'true',
        'primary->backup.topics': 'orders',
        'primary->backup.groups': 'billing',
        'backup->primary.enabled': 'false',
        'replication.factor': '3',
        'sync.topic.acls.enabled': 'false',
        'emit.checkpoints.interval.seconds': '1',
        'sync.group.offsets.enabled': 'true',
        'sync.group.offsets.interval.seconds': '1',
        'refresh.topics.interval.seconds': '5',
        'refresh.groups.interval.seconds': '5',
        'offset.lag.max': '0',
        'tasks.max': '2',
      })
      const target = kafkaOf(backup).admin()
      await target.connect()
      const copied = async (): Promise<number> => {
        const offsets = await target.fetchTopicOffsets('primary.orders').catch(() => [])
        return offsets.reduce((sum, { offset }) => sum + Number(offset), 0)
      }
      try {
        await until(async () => (await copied()) >= HALF, 'the first half at the backup', STEP_LIMIT_MS)
        kill(millrace, 'backup', 1)
        await produce(kafka, 'orders', HALF, HALF * 1.5)
        await until(async () => (await copied()) >= HALF * 1.5, 'three quarters at the backup', STEP_LIMIT_MS)
        kill(millrace, 'primary', 2)
        kill(millrace, 'backup', 3)
        await produce(kafka, 'orders', HALF * 1.5, LINES)
        await until(async () => (await copied()) >= LINES, 'all records at the backup', STEP_LIMIT_MS)
        const values = await committedValues(backup, 'primary.orders', LINES)
        expect(new Set(values)).toEqual(new Set(expected))
        const { resources } = await target.describeConfigs({
          includeSynonyms: false,
          resources: [{ type: 2, name: 'primary.orders', configNames: ['retention.ms'] }],
        })
        expect(resources[0]?.configEntries[0]?.configValue).toBe('7200000')
        await until(
          async () => {
            const [topic] = await target.fetchOffsets({ groupId: 'billing', topics: ['primary.orders'] })
            return topic?.partitions.some(({ offset }) => Number(offset) > 0) ?? false
          },
          'the group at the backup',
          STEP_LIMIT_MS,
        )
      } catch (error) {
        throw new Error(`MirrorMaker said\n${mirror.words().slice(-4_000)}`, { cause: error })
      } finally {
        await mirror.stop()
        await target.disconnect()
        await admin.disconnect()
      }
    },
    STEP_LIMIT_MS * 6,
  )
})

function linesOf(path: string): string[] {
  return readFileSync(path, 'utf8').split('\n').slice(0, -1)
}

/** The worker's JSON of a line. */
function payloadOf(value: string): string {
  return (JSON.parse(value) as { payload: string }).payload
}

function kill(millrace: MillraceProcess, cluster: string, nodeId: number): void {
  const victim = nodeProcesses(millrace.dataDirectory).find(
    (node) => node.cluster === cluster && node.nodeId === nodeId,
  )
  if (victim !== undefined) process.kill(victim.pid, 'SIGKILL')
}

function kafkaOf(cluster: ReadyCluster): Kafka {
  return new Kafka({
    clientId: 'connect-conformance',
    brokers: cluster.bootstrap.split(','),
    logLevel: logLevel.NOTHING,
    retry: { retries: 20 },
  })
}

async function produce(kafka: Kafka, topic: string, from: number, to: number): Promise<void> {
  const producer = kafka.producer()
  await producer.connect()
  const messages = expected.slice(from, to).map((value, at) => ({ value, partition: at % 3 }))
  for (let at = 0; at < messages.length; at += 1_000)
    await producer.send({ topic, acks: -1, messages: messages.slice(at, at + 1_000) })
  await producer.disconnect()
}

/** All committed values of a topic, once `count` of them have been read. */
async function committedValues(cluster: ReadyCluster, topic: string, count: number): Promise<string[]> {
  const consumer = kafkaOf(cluster).consumer({ groupId: `read-${topic}`, readUncommitted: false })
  const values: string[] = []
  try {
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      eachMessage: ({ message }) => {
        values.push(message.value?.toString() ?? '')
        return Promise.resolve()
      },
    })
    await until(() => values.length >= count, `${count} records of ${topic}`, 60_000)
    return values
  } finally {
    await consumer.disconnect()
  }
}
