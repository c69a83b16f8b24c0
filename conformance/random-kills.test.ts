/**
 * kill -9 of any process at random moments, under load of an idempotent producer, a consumer group, a transactional
 * producer and the writer of a compacted topic: in the end every promise has been kept. The schedule is printed and runs
 * again with MILLRACE_KILL_SEED.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AdminClient } from '@millrace/client/admin'
import { createNodeHost } from '@millrace/host/node-host'
import { Feed, GroupReader, kcatProducer, readBack } from './harness/feed.ts'
import { judge } from './harness/judges.ts'
import { describeSchedule, killSchedule, killSeed, type Kill } from './harness/kill-schedule.ts'
import {
  createThreeBrokers,
  startMillraceProcess,
  type MillraceProcess,
  type ReadyCluster,
} from './harness/millrace.ts'
import { nodeProcesses, until } from './harness/processes.ts'
import { runOk } from './harness/run.ts'
import { full, sized } from './harness/size.ts'
import { TableLoad } from './harness/table-load.ts'
import { TransactionalLoad, brokenTransactions } from './harness/transactional-load.ts'

const kcat = judge('kcat')
const kills = sized({ quick: 6, full: 200 })
const seed = killSeed()
const ORDERS = 'orders'
const TRANSFERS = 'transfers'
const TABLE = 'table'
const GROUP = 'readers'
/** A busy machine takes its time to put everything right. */
const RECOVERY_LIMIT_MS = 120_000

