/**
 * Compaction of the topics in which coordinators keep what they know, with segments so small that the cleaner works on them
 * all the time: a classic group (kafkajs), one of the new protocol and a share group (Apache's own clients), offsets in
 * transactions and many plain commits go on while the coordinators' brokers are killed with -9. Commits, transactions and
 * members survive, what was acknowledged is consumed, the topics shrink, and kafka-dump-log reads the same offsets.
 */
import { fork, spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { partitionForGroup } from '@millrace/broker/groups/partition-for-group'
import { AdminClient } from '@millrace/client/admin'
import { createNodeHost } from '@millrace/host/node-host'
import { AdministratorCommits, TransactionalCommits, type CommitLoad } from './harness/commit-load.ts'
import { kcatProducer } from './harness/feed.ts'
import { judge, kafkaTool, kafkaToolArgs, kafkaToolOk } from './harness/judges.ts'
import {
  createThreeBrokers,
  startMillraceProcess,
  type MillraceProcess,
  type ReadyCluster,
} from './harness/millrace.ts'
import { nodeProcesses, until } from './harness/processes.ts'
import { runOk } from './harness/run.ts'
import { full, sized } from './harness/size.ts'
import { startVerifiableConsumer, type VerifiableConsumer } from './harness/verifiable-consumer.ts'

const judges = [judge('java'), judge('kcat')]
const RELEASE = '4.1.1'
const INTERNAL = ['__consumer_offsets', '__transaction_state', '__share_group_state'] as const
const INTERNAL_PARTITIONS = 50
const TOPIC = 'rides'
const PARTITIONS = 4
const LOADS = 8
const kills = sized({ quick: 1, full: 20 })
/** Commits by administrators between two kills. */
const commitsPerKill = sized({ quick: 600, full: 2_000 })
/** Whose files kafka-dump-log reads: each takes it a while. */
const brokersDumped = sized({ quick: 1, full: 3 })
const SEGMENT_BYTES = 8_192
/** A commit takes more than this in `__consumer_offsets`, whatever its names. */
const COMMIT_BYTES_MIN = 100
const member = fileURLToPath(new URL('./harness/kafkajs-member.mjs', import.meta.url))

/** All groups and transactional ids in one partition, so that one coordinator has them all. */
const shared = partitionForGroup('classic', INTERNAL_PARTITIONS)
function inSharedPartition(prefix: string): string {
  for (let number = 0; ; number++) {
    const name = `${prefix}-${number}`
    if (partitionForGroup(name, INTERNAL_PARTITIONS) === shared) return name
  }
}

interface MemberEvent {
  readonly kind: string
  readonly key?: string
  readonly error?: string
  readonly restart?: boolean
}

describe.skipIf(judges.includes(null))('compaction of internal topics', () => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'millrace-internal-'))
  let millrace: MillraceProcess
  let cluster: ReadyCluster
  let admin: AdminClient
  const loads: CommitLoad[] = []
  const classicGroup = 'classic'
  const newGroup = inSharedPartition('modern')
  const shareGroup = inSharedPartition('share')
  const transactionalId = inSharedPartition('copier')
  const seenByClassic = new Set<string>()
  const seenByShare = new Set<string>()
  /** Of the member of the classic group. */
  const crashes: string[] = []
  let classic: ChildProcess
  let modern: VerifiableConsumer
  let share: ChildProcess
  let produced = 0

  beforeAll(async () => {
    millrace = await startMillraceProcess({ dataDirectory })
    cluster = await createThreeBrokers(millrace, 'internal', { kafkaVersion: '4.1.x.kraft' })
    admin = new AdminClient({ host: createNodeHost(), bootstrap: cluster.bootstrap, clientId: 'internal' })
    await set('broker', '', { 'log.cleaner.backoff.ms': '200' })
    const turnOn = ['--bootstrap-server', cluster.bootstrap, 'upgrade', '--feature', 'share.version=1']
    await kafkaToolOk(RELEASE, 'kafka-features', turnOn)
    const configs = { 'min.insync.replicas': '2' }
    await admin.createTopics([{ name: TOPIC, partitions: PARTITIONS, replicationFactor: 3, configs }])
  }, 120_000)
  afterAll(async () => {
    for (const load of loads) await load.stop()
    for (const process of [classic, share]) process?.kill('SIGKILL')
    await modern?.stop()
    admin?.close()
    await millrace?.stop()
    rmSync(dataDirectory, { recursive: true, force: true })
  })

  const set = (
    type: 'broker' | 'topic' | 'group',
    name: string,
    values: Readonly<Record<string, string>>,
  ): Promise<void> => {
    const changes = Object.entries(values).map(([key, value]) => ({ name: key, operation: 'set' as const, value }))
    return admin.incrementalAlterConfigs([{ type, name, changes }])
  }

  /**
   * Keyed by number, spread over the partitions. Not with kafkajs: a batch whose leader moves to a broker that has already
   * answered for another partition is never sent there, and told as delivered (2.2.4; its pull request 1798).
   */
  const produce = async (count: number): Promise<void> => {
    const lines = Array.from({ length: count }, (_, index) => `${produced + index}:${produced + index}\n`)
    const { command, args } = kcatProducer(cluster.bootstrap, TOPIC)
    await runOk(command, args, { input: lines.join('') })
    produced += count
  }

  const startShare = (): ChildProcess => {
    const args = ['--bootstrap-server', cluster.bootstrap, '--topic', TOPIC, '--group', shareGroup]
    const child = spawn('java', kafkaToolArgs(RELEASE, 'kafka-console-share-consumer', args), {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', (line) => seenByShare.add(line))
    return child
  }

  const leaderOf = async (topic: string): Promise<number> => {
    const [described] = await admin.describeTopics([topic])
    return described?.partitions[topic === '__share_group_state' ? await usedShareState() : shared]?.leader ?? -1
  }

  /** The partition of `__share_group_state` that has most in it. */
  const usedShareState = async (): Promise<number> => {
    const ends = await endsOf('__share_group_state')
    return ends.indexOf(Math.max(...ends))
  }

  const offsetsOf = async (topic: string, at: 'earliest' | 'latest'): Promise<number[]> => {
    const queries = Array.from({ length: INTERNAL_PARTITIONS }, (_, partition) => ({ topic, partition, at }))
    return (await admin.listOffsets(queries)).map(({ offset }) => offset)
  }
  const endsOf = (topic: string): Promise<number[]> => offsetsOf(topic, 'latest')

  const allInSync = async (): Promise<boolean> => {
    const described = await admin.describeTopics([TOPIC, ...INTERNAL]).catch(() => [])
    return described.length > 0 && described.every((each) => each.partitions.every(({ isr }) => isr.length === 3))
  }

  /** Bytes of the segments of each replica of an internal partition. */
  const sizes = (topic: string, partition: number): number[] =>
    readdirSync(dataDirectory, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith(`/${topic}-${partition}`))
      .map((name) => {
        const logs = readdirSync(join(dataDirectory, name)).filter((file) => /^\d{20}\.log$/.test(file))
        return logs.reduce(
          (sum, file) => sum + (statSync(join(dataDirectory, name, file), { throwIfNoEntry: false })?.size ?? 0),
          0,
        )
      })

  it('groups of every kind and transactions begin, on small segments', async () => {
    loads.push(new TransactionalCommits(cluster.bootstrap, inSharedPartition('copied'), transactionalId, TOPIC))
    for (let load = 0; load < LOADS; load++)
      loads.push(new AdministratorCommits(admin, inSharedPartition(`plain-${load}`), TOPIC))
    await until(() => loads.every(({ confirmed }) => confirmed > 0), 'all to commit', 180_000)
    classic = fork(member, [cluster.bootstrap, TOPIC, classicGroup], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    classic.on('message', ({ kind, key, error, restart }: MemberEvent) => {
      if (kind === 'seen') seenByClassic.add(key ?? '')
      if (kind === 'crashed') crashes.push(`${error}${restart === true ? '' : ', for good'}`)
    })
    await set('group', shareGroup, { 'share.auto.offset.reset': 'earliest' })
    modern = startVerifiableConsumer(RELEASE, { bootstrap: cluster.bootstrap, topic: TOPIC, group: newGroup }, [
      '--group-protocol',
      'consumer',
      '--reset-policy',
      'earliest',
    ])
    share = startShare()
    await produce(100)
    await until(() => seenByClassic.size === 100, 'the classic group to read', 180_000)
    await until(() => new Set(modern.values).size === 100, 'the new group to read', 180_000)
    await until(() => seenByShare.size === 100, 'the share group to read', 180_000)
    const small = { 'segment.bytes': String(SEGMENT_BYTES), 'file.delete.delay.ms': '1000' }
    for (const topic of INTERNAL) {
      const compacts = topic === '__share_group_state' ? {} : { 'min.cleanable.dirty.ratio': '0.01' }
      await set('topic', topic, { ...small, ...compacts })
    }
  }, 600_000)

  it(`commits, transactions and members survive ${kills} kills of coordinators`, async () => {
    const [before] = await admin.describeGroups([newGroup])
    for (let kill = 0; kill < kills; kill++) {
      const sum = (): number => loads.reduce((total, { confirmed }) => total + confirmed, 0)
      const goal = sum() + commitsPerKill
      await produce(60)
      await until(() => sum() > goal, 'commits', 120_000)
      const victim = await leaderOf(INTERNAL[kill % INTERNAL.length] ?? INTERNAL[0])
      const node = nodeProcesses(dataDirectory).find(({ role, nodeId }) => role === 'broker' && nodeId === victim)
      if (node === undefined) throw new Error(`broker ${victim} does not run`)
      process.kill(node.pid, 'SIGKILL')
      await until(allInSync, 'all replicas back', 90_000)
    }
    await until(
      () => loads.every(({ confirmed, tried }) => tried - confirmed <= 1),
      'commits after the last kill',
      60_000,
    )
    await until(
      () => seenByClassic.size === produced,
      () => `the classic group to read ${produced} and not ${seenByClassic.size}; ${crashes.join('; ')}`,
      90_000,
    )
    await until(() => new Set(modern.values).size === produced, 'the new group to read everything', 90_000)
    await until(() => seenByShare.size === produced, 'the share group to read everything', 90_000)
    const [classicNow, after] = await admin.describeGroups([classicGroup, newGroup])
    expect(classicNow).toMatchObject({ state: 'Stable' })
    expect(after?.members.map(({ memberId }) => memberId)).toEqual(before?.members.map(({ memberId }) => memberId))
  }, 900_000)

  it('confirmed commits are found, and the topics have shrunk', async () => {
    for (const load of loads) await load.stop()
    for (const { groupId, confirmed, tried } of loads) {
      const [found] = await admin.listGroupOffsets(groupId, [{ topic: TOPIC, partition: 0 }])
      expect(found?.offset, groupId).toBeGreaterThanOrEqual(confirmed)
      expect(found?.offset, groupId).toBeLessThanOrEqual(tried)
    }
    for (const topic of ['__consumer_offsets', '__transaction_state'] as const) {
      const written = (await endsOf(topic))[shared] ?? 0
      expect(written).toBeGreaterThan(topic === '__consumer_offsets' ? commitsPerKill * kills : 100)
      const most = Math.max(5 * SEGMENT_BYTES, (written * COMMIT_BYTES_MIN) / 4)
      await until(() => sizes(topic, shared).every((bytes) => bytes < most), `${topic} is compacted`, 240_000)
      expect(sizes(topic, shared)).toHaveLength(3)
    }
    // Of share groups' state what no partition needs any more is deleted: every five minutes, once those that were not
    // written for as long have been written anew.
    if (!full) return
    const partition = await usedShareState()
    const starts = async (): Promise<number> => (await offsetsOf('__share_group_state', 'earliest'))[partition] ?? 0
    await until(async () => (await starts()) > 0, 'the state of share groups is pruned', 660_000)
  }, 1_200_000)

  it('kafka-dump-log finds nothing wrong, and the same offsets', async () => {
    const offsets = new Map<string, number>()
    for (const { groupId } of loads) {
      const [found] = await admin.listGroupOffsets(groupId, [{ topic: TOPIC, partition: 0 }])
      offsets.set(groupId, found?.offset ?? -1)
    }
    await millrace.stop()
    for (const [topic, decoder] of [
      ['__consumer_offsets', '--offsets-decoder'],
      ['__transaction_state', '--transaction-log-decoder'],
      ['__share_group_state', '--share-group-state-decoder'],
    ] as const) {
      if (!full && topic !== '__consumer_offsets') continue
      const directories = readdirSync(dataDirectory, { recursive: true, encoding: 'utf8' })
        .filter((name) => new RegExp(`/${topic}-\\d+$`).test(name))
        .toSorted()
      // The files of one broker at a time: all of its partitions.
      const brokers = byDirectory(directories)
      expect(brokers.size).toBe(3)
      for (const names of [...brokers.values()].slice(0, brokersDumped)) {
        const files = names.flatMap((directory) => logsIn(join(dataDirectory, directory)))
        const args = [decoder, '--files', files.join(',')]
        const told = await kafkaTool(RELEASE, 'kafka-dump-log', args, { timeoutMs: 120_000 })
        // What compaction has taken out leaves gaps, of which the tool tells.
        const gaps = /Non-consecutive offsets in .*\n| *\d+ is followed by \d+\n/g
        expect(told.stderr.replaceAll(gaps, '')).toBe('')
        expect(told.stdout).not.toMatch(/isvalid: false|[Mm]ismatch|out of order|Error at|invalid bytes/)
        expect(told.status).toBe(0)
        if (topic !== '__consumer_offsets') continue
        for (const [group, offset] of offsets) expect(lastOffset(told.stdout, group), group).toBe(offset)
      }
    }
  }, 300_000)
})

function byDirectory(names: readonly string[]): Map<string, string[]> {
  const grouped = new Map<string, string[]>()
  for (const name of names) grouped.set(dirname(name), [...(grouped.get(dirname(name)) ?? []), name])
  return grouped
}

/** Segments with something in them. */
function logsIn(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => /^\d{20}\.log$/.test(name))
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).size > 0)
    .toSorted()
}

/** The last commit of a group for partition 0, as the tool shows it. */
function lastOffset(dump: string, group: string): number {
  const shown = new RegExp(
    `"group":"${group}","topic":"${TOPIC}","partition":0\\}\\} payload: \\{[^\\n]*?"offset":(\\d+)`,
    'g',
  )
  return Number([...dump.matchAll(shown)].at(-1)?.[1] ?? -1)
}
