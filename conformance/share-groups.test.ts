/**
 * Share groups (KIP-932) as strangers see them: Apache's console and verifiable share consumers and kafka-share-groups on
 * a 4.1 cluster, where the preview is turned on by kafka-features; franz-go's own tests of share groups on a 4.2 cluster,
 * whose versions they ask for; and no acknowledged record delivered twice by a group whose brokers are killed.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AdminClient } from '@millrace/client/admin'
import { ClusterClient } from '@millrace/client/cluster-client'
import { createNodeHost } from '@millrace/host/node-host'
import { ConfigResourceType } from '@millrace/metadata/image'
import type { Decoded, Encodable, RequestDefinition, ResponseDefinition } from '@millrace/protocol/definition'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
} from '@millrace/protocol/messages/44-incremental-alter-configs'
import {
  describeShareGroupOffsetsRequest,
  describeShareGroupOffsetsResponse,
} from '@millrace/protocol/messages/90-describe-share-group-offsets'
import { judge, kafkaShareRelease, kafkaToolArgs, kafkaToolOk } from './harness/judges.ts'
import {
  createThreeBrokers,
  startMillraceProcess,
  type MillraceProcess,
  type ReadyCluster,
} from './harness/millrace.ts'
import { nodeProcesses, until } from './harness/processes.ts'
import { run, runOk } from './harness/run.ts'
import { full, sized } from './harness/size.ts'
import { recordUsage } from './harness/usage.ts'

const java = judge('java') !== null && judge('kcat') !== null
const RELEASE = '4.1.1'
const produced = sized({ quick: 2_000, full: 33_000 })
const kills = sized({ quick: 1, full: 10 })

describe.skipIf(!java)('share groups on 4.1.x.kraft', () => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'millrace-share-'))
  let millrace: MillraceProcess
  let cluster: ReadyCluster
  let admin: AdminClient
  let client: ClusterClient

  beforeAll(async () => {
    millrace = await startMillraceProcess({ dataDirectory })
    cluster = await createThreeBrokers(millrace, 'share', { kafkaVersion: '4.1.x.kraft' })
    const options = { host: createNodeHost(), bootstrap: cluster.bootstrap, clientId: 'share' }
    admin = new AdminClient(options)
    client = new ClusterClient(options)
  }, 60_000)
  afterAll(async () => {
    admin?.close()
    client?.close()
    await millrace?.stop()
    rmSync(dataDirectory, { recursive: true, force: true })
  })

  const createTopic = (name: string, partitions: number): Promise<unknown> =>
    admin.createTopics([{ name, partitions, replicationFactor: 3, configs: { 'min.insync.replicas': '2' } }])
  const tool = (name: string, ...args: string[]): Promise<string> =>
    kafkaToolOk(RELEASE, name, ['--bootstrap-server', cluster.bootstrap, ...args], { timeoutMs: 90_000 }).then(
      ({ stdout }) => stdout,
    )
  const produce = async (topic: string, first: number, count: number): Promise<void> => {
    const input = Array.from({ length: count }, (_, index) => `${first + index}\n`).join('')
    await runOk('kcat', ['-P', '-b', cluster.bootstrap, '-t', topic, '-X', 'acks=all'], { input })
  }
  /** From the earliest record, with short locks: what a killed broker's clients held must come back soon. */
  const fromTheBeginning = (group: string, more: readonly { name: string; value: string }[] = []): Promise<unknown> =>
    client.retrying(async () => {
      const configs = [
        { name: 'share.auto.offset.reset', value: 'earliest' },
        { name: 'share.record.lock.duration.ms', value: '15000' },
        ...more,
      ].map((config) => ({ ...config, configOperation: 0 }))
      const body = {
        resources: [{ resourceType: ConfigResourceType.GROUP, resourceName: group, configs }],
        validateOnly: false,
      }
      const connection = await client.any()
      return client.call(connection, incrementalAlterConfigsRequest, incrementalAlterConfigsResponse, body)
    })
  const call = async <const Q extends RequestDefinition, const R extends ResponseDefinition>(
    group: string,
    request: Q,
    response: R,
    body: Encodable<Q>,
  ): Promise<Decoded<R>> =>
    client.retrying(async () =>
      client.call(await client.node(await client.coordinatorOf(group)), request, response, body),
    )
  const consume = async (topic: string, group: string, count: number): Promise<number[]> => {
    const args = ['--topic', topic, '--group', group, '--max-messages', `${count}`, '--timeout-ms', '30000']
    return numbers(await tool('kafka-console-share-consumer', ...args))
  }

  it('are off until kafka-features turns them on', async () => {
    const described = await call('nobody', describeShareGroupOffsetsRequest, describeShareGroupOffsetsResponse, {
      groups: [{ groupId: 'nobody', topics: null }],
    })
    expect(described.groups[0]).toMatchObject({ errorCode: ErrorCode.UNSUPPORTED_VERSION })
    expect(await tool('kafka-features', 'upgrade', '--feature', 'share.version=1')).toContain('upgraded to 1')
  }, 120_000)

  it('deliver every record once to consumers that accept, and go on where they were', async () => {
    await createTopic('rides', 3)
    await fromTheBeginning('drivers')
    await produce('rides', 0, 60)
    expect((await consume('rides', 'drivers', 60)).toSorted((a, b) => a - b)).toEqual(range(0, 60))
    await produce('rides', 60, 30)
    if (full) expect((await consume('rides', 'drivers', 30)).toSorted((a, b) => a - b)).toEqual(range(60, 90))
  }, 180_000)

  it('begin where an administrator says', async () => {
    // The tool of 4.1 has the option and says that it is not yet implemented.
    const reset = ['--reset-offsets', '--group', 'drivers', '--topic', 'rides', '--to-earliest', '--execute']
    const args = ['--bootstrap-server', cluster.bootstrap, ...reset]
    const { stdout } = await kafkaToolOk(kafkaShareRelease, 'kafka-share-groups', args, { timeoutMs: 90_000 })
    expect(stdout.match(/drivers\s+rides\s+[012]\s+0\b/g) ?? [stdout]).toHaveLength(3)
    expect((await consume('rides', 'drivers', 90)).toSorted((a, b) => a - b)).toEqual(range(0, 90))
  }, 120_000)

  it('are listed and described, lose their offsets, and are deleted', async () => {
    const share = (...args: string[]): Promise<string> => tool('kafka-share-groups', ...args)
    if (full) {
      expect((await share('--list')).split('\n')).toContain('drivers')
      expect(await share('--describe', '--group', 'drivers', '--state')).toMatch(/drivers\s.*Empty\s+0/)
    }
    const offsets = await share('--describe', '--group', 'drivers')
    expect(startOffsets(offsets, 'rides').reduce((sum, offset) => sum + offset, 0)).toBe(90)
    expect(await share('--delete-offsets', '--group', 'drivers', '--topic', 'rides')).toMatch(/rides\s+Successful/)
    if (full) expect(startOffsets(await share('--describe', '--group', 'drivers'), 'rides')).toEqual([])
    expect(await share('--delete', '--group', 'drivers')).toContain('successful')
    expect((await admin.listGroups()).map(({ groupId }) => groupId)).not.toContain('drivers')
  }, 240_000)

  it('lose no record and deliver none again that was acknowledged, while brokers are killed', async () => {
    await createTopic('orders', 4)
    await fromTheBeginning('cooks')
    const members = (full ? [1, 2] : [1]).map(() => new ShareMember(cluster.bootstrap, 'orders', 'cooks'))
    const complete = async (): Promise<number> => {
      const body = { groups: [{ groupId: 'cooks', topics: null }] }
      const described = await call('cooks', describeShareGroupOffsetsRequest, describeShareGroupOffsetsResponse, body)
      const partitions = described.groups[0]?.topics[0]?.partitions ?? []
      return partitions.reduce((sum, { startOffset }) => sum + Math.max(0, startOffset), 0)
    }
    try {
      await until(() => members.every(({ started }) => started), 'the members to start', 60_000)
      // A killed broker forgets what it was asked.
      await recordUsage(dataDirectory)
      const batch = produced / (kills + 1)
      for (let kill = 0; kill <= kills; kill++) {
        await produce('orders', kill * batch, batch)
        const soFar = (kill + 1) * batch * 0.7
        await until(() => delivered(members).size >= soFar, 'most of the records delivered', 90_000)
        if (kill === kills) break
        const brokers = nodeProcesses(dataDirectory).filter(({ role }) => role === 'broker')
        const victim = brokers[kill % brokers.length]
        if (victim === undefined) throw new Error('no broker to kill')
        process.kill(victim.pid, 'SIGKILL')
        const isBack = (): boolean =>
          nodeProcesses(dataDirectory).some(
            ({ nodeId, pid, role }) => role === 'broker' && nodeId === victim.nodeId && pid !== victim.pid,
          )
        // So that the next kill leaves two in-sync replicas.
        await until(isBack, 'the broker to be back', 60_000)
      }
      // An acknowledgement may be durable without its member having heard so: the coordinator knows.
      await until(async () => (await complete()) === produced, 'all records acknowledged', 120_000)
    } finally {
      await Promise.all(members.map((member) => member.end()))
    }
    expect(delivered(members).size).toBe(produced)
    expect(ShareMember.deliveredAgain(members)).toEqual([])
  }, 600_000)

  it.runIf(full)(
    'deliver no record of an aborted transaction to groups that read committed ones',
    async () => {
      await createTopic('bills', 1)
      await fromTheBeginning('auditors', [{ name: 'share.isolation.level', value: 'read_committed' }])
      const kafka = new Kafka({ brokers: cluster.bootstrap.split(','), logLevel: logLevel.NOTHING })
      const producer = kafka.producer({ transactionalId: 'bills', idempotent: true, maxInFlightRequests: 1 })
      await producer.connect()
      for (const [first, commit] of [
        [0, true],
        [100, false],
        [10, true],
      ] as const) {
        const transaction = await producer.transaction()
        const messages = range(first, first + 10).map((value) => ({ value: `${value}` }))
        await transaction.send({ topic: 'bills', messages })
        await (commit ? transaction.commit() : transaction.abort())
      }
      await producer.disconnect()
      const args = ['--topic', 'bills', '--group', 'auditors', '--timeout-ms', '8000']
      expect(numbers(await tool('kafka-console-share-consumer', ...args)).toSorted((a, b) => a - b)).toEqual(
        range(0, 20),
      )
      const offsets = await tool('kafka-share-groups', '--describe', '--group', 'auditors')
      // Thirty records and a marker behind each transaction; the last marker is passed over when it is met.
      expect(startOffsets(offsets, 'bills')[0]).toBeGreaterThanOrEqual(32)
    },
    120_000,
  )

  it('leave files that kafka-dump-log reads', async () => {
    const directory = nodeProcesses(dataDirectory).find(({ role }) => role === 'broker')?.directory ?? ''
    const files = segments(directory, '__share_group_state')
    expect(files.length).toBeGreaterThan(0)
    const dumped = await kafkaToolOk(
      RELEASE,
      'kafka-dump-log',
      ['--share-group-state-decoder', '--files', files.join(',')],
      { timeoutMs: 90_000 },
    )
    expect(dumped.stdout).toMatch(/"type":"0","data":\{"groupId":"cooks".*"snapshotEpoch"/)
    expect(dumped.stdout).toMatch(/"type":"1","data":\{"groupId":"cooks".*"stateBatches"/)
    expect(dumped.stdout).not.toContain('Could not deserialize')
  }, 120_000)
})