describe.skipIf(kcat === null)('kill -9 at random', () => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'millrace-random-kills-'))
  let millrace: MillraceProcess
  let cluster: ReadyCluster
  let admin: AdminClient
  let apiPort: string

  beforeAll(async () => {
    millrace = await startMillraceProcess({ dataDirectory })
    apiPort = new URL(millrace.endpoint).port
    cluster = await createThreeBrokers(millrace, 'kills')
    admin = new AdminClient({ host: createNodeHost(), bootstrap: cluster.bootstrap, clientId: 'random-kills' })
    const changes = [{ name: 'log.cleaner.backoff.ms', operation: 'set' as const, value: '500' }]
    await admin.incrementalAlterConfigs([{ type: 'broker', name: '', changes }])
    const durable = { 'min.insync.replicas': '2' }
    const compacted = { 'cleanup.policy': 'compact', 'segment.bytes': '16384', 'min.cleanable.dirty.ratio': '0.01' }
    const replicationFactor = 3
    await admin.createTopics([
      { name: ORDERS, partitions: 3, replicationFactor, configs: durable },
      { name: TRANSFERS, partitions: 2, replicationFactor, configs: durable },
      { name: TABLE, partitions: 1, replicationFactor, configs: { ...durable, ...compacted } },
    ])
  }, 120_000)
  afterAll(async () => {
    admin?.close()
    await millrace?.stop()
    rmSync(dataDirectory, { recursive: true, force: true })
  })

  const consume = async (topic: string, format: string, ...more: string[]): Promise<string[]> => {
    const args = [
      '-C',
      '-b',
      cluster.bootstrap,
      '-t',
      topic,
      '-o',
      'beginning',
      '-e',
      '-q',
      '-u',
      '-f',
      format,
      ...more,
    ]
    const { stdout } = await runOk('kcat', args, { timeoutMs: 120_000 })
    return stdout.split('\n').slice(0, -1)
  }
  /** Null while the victim is already away. */
  const pidOf = (victim: Kill['victim']): number | null => {
    const found = nodeProcesses(dataDirectory).find(({ role, nodeId }) =>
      victim === 'controller' ? role === 'controller' : role === 'broker' && victim === `broker-${nodeId}`,
    )
    return found?.pid ?? null
  }
  const kill = async ({ victim, awayMs }: Kill): Promise<boolean> => {
    if (victim === 'control-plane') {
      const ended = new Promise((resolve) => millrace.process.once('exit', resolve))
      millrace.process.kill('SIGKILL')
      await ended
      await pause(awayMs)
      millrace = await startMillraceProcess({ dataDirectory, args: ['--port', apiPort] })
      return true
    }
    const pid = pidOf(victim)
    if (pid !== null) process.kill(pid, 'SIGKILL')
    return pid !== null
  }
  const committedOffsets = async (): Promise<number[]> => {
    const partitions = [0, 1, 2].map((partition) => ({ topic: ORDERS, partition }))
    return (await admin.listGroupOffsets(GROUP, partitions)).map(({ offset }) => offset)
  }
  /** Looks at what the group has committed again and again: an offset never falls. */
  const watchOffsets = (fell: (what: string) => void): { end(): Promise<void> } => {
    let isOver = false
    const watch = async (): Promise<void> => {
      let before: number[] = []
      while (!isOver) {
        const now = await committedOffsets().catch(() => before)
        now.forEach((offset, partition) => {
          if (offset < (before[partition] ?? -1)) fell(`${partition}: ${before[partition]} → ${offset}`)
        })
        before = now
        await pause(100)
      }
    }
    const watching = watch()
    return {
      end() {
        isOver = true
        return watching
      },
    }
  }
  const isWhole = async (): Promise<boolean> => {
    const described = await admin.describeTopics([ORDERS, TRANSFERS, TABLE]).catch(() => [])
    return (
      described.length === 3 && described.every(({ partitions }) => partitions.every(({ isr }) => isr.length === 3))
    )
  }

  it(
    `of ${kills} processes: nothing acknowledged is lost, repeated, torn or taken back`,
    async () => {
      const schedule = killSchedule(seed, kills)
      process.stdout.write(`${describeSchedule(seed, schedule)}\n`)
      const feed = new Feed(kcatProducer(cluster.bootstrap, ORDERS), 200)
      const readers = [1, 2].map(() => new GroupReader(cluster.bootstrap, ORDERS, GROUP))
      const transactions = ['one', 'other'].map((id) => new TransactionalLoad(cluster.bootstrap, TRANSFERS, id))
      const table = new TableLoad(cluster.bootstrap, TABLE)
      const fallen: string[] = []
      let killed = 0
      try {
        const watching = watchOffsets((what) => fallen.push(what))
        for (const [number, one] of schedule.entries()) {
          await pause(one.afterMs)
          if (await kill(one)) killed++
          if (full && number % 20 === 19) process.stdout.write(`${number + 1} of ${kills}\n`)
        }
        await within(watching.end(), 'the last look at the offsets')
        await until(isWhole, 'all replicas back in the ISR', RECOVERY_LIMIT_MS)
        for (const load of transactions)
          await within(load.stop(), () => `the transactional producers to end: ${load.lastError}`)
        await within(table.stop(), 'the writer of the compacted topic to end')
        const { status, words } = await within(feed.finish(), 'the idempotent producer to end')
        expect(status, words.slice(-2_000)).toBe(0)
        const read = (): number => new Set(readers.flatMap((reader) => reader.numbers)).size
        await until(() => read() >= feed.sent, `the group to read all ${feed.sent} records`, RECOVERY_LIMIT_MS).catch(
          (error: unknown) => {
            const told = readers.map(({ alive, count, words }) => `${alive} ${count} ${words.slice(-1_000)}`)
            throw new Error(`${String(error)}\n${told.join('\n')}`)
          },
        )
      } finally {
        for (const reader of readers) await reader.end()
      }
      const outcomes = transactions.map((load) => load.outcomes)
      const total = (of: (one: (typeof outcomes)[number]) => number): number =>
        outcomes.reduce((sum, one) => sum + of(one), 0)
      const summary = {
        killed,
        sent: feed.sent,
        committed: total(({ committed }) => committed.length),
        aborted: total(({ aborted }) => aborted.length),
        unknown: total(({ unknown }) => unknown.length),
        versions: table.versions,
      }
      process.stdout.write(`${JSON.stringify(summary)}\n`)
      // A victim that is away already is not killed again.
      expect(killed).toBeGreaterThan(kills / 2)
      expect(summary.committed).toBeGreaterThan(kills)
      expect(fallen).toEqual([])
      expect(await readBack(cluster.bootstrap, ORDERS, feed.sent)).toEqual({
        missing: [],
        repeated: [],
        disordered: [],
      })
      const found = await consume(TRANSFERS, '%s\n', '-X', 'isolation.level=read_committed')
      for (const one of outcomes) expect(brokenTransactions(one, found)).toEqual([])
      const all = [...outcomes.flatMap(({ committed, unknown }) => [...committed, ...unknown])].flat()
      const known = new Set(all)
      expect(found.filter((value) => !known.has(value))).toEqual([])
      const latest = new Map<string, number>()
      for (const line of await consume(TABLE, '%k %s\n')) {
        const [key = '', version = ''] = line.split(' ')
        expect(Number(version)).toBeGreaterThanOrEqual(latest.get(key) ?? -1)
        latest.set(key, Number(version))
      }
      expect(latest).toEqual(table.acknowledged)
      const ends = async (readCommitted: boolean): Promise<number[]> => {
        const queries = [0, 1].map((partition) => ({ topic: TRANSFERS, partition, at: 'latest' as const }))
        return (await admin.listOffsets(queries, { readCommitted })).map(({ offset }) => offset)
      }
      expect(await ends(true), 'no transaction is left open').toEqual(await ends(false))
    },
    sized({ quick: 400_000, full: 3_600_000 }),
  )
})

/** What `promise` gives; throws when it takes longer than everything may take. */
function within<T>(promise: Promise<T>, what: string | (() => string)): Promise<T> {
  const late = pause(RECOVERY_LIMIT_MS).then(() => {
    throw new Error(`waited ${RECOVERY_LIMIT_MS} ms in vain for ${typeof what === 'string' ? what : what()}`)
  })
  return Promise.race([promise, late])
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
