/**
 * Consumer groups of the new protocol (KIP-848) as Kafka's own clients and tools see them: assignment and rebalance between
 * Java consumers, a killed coordinator, subscription by pattern, migration from the classic protocol and back, the tools'
 * views, and the records of `__consumer_offsets` as Kafka's dump tool reads them.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { judge, kafkaJavaArgs, kafkaTool, kafkaToolOk } from './harness/judges.ts'
import {
  createThreeBrokers,
  startMillraceProcess,
  type MillraceProcess,
  type ReadyCluster,
} from './harness/millrace.ts'
import { nodeProcesses, until } from './harness/processes.ts'
import { runOk } from './harness/run.ts'
import { sized } from './harness/size.ts'
import { startVerifiableConsumer, type VerifiableConsumer } from './harness/verifiable-consumer.ts'

const judges = judge('java') !== null && judge('kcat') !== null
const CLUSTER = 'groups'
const NEW = '4.1.1'
const OLD = '3.9.1'
const PARTITIONS = 6
const records = sized({ quick: 2_000, full: 50_000 })
const kills = sized({ quick: 1, full: 6 })
const CONSUMER = ['--group-protocol', 'consumer', '--reset-policy', 'earliest']

describe.skipIf(!judges)('consumer groups of the new protocol', () => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'millrace-groups-'))
  let millrace: MillraceProcess
  let cluster: ReadyCluster
  const running: VerifiableConsumer[] = []

  beforeAll(async () => {
    millrace = await startMillraceProcess({ dataDirectory })
    cluster = await createThreeBrokers(millrace, CLUSTER, { kafkaVersion: '4.1.x.kraft' })
  })
  afterEach(async () => {
    await Promise.all(running.splice(0).map((consumer) => consumer.stop()))
  })
  afterAll(async () => {
    await millrace?.stop()
    rmSync(dataDirectory, { recursive: true, force: true })
  })

  const createTopic = async (topic: string): Promise<void> => {
    const size = ['--partitions', String(PARTITIONS), '--replication-factor', '3']
    const created = await millrace.cli('topics', 'create', '--cluster', CLUSTER, topic, ...size)
    expect(created.status, created.stderr).toBe(0)
  }
  /** Values `from` up to, not including, `end`, on all partitions. */
  const produce = (topic: string, from: number, end: number): Promise<unknown> => {
    const input = Array.from({ length: end - from }, (_, index) => `${from + index}:${from + index}`).join('\n')
    return runOk('kcat', ['-P', '-b', cluster.bootstrap, '-t', topic, '-K:', '-X', 'acks=all'], { input })
  }
  const consume = (release: string, topic: string, group: string, more: readonly string[]): VerifiableConsumer => {
    const consumer = startVerifiableConsumer(release, { bootstrap: cluster.bootstrap, topic, group }, more)
    running.push(consumer)
    return consumer
  }
  const groups = async (...args: string[]): Promise<string> => {
    const all = ['--bootstrap-server', cluster.bootstrap, ...args]
    return (await kafkaToolOk(NEW, 'kafka-consumer-groups', all, { timeoutMs: 90_000 })).stdout
  }
  /** The partitions are divided among the consumers, each has its share, none is with two. */
  const isShared = (consumers: readonly VerifiableConsumer[]): boolean => {
    const sizes = consumers.map(({ assigned }) => assigned.size)
    const all = new Set(consumers.flatMap(({ assigned }) => [...assigned]))
    return (
      all.size === PARTITIONS && sizes.reduce((sum, size) => sum + size, 0) === PARTITIONS && Math.min(...sizes) > 0
    )
  }
  const haveAll = (consumers: readonly VerifiableConsumer[], end: number): boolean =>
    new Set(consumers.flatMap(({ values }) => values)).size === end

  it(`share ${records} records while their coordinator is killed ${kills} times`, async () => {
    const topic = 'orders'
    await createTopic(topic)
    await produce(topic, 0, records / 2)
    const consumers = [consume(NEW, topic, 'shared', CONSUMER), consume(NEW, topic, 'shared', CONSUMER)]
    await until(() => isShared(consumers), 'each consumer to have its share', 90_000)
    let told = ''
    for (let kill = 0; kill < kills; kill++) {
      told = await groups('--describe', '--group', 'shared', '--state', '--verbose')
      const coordinator = Number(/\((\d+)\)/.exec(told)?.[1])
      const victim = nodeProcesses(dataDirectory).find(
        ({ role, nodeId }) => role === 'broker' && nodeId === coordinator,
      )
      if (victim === undefined) throw new Error(`no broker ${coordinator} runs:\n${told}`)
      process.kill(victim.pid, 'SIGKILL')
    }
    expect(told).toMatch(/shared .*uniform +\S+ +\d+ +\d+ +2/)
    await produce(topic, records / 2, records)
    await until(() => haveAll(consumers, records), 'every record to be read', 90_000)
    await until(() => isShared(consumers), 'each consumer to have its share again', 90_000)
    expect(consumers.every((consumer) => consumer.isRunning())).toBe(true)

    expect(await groups('--list', '--state', '--type')).toMatch(/shared +Consumer +(Stable|Reconciling)/)
    const members = await groups('--describe', '--group', 'shared', '--members', '--verbose')
    expect(members.match(/^shared .* orders:[\d,]+ +\d+ +orders:[\d,]+/gm)).toHaveLength(2)
    const filtered = async (filter: string): Promise<string> => groups('--list', '--state', filter)
    expect(await filtered('empty')).not.toContain('shared')
  }, 360_000)

  it('subscribe by a pattern that finds a topic made later', async () => {
    await createTopic('rides-1')
    await produce('rides-1', 0, 100)
    const source = fileURLToPath(new URL('judges/PatternConsumer.java', import.meta.url))
    const program = kafkaJavaArgs(NEW, [source, cluster.bootstrap, 'pattern', '^(rides|trips)-[0-9]+$', '200'])
    const read = runOk('java', program, { timeoutMs: 150_000 })
    await until(
      async () => (await millrace.cli('groups', 'list', '--cluster', CLUSTER)).stdout.includes('pattern'),
      'the group to be there',
      60_000,
    )
    await createTopic('rides-2')
    await produce('rides-2', 100, 200)
    const { stdout } = await read
    expect(new Set(stdout.trim().split('\n')).size).toBe(200)
  }, 240_000)

  it('are joined by classic consumers, and become classic again when the last new one has gone', async () => {
    const topic = 'migrating'
    await createTopic(topic)
    const typeOf = async (): Promise<string | undefined> =>
      /moves +(\S+) /.exec(await groups('--list', '--state', '--type'))?.[1]
    const classic = consume(OLD, topic, 'moves', ['--reset-policy', 'earliest'])
    await until(() => classic.assigned.size === PARTITIONS, 'the classic consumer to have all', 60_000)
    expect(await typeOf()).toBe('Classic')
    const modern = consume(NEW, topic, 'moves', CONSUMER)
    await until(() => isShared([classic, modern]), 'both to have their share', 120_000)
    expect(await typeOf()).toBe('Consumer')
    await produce(topic, 0, 600)
    await until(() => haveAll([classic, modern], 600), 'every record to be read by one of them', 60_000)
    await modern.stop()
    await until(() => classic.assigned.size === PARTITIONS, 'the classic consumer to have all again', 120_000)
    expect(await typeOf()).toBe('Classic')
    expect(classic.isRunning()).toBe(true)
  }, 420_000)

  it('are in the log as Kafka writes them', async () => {
    const logs = readdirSync(dataDirectory, { recursive: true, encoding: 'utf8' })
      .filter((name) => /__consumer_offsets-\d+\/\d{20}\.log$/.test(name))
      .map((name) => join(dataDirectory, name))
      .filter((path) => statSync(path).size > 0)
    const { status, stdout, stderr } = await kafkaTool(
      NEW,
      'kafka-dump-log',
      ['--files', logs.join(','), '--offsets-decoder'],
      { timeoutMs: 120_000 },
    )
    expect([status, stderr]).toEqual([0, ''])
    const types = new Set([...stdout.matchAll(/key: \{"type":"(\d+)"/g)].map((match) => Number(match[1])))
    expect([...types].toSorted((left, right) => left - right)).toEqual([1, 2, 3, 5, 6, 7, 8, 16])
    // A plain match would print everything when it fails.
    expect(stdout.includes('isvalid: false')).toBe(false)
    expect(/"groupId":"shared","memberId":"[^"]+".*"state":0,"assignedPartitions"/.test(stdout)).toBe(true)
  }, 180_000)
})
