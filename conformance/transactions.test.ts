/**
 * Transactions as strangers see them: kafkajs, librdkafka (kcat) and Apache's tools commit, abort, fence, look and repair;
 * consume-transform-produce stays exactly once while brokers are killed.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, logLevel, type Transaction } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AdminClient } from '@millrace/client/admin'
import { createNodeHost } from '@millrace/host/node-host'
import { judge, kafkaTool, kafkaToolArgs, kafkaToolOk } from './harness/judges.ts'
import {
  createThreeBrokers,
  startMillraceProcess,
  type MillraceProcess,
  type ReadyCluster,
} from './harness/millrace.ts'
import { nodeProcesses, until } from './harness/processes.ts'
import { runOk } from './harness/run.ts'
import { sized } from './harness/size.ts'
import { recordUsage } from './harness/usage.ts'

const judges = judge('kcat') !== null && judge('java') !== null
const copied = sized({ quick: 3_000, full: 30_000 })
const kills = sized({ quick: 2, full: 12 })

/** Cluster version and the release of the tools aimed at it. */
const targets = [
  { version: '3.9.x', release: '3.9.1' },
  { version: '4.1.x.kraft', release: '4.1.1' },
]

describe.skipIf(!judges).each(targets)('transactions on $version', ({ version, release }) => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'millrace-transactions-'))
  let millrace: MillraceProcess
  let cluster: ReadyCluster
  let admin: AdminClient
  let kafka: Kafka

  beforeAll(async () => {
    millrace = await startMillraceProcess({ dataDirectory })
    cluster = await createThreeBrokers(millrace, 'transactions', { kafkaVersion: version })
    admin = new AdminClient({ host: createNodeHost(), bootstrap: cluster.bootstrap, clientId: 'transactions' })
    kafka = new Kafka({ clientId: 'transactions', brokers: cluster.bootstrap.split(','), logLevel: logLevel.NOTHING })
  }, 60_000)
  afterAll(async () => {
    admin?.close()
    await millrace?.stop()
    rmSync(dataDirectory, { recursive: true, force: true })
  })

  const createTopic = (name: string, partitions = 2): Promise<unknown> =>
    admin.createTopics([{ name, partitions, replicationFactor: 3, configs: { 'min.insync.replicas': '2' } }])
  /** Values of the topic as librdkafka reads them, sorted. */
  const read = async (topic: string, isolation: 'read_committed' | 'read_uncommitted'): Promise<string[]> => {
    const args = ['-C', '-b', cluster.bootstrap, '-t', topic, '-e', '-q', '-o', 'beginning', '-u']
    const { stdout } = await runOk('kcat', [...args, '-X', `isolation.level=${isolation}`])
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .toSorted()
  }
  const begin = async (
    transactionalId: string,
    timeoutMs = 60_000,
  ): Promise<Transaction & { end(): Promise<void> }> => {
    const producer = kafka.producer({
      transactionalId,
      idempotent: true,
      maxInFlightRequests: 1,
      transactionTimeout: timeoutMs,
      retry: { retries: 8, initialRetryTime: 50 },
    })
    await producer.connect()
    const transaction = await producer.transaction()
    return Object.assign(transaction, { end: () => producer.disconnect() })
  }
  const tool = (name: string, ...args: string[]): Promise<string> =>
    kafkaToolOk(release, name, ['--bootstrap-server', cluster.bootstrap, ...args]).then(({ stdout }) => stdout)

  it('shows committed records to read_committed and aborted ones to read_uncommitted only', async () => {
    await createTopic('visible')
    const kept = await begin('kept')
    await kept.send({
      topic: 'visible',
      messages: [
        { value: 'kept 0', partition: 0 },
        { value: 'kept 1', partition: 1 },
      ],
    })
    expect(await read('visible', 'read_committed')).toEqual([])
    await kept.commit()
    const dropped = await begin('dropped')
    await dropped.send({ topic: 'visible', messages: [{ value: 'dropped 0', partition: 0 }] })
    await dropped.abort()
    const open = await begin('open')
    await open.send({ topic: 'visible', messages: [{ value: 'open 1', partition: 1 }] })
    await until(async () => (await read('visible', 'read_committed')).length === 2, 'the committed records')
    expect(await read('visible', 'read_committed')).toEqual(['kept 0', 'kept 1'])
    expect(await read('visible', 'read_uncommitted')).toEqual(['dropped 0', 'kept 0', 'kept 1', 'open 1'])
    await open.abort()
    // Behind what was aborted, so that it would show; the count ends the consumer however slow its group begins.
    const last = await begin('last')
    await last.send({
      topic: 'visible',
      messages: [
        { value: 'last 0', partition: 0 },
        { value: 'last 1', partition: 1 },
      ],
    })
    await last.commit()
    const consoleArgs = ['--topic', 'visible', '--from-beginning', '--max-messages', '4', '--timeout-ms', '40000']
    const java = await kafkaTool(release, 'kafka-console-consumer', [
      ...['--bootstrap-server', cluster.bootstrap, '--isolation-level', 'read_committed', ...consoleArgs],
    ])
    const shown = java.stdout.split('\n').filter((line) => line !== '')
    expect(shown.toSorted(), java.stderr).toEqual(['kept 0', 'kept 1', 'last 0', 'last 1'])
    await Promise.all([kept.end(), dropped.end(), open.end(), last.end()])
  }, 90_000)

  it('commits offsets of a group with the transaction, and drops those of an aborted one', async () => {
    await createTopic('offsets', 1)
    const offsets = (offset: string) => ({
      consumerGroupId: 'transactional-group',
      topics: [{ topic: 'offsets', partitions: [{ partition: 0, offset }] }],
    })
    const committed = async (): Promise<number | undefined> =>
      (await admin.listGroupOffsets('transactional-group', [{ topic: 'offsets', partition: 0 }]))[0]?.offset
    const first = await begin('offsets-1')
    await first.send({ topic: 'offsets', messages: [{ value: 'a' }] })
    await first.sendOffsets(offsets('5'))
    expect(await committed()).toBe(-1)
    await first.commit()
    await until(async () => (await committed()) === 5, 'the committed offset', 5_000)
    const second = await begin('offsets-2')
    await second.sendOffsets(offsets('9'))
    await second.abort()
    await first.end()
    await second.end()
    expect(await committed()).toBe(5)
  }, 60_000)

  it('fences the older of two producers with one transactional id', async () => {
    await createTopic('fenced', 1)
    const older = await begin('twice')
    await older.send({ topic: 'fenced', messages: [{ value: 'older' }] })
    const newer = await begin('twice')
    await newer.send({ topic: 'fenced', messages: [{ value: 'newer' }] })
    await expect(older.commit()).rejects.toThrow()
    await newer.commit()
    await until(async () => (await read('fenced', 'read_committed')).length > 0, 'the committed record')
    expect(await read('fenced', 'read_committed')).toEqual(['newer'])
    await Promise.all([older.end(), newer.end()])
  }, 60_000)

  it('aborts what lasts longer than its timeout', async () => {
    await createTopic('slow', 1)
    const slow = await begin('slow', 1_000)
    await slow.send({ topic: 'slow', messages: [{ value: 'slow' }] })
    await until(
      async () =>
        (await tool('kafka-transactions', 'describe', '--transactional-id', 'slow')).includes('CompleteAbort'),
      'the timeout',
      20_000,
    )
    await expect(slow.commit()).rejects.toThrow()
    await slow.end()
    expect(await read('slow', 'read_committed')).toEqual([])
  }, 60_000)

  it('lets kafka-transactions list, describe and abort, and find nothing hanging', async () => {
    await createTopic('tools', 1)
    const open = await begin('tools-open')
    await open.send({ topic: 'tools', messages: [{ value: 'open' }] })
    expect(await tool('kafka-transactions', 'list')).toMatch(/tools-open\s+\d+\s+\d+\s+Ongoing/)
    const described = await tool('kafka-transactions', 'describe', '--transactional-id', 'tools-open')
    expect(described).toMatch(/Ongoing.*tools-0/)
    const producers = await tool('kafka-transactions', 'describe-producers', '--topic', 'tools', '--partition', '0')
    // ProducerId, epoch, coordinator epoch (none yet), last sequence, timestamp, start offset of the transaction.
    expect(producers).toMatch(/^\d+\s+\d+\s+(-1|None)\s+0\s+\d+\s+0\s*$/m)
    const hanging = await tool(
      'kafka-transactions',
      'find-hanging',
      '--broker-id',
      '1',
      '--max-transaction-timeout',
      '15',
    )
    expect(hanging).not.toContain('tools')
    await tool('kafka-transactions', 'abort', '--topic', 'tools', '--partition', '0', '--start-offset', '0')
    expect(await tool('kafka-transactions', 'describe-producers', '--topic', 'tools', '--partition', '0')).toMatch(
      /None\s*$/m,
    )
    expect(await read('tools', 'read_committed')).toEqual([])
    await open.abort().catch(() => {})
    await open.end()
  }, 120_000)

  it(
    `copies ${copied} records exactly once while ${kills} brokers are killed`,
    async () => {
      await createTopic('copy-from', 1)
      await createTopic('copy-to', 1)
      const lines = Array.from({ length: copied }, (_, at) => `${at}`).join('\n')
      await runOk('kcat', ['-P', '-b', cluster.bootstrap, '-t', 'copy-from', '-p', '0', '-X', 'acks=all'], {
        input: lines,
      })
      const copier = spawn(
        'java',
        kafkaToolArgs(release, 'transactional-message-copier', [
          ...['--broker-list', cluster.bootstrap, '--transactional-id', 'copier', '--consumer-group', 'copiers'],
          ...['--input-topic', 'copy-from', '--input-partition', '0', '--output-topic', 'copy-to'],
          ...[
            '--transaction-size',
            '25',
            '--max-messages',
            String(copied),
            '--enable-random-aborts',
            '--use-group-metadata',
          ],
        ]),
        { stdio: ['ignore', 'pipe', 'pipe'] },
      )
      const words: string[] = []
      copier.stdout.on('data', (chunk: Buffer) => words.push(chunk.toString()))
      copier.stderr.on('data', (chunk: Buffer) => words.push(chunk.toString()))
      const ended = new Promise<number | null>((resolve) => copier.once('exit', resolve))
      await until(() => words.join('').includes('"ProcessLoop"'), 'the first copies', 30_000)
      // A killed broker forgets what it was asked.
      await recordUsage(dataDirectory)
      for (let at = 0; at < kills && copier.exitCode === null; at++) {
        const nodeId = 1 + (at % 3)
        const victim = nodeProcesses(dataDirectory).find((node) => node.nodeId === nodeId)
        if (victim !== undefined) process.kill(victim.pid, 'SIGKILL')
        await until(
          async () => {
            const described = await admin.describeTopics(['copy-from', 'copy-to']).catch(() => [])
            return (
              described.length === 2 &&
              described.every(({ partitions }) => partitions.every(({ isr }) => isr.length === 3))
            )
          },
          'all replicas back in the ISR',
          60_000,
        )
      }
      expect(await ended, words.join('').slice(-4_000)).toBe(0)
      const values = await read('copy-to', 'read_committed')
      expect(values.length).toBe(copied)
      expect(new Set(values).size).toBe(copied)
    },
    sized({ quick: 180_000, full: 900_000 }),
  )

  it('leaves a transaction log that kafka-dump-log reads', async () => {
    await millrace.stop()
    const files = readdirSync(dataDirectory, { recursive: true, encoding: 'utf8' })
      .filter((name) => /__transaction_state-\d+\/\d{20}\.log$/.test(name))
      .map((name) => join(dataDirectory, name))
      .filter((path) => statSync(path).size > 0)
    expect(files.length).toBeGreaterThan(0)
    const { stdout } = await kafkaToolOk(release, 'kafka-dump-log', [
      ...['--files', files.join(','), '--transaction-log-decoder', '--print-data-log'],
    ])
    // The text of 3.9, the JSON of 4.x.
    expect(/copier.*(state=CompleteCommit|"transactionStatus":4)/.test(stdout)).toBe(true)
    expect(stdout).not.toMatch(/isvalid: false|Error at|Mismatch|mismatch/)
    const others = readdirSync(dataDirectory, { recursive: true, encoding: 'utf8' })
      .filter((name) => /(copy-to-0|visible-\d)\/\d{20}\.(log|txnindex|snapshot)$/.test(name))
      .map((name) => join(dataDirectory, name))
      .filter((path) => statSync(path).size > 0)
    const dumped = await kafkaToolOk(release, 'kafka-dump-log', ['--files', others.join(','), '--deep-iteration'])
    expect(dumped.stdout).toContain('endTxnMarker: ABORT')
    expect(dumped.stdout).not.toMatch(/isvalid: false|Error at|Mismatch|mismatch/)
  }, 120_000)
})