const franzGo = judge('franz-go')

it.skipIf(franzGo === null)(
  "franz-go's tests of share groups pass on 4.2.x.kraft",
  async () => {
    const millrace = await startMillraceProcess({ args: ['--ephemeral'] })
    try {
      const { bootstrap } = await createThreeBrokers(millrace, 'share', { kafkaVersion: '4.2.x.kraft' })
      const environment = { KGO_SEEDS: bootstrap, KGO_TEST_RF: '3', KGO_TEST_RECORDS: full ? '100000' : '2000' }
      const args = [
        '-test.v',
        '-test.timeout',
        '9m',
        '-test.run',
        full ? '^TestShareGroup' : '^TestShareGroup(AckOnClose)?$',
      ]
      const result = await run(franzGo ?? '', args, { environment, timeoutMs: 560_000 })
      const verdicts = result.stdout.split('\n').filter((line) => /^--- |^panic/.test(line))
      expect(verdicts.map((line) => line.replace(/ \(.*/, '')).toSorted()).toEqual([
        '--- PASS: TestShareGroup',
        '--- PASS: TestShareGroupAckOnClose',
        ...(full ? ['--- PASS: TestShareGroupETL'] : []),
      ])
    } finally {
      await millrace.stop()
    }
  },
  600_000,
)

/** Apache's verifiable share consumer, which tells each record it is given and each whose acknowledgement was taken. */
class ShareMember {
  readonly #child: ChildProcess
  /** What was told of each record, in order. */
  readonly told: { readonly record: string; readonly what: 'delivered' | 'acknowledged'; readonly atMs: number }[] = []
  started = false

  constructor(bootstrap: string, topic: string, group: string) {
    const args = ['--bootstrap-server', bootstrap, '--topic', topic, '--group-id', group, '--verbose']
    this.#child = spawn('java', kafkaToolArgs(kafkaShareRelease, 'kafka-verifiable-share-consumer', args), {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const lines = createInterface({ input: this.#child.stdout as NonNullable<ChildProcess['stdout']> })
    lines.on('line', (line) => this.#heard(line))
  }

  /** Records that a member was given after somebody's acknowledgement of them had been taken, each with its history. */
  static deliveredAgain(members: readonly ShareMember[]): string[] {
    const all = members.flatMap(({ told }) => told).toSorted((left, right) => left.atMs - right.atMs)
    const histories = new Map<string, { readonly words: string[]; takenMs: number; isAgain: boolean }>()
    for (const { record, what, atMs } of all) {
      const history = histories.get(record) ?? { words: [], takenMs: Infinity, isAgain: false }
      histories.set(record, history)
      history.words.push(`${what} ${atMs - (all[0]?.atMs ?? 0)} ms`)
      if (what === 'acknowledged') history.takenMs = atMs
      else if (history.takenMs < atMs) history.isAgain = true
    }
    return [...histories].flatMap(([record, { words, isAgain }]) => (isAgain ? [`${record}: ${words.join(', ')}`] : []))
  }

  #heard(line: string): void {
    let event: VerifiableEvent
    try {
      event = JSON.parse(line) as VerifiableEvent
    } catch {
      return
    }
    const atMs = event.timestamp ?? 0
    if (event.name === 'startup_complete') this.started = true
    if (event.name === 'record_data')
      this.told.push({ record: `${event.partition}:${event.offset}`, what: 'delivered', atMs })
    if (event.name !== 'offsets_acknowledged' || event.success !== true) return
    for (const { partition, offsets } of event.partitions ?? [])
      for (const offset of offsets ?? [])
        this.told.push({ record: `${partition}:${offset}`, what: 'acknowledged', atMs })
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    const patience = setTimeout(() => this.#child.kill('SIGKILL'), 20_000)
    this.#child.kill('SIGTERM')
    await ended
    clearTimeout(patience)
  }
}

interface VerifiableEvent {
  readonly name: string
  readonly timestamp?: number
  readonly success?: boolean
  readonly partition?: number
  readonly offset?: number
  readonly partitions?: readonly { readonly partition: number; readonly offsets?: readonly number[] }[]
}

function delivered(members: readonly ShareMember[]): Set<string> {
  return new Set(
    members.flatMap(({ told }) => told.filter(({ what }) => what === 'delivered')).map((one) => one.record),
  )
}

/** Lines that are numbers. */
function numbers(text: string): number[] {
  return text
    .split('\n')
    .filter((line) => /^\d+$/.test(line))
    .map(Number)
}

function range(first: number, end: number): number[] {
  return Array.from({ length: end - first }, (_, index) => first + index)
}

/** The START-OFFSET column of kafka-share-groups for a topic. */
function startOffsets(table: string, topic: string): number[] {
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[1] === topic)
    .map((columns) => Number(columns[3]))
}

function segments(directory: string, topic: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.includes(`${topic}-`) && name.endsWith('.log'))
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).size > 0)
}
