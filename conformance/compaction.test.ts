/**
 * Compacted topics as strangers see them: kcat and kafkajs read the last value of every key from the start, deletions
 * too; kafka-dump-log finds nothing wrong in the directories; brokers killed with -9 while they compact lose nothing.
 * Internal topics have a file of their own.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Kafka, logLevel } from 'kafkajs'
import { AdminClient } from '@millrace/client/admin'
import { createNodeHost } from '@millrace/host/node-host'
import { judge, kafkaTool } from './harness/judges.ts'
import {
  createThreeBrokers,
  startMillraceProcess,
  type MillraceProcess,
  type ReadyCluster,
} from './harness/millrace.ts'
import { nodeProcesses, until } from './harness/processes.ts'
import { runOk } from './harness/run.ts'
import { sized } from './harness/size.ts'

const kcat = judge('kcat')
const java = judge('java')
const rounds = sized({ quick: 8, full: 60 })
const kills = sized({ quick: 3, full: 20 })
const FILES_PER_DUMP = 500
const KEYS = 400

describe.skipIf(kcat === null)('compaction', () => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'millrace-compaction-'))
  let millrace: MillraceProcess
  let cluster: ReadyCluster
  let admin: AdminClient

  beforeAll(async () => {
    millrace = await startMillraceProcess({ dataDirectory })
    cluster = await createThreeBrokers(millrace, 'compaction')
    admin = new AdminClient({ host: createNodeHost(), bootstrap: cluster.bootstrap, clientId: 'compaction' })
    const changes = [{ name: 'log.cleaner.backoff.ms', operation: 'set' as const, value: '200' }]
    await admin.incrementalAlterConfigs([{ type: 'broker', name: '', changes }])
  }, 60_000)
  afterAll(async () => {
    admin?.close()
    await millrace?.stop()
    rmSync(dataDirectory, { recursive: true, force: true })
  })

  const createCompacted = async (name: string): Promise<void> => {
    const configs = {
      'cleanup.policy': 'compact',
      'segment.bytes': '8192',
      'min.cleanable.dirty.ratio': '0.01',
      'file.delete.delay.ms': '1000',
    }
    await admin.createTopics([{ name, partitions: 1, replicationFactor: 3, configs }])
  }

  /** Writes each key once per round with kcat; the last round deletes every fourth key. Returns the last values. */
  const write = async (topic: string, codec: string, from: number): Promise<Map<string, string>> => {
    const latest = new Map<string, string>()
    for (let round = 0; round < rounds; round++) {
      const lines = Array.from({ length: KEYS }, (_, key) => {
        const value = round === rounds - 1 && key % 4 === 0 ? '' : `${from + round}-${'x'.repeat(key % 90)}`
        latest.set(`key-${key}`, value)
        return `key-${key}:${value}`
      })
      const target = ['-P', '-b', cluster.bootstrap, '-t', topic, '-p', '0', '-K:', '-Z', '-z', codec]
      await runOk(
        'kcat',
        [...target, '-X', 'acks=all', '-X', 'enable.idempotence=true', '-X', 'batch.num.messages=50'],
        {
          input: `${lines.join('\n')}\n`,
        },
      )
    }
    return latest
  }

  /** What kcat reads from the start: last value of every key ('' for a deletion), and how many records there are. */
  const readBack = async (topic: string): Promise<{ readonly latest: Map<string, string>; readonly count: number }> => {
    const source = ['-C', '-b', cluster.bootstrap, '-t', topic, '-p', '0', '-o', 'beginning', '-e', '-q']
    const { stdout } = await runOk('kcat', [...source, '-X', 'check.crcs=true', '-f', '%o %k %S %s\n'])
    const latest = new Map<string, string>()
    let last = -1
    const lines = stdout.toString().split('\n').slice(0, -1)
    for (const line of lines) {
      const [offset = '', key = '', size = '', value = ''] = line.split(' ')
      expect(Number(offset)).toBeGreaterThan(last)
      last = Number(offset)
      latest.set(key, Number(size) < 0 ? '' : value)
    }
    return { latest, count: lines.length }
  }

  /** Bytes of the topic's segments on every broker. */
  const sizes = (directory: string): number[] =>
    readdirSync(dataDirectory, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith(`/${directory}`))
      .map((name) => {
        const logs = readdirSync(join(dataDirectory, name)).filter((file) => /^\d{20}\.log$/.test(file))
        return logs.reduce((sum, file) => sum + statSync(join(dataDirectory, name, file)).size, 0)
      })

  const untilCompacted = async (topic: string): Promise<void> => {
    await until(async () => (await readBack(topic)).count < 3 * KEYS, `${topic} is compacted`, 120_000)
  }

  const kafkajsLatest = async (topic: string): Promise<Map<string, string>> => {
    const kafka = new Kafka({ brokers: cluster.bootstrap.split(','), logLevel: logLevel.NOTHING })
    const reader = kafka.admin()
    await reader.connect()
    const [offsets] = await reader.fetchTopicOffsets(topic)
    await reader.disconnect()
    const consumer = kafka.consumer({ groupId: `reader-of-${topic}` })
    const latest = new Map<string, string>()
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      const eachMessage = async ({
        message,
      }: {
        message: { key: Buffer | null; value: Buffer | null; offset: string }
      }): Promise<void> => {
        latest.set(String(message.key), message.value === null ? '' : String(message.value))
        if (Number(message.offset) === Number(offsets?.high) - 1) resolve()
      }
      consumer.run({ eachMessage }).catch(reject)
    })
    await consumer.disconnect()
    return latest
  }

  it.each(['none', 'gzip', 'zstd'])(
    'of %s batches keeps the last value of every key and every deletion, for kcat and kafkajs',
    async (codec) => {
      const topic = `compacted-${codec}`
      await createCompacted(topic)
      const expected = await write(topic, codec, 0)
      // The active segment is not compacted: another one follows the records that count.
      await untilCompacted(topic)
      const { latest } = await readBack(topic)
      expect(latest).toEqual(expected)
      if (codec !== 'zstd') expect(await kafkajsLatest(topic)).toEqual(expected)
    },
    300_000,
  )

  it(
    `survives kill -9 of each broker ${kills} times while it compacts`,
    async () => {
      await createCompacted('killed')
      let expected = new Map<string, string>()
      for (let kill = 0; kill < kills; kill++) {
        expected = await write('killed', 'lz4', kill * rounds)
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 1_000))
        for (const { pid, role } of nodeProcesses(dataDirectory)) if (role === 'broker') process.kill(pid, 'SIGKILL')
        await until(
          async () => {
            const [described] = await admin.describeTopics(['killed']).catch(() => [])
            return described?.partitions[0]?.isr.length === 3
          },
          'all replicas back',
          60_000,
        )
        expect((await readBack('killed')).latest).toEqual(expected)
      }
      await untilCompacted('killed')
      expect((await readBack('killed')).latest).toEqual(expected)
      await until(() => sizes('killed-0').every((bytes) => bytes < 400_000), 'every replica is compacted', 120_000)
    },
    300_000 + kills * 60_000,
  )

  it.skipIf(java === null)(
    'leaves files in which kafka-dump-log finds nothing wrong',
    async () => {
      await millrace.stop()
      const files = readdirSync(dataDirectory, { recursive: true, encoding: 'utf8' })
        .filter((name) => /\/(compacted-\w+|killed)-0\/\d{20}\.(log|index|timeindex)$/.test(name))
        .map((name) => join(dataDirectory, name))
        .filter((path) => statSync(path).size > 0)
      expect(files.length).toBeGreaterThan(0)
      let horizons = 0
      // One argument of a command line has at most 128 KiB.
      for (let from = 0; from < files.length; from += FILES_PER_DUMP) {
        const named = files.slice(from, from + FILES_PER_DUMP).join(',')
        const dumping = ['--files', named, '--deep-iteration']
        const { status, stdout, stderr } = await kafkaTool('3.9.1', 'kafka-dump-log', dumping, { timeoutMs: 180_000 })
        expect(stderr).toBe('')
        if (/deleteHorizonMs: OptionalLong\[/.test(stdout)) horizons++
        expect(stdout).not.toContain('isvalid: false')
        expect(stdout).not.toMatch(/[Mm]ismatch|out of order|are not found in the log|Error at|invalid bytes/)
        expect(status).toBe(0)
      }
      expect(horizons).toBeGreaterThan(0)
    },
    600_000,
  )
})
