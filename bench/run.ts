/**
 * npm run bench: produce and consume against Millrace, beside Apache Kafka (where Java is) and the C floor (where a
 * compiler is) in the same run, interleaved, best of several rounds. Compare ratios, not absolute numbers: machines are
 * shared and noisy. `--quick` measures less and shorter, `--rounds N` as often as you like,
 * `--json FILE` writes the cells.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import type { LoadOptions } from './load/generator.ts'
import { measure, type Measured } from './measure.ts'
import { startMillraceTarget } from './millrace-target.ts'
import { rssMb } from './processes.ts'
import { coldStartMs } from './start-up.ts'
import { startApacheKafka, startCFloor, touchMemory, type Target } from './targets.ts'

interface Cell {
  readonly name: string
  readonly kind: 'produce' | 'consume'
  readonly batchBytes: number
  readonly recordBytes: number
  readonly connections: number
  readonly acks: number
  readonly partitions: number
  readonly replicationFactor: 1 | 3
  /** False: Millrace checks batches by header and CRC only, which is all that the C floor does. */
  readonly checksRecords: boolean
  /** Requests per second; absent: as many as possible. */
  readonly ratePerSecond?: number
  readonly quick: boolean
}

const base = {
  recordBytes: 1024,
  connections: 8,
  acks: 1,
  partitions: 8,
  replicationFactor: 1,
  checksRecords: true,
} as const
const cells: readonly Cell[] = [
  { ...base, name: 'produce 64 KiB batches, acks=1', kind: 'produce', batchBytes: 65_536, quick: true },
  {
    ...base,
    name: 'produce 64 KiB batches, acks=1, millrace.validate.records=header',
    kind: 'produce',
    batchBytes: 65_536,
    checksRecords: false,
    quick: true,
  },
  { ...base, name: 'consume 64 KiB batches', kind: 'consume', batchBytes: 65_536, quick: true },
  { ...base, name: 'produce 1 MiB batches, acks=1', kind: 'produce', batchBytes: 1_000_000, quick: false },
  { ...base, name: 'produce 1 KiB requests, acks=1', kind: 'produce', batchBytes: 1_100, quick: false },
  {
    ...base,
    name: 'produce 64 KiB batches, three replicas, acks=all',
    kind: 'produce',
    batchBytes: 65_536,
    acks: -1,
    replicationFactor: 3,
    quick: false,
  },
  {
    ...base,
    name: 'latency at 1000 requests of 100 B a second, acks=1',
    kind: 'produce',
    batchBytes: 180,
    recordBytes: 100,
    connections: 1,
    partitions: 1,
    ratePerSecond: 1000,
    quick: false,
  },
]

type Row = { name: string } & Partial<Record<Target['name'], Measured>>

const args = process.argv.slice(2)
const quick = args.includes('--quick')
const jsonFile = args.includes('--json') ? args[args.indexOf('--json') + 1] : undefined
const rounds = args.includes('--rounds') ? Number(args[args.indexOf('--rounds') + 1]) : quick ? 3 : 5
const durationMs = quick ? 1_500 : 2_500
const startRounds = rounds
/** What consume cells read, over and over: more than a broker keeps in memory of its own. */
const LOG_BYTES = 512 * 1024 * 1024
/** About what one measurement writes. */
const TOUCHED_BYTES = 3 * 1024 * 1024 * 1024
const IDLE_MS = 3_000

const say = (text: string): void => void process.stderr.write(`${text}\n`)
const loadBefore = loadavg()[0] ?? 0
say(`load average ${loadBefore.toFixed(2)}${loadBefore > 2 ? ': this machine is busy, expect noise' : ''}`)

const coldStart: number[] = []
for (let round = 0; round < startRounds; round++) coldStart.push(await coldStartMs())
const millrace = await startMillraceTarget()
const createToActive: number[] = []
for (let round = 0; round < startRounds; round++) createToActive.push(await millrace.createToActiveMs())
await new Promise((resolve) => setTimeout(resolve, IDLE_MS))
const idle = { brokerRssMb: rssMb(millrace.nodes.brokers), controllerRssMb: rssMb([millrace.nodes.controller]) }

const targets: Target[] = [millrace]
const floor = await startCFloor()
if (floor === null) say('no C compiler here: no C floor')
else targets.push(floor)
const kafka = await apacheKafka()
if (kafka !== null) targets.push(kafka)
touchMemory(TOUCHED_BYTES)

const rows: Row[] = []
let topics = 0
try {
  for (const cell of cells) {
    if (quick && !cell.quick) continue
    const row: Row = { name: cell.name }
    for (let round = 0; round < rounds; round++) {
      for (const target of targets) {
        // One process has no replicas.
        if (target.name !== 'millrace' && cell.replicationFactor > 1) continue
        const measured = await measureCell(cell, target, round)
        say(
          `${cell.name}: ${target.name}, round ${round + 1} of ${rounds}: ${measured.mbPerSecond.toFixed(0)} MB/s, ${measured.mbPerCpuSecond.toFixed(0)} MB/CPU-s`,
        )
        const best = row[target.name]
        if (best === undefined || better(cell, measured, best)) row[target.name] = measured
      }
    }
    rows.push(row)
  }
} finally {
  for (const target of targets) await target.stop()
}
print()
if (jsonFile !== undefined) {
  const startUp = { coldStartMs: coldStart, createToActiveMs: createToActive }
  const about = { loadBefore, loadAfter: loadavg()[0], node: process.version }
  writeFileSync(jsonFile, `${JSON.stringify({ cells: rows, ...startUp, ...idle, ...about }, null, 2)}\n`)
}
process.exit(0)

async function measureCell(cell: Cell, target: Target, round: number): Promise<Measured> {
  const { name: topic, partitions, replicationFactor, checksRecords } = { ...cell, name: `bench-${++topics}` }
  const prepared = await target.prepare({ name: topic, partitions, replicationFactor, checksRecords })
  const produce: LoadOptions = {
    kind: 'produce',
    pids: prepared.pids,
    topic,
    leaders: prepared.leaders,
    connections: cell.connections,
    inFlight: 5,
    batchBytes: cell.batchBytes,
    recordBytes: cell.recordBytes,
    acks: cell.acks,
    // Compilers that work while the program runs get their time before the first round.
    warmUpMs: round === 0 ? 3_000 : 500,
    durationMs,
    ...(cell.ratePerSecond === undefined ? {} : { ratePerSecond: cell.ratePerSecond }),
  }
  try {
    if (cell.kind === 'produce') return await measure(produce)
    await measure({ ...produce, requestsEach: Math.ceil(LOG_BYTES / cell.batchBytes / cell.connections) })
    return await measure({ ...produce, kind: 'consume', inFlight: 1 })
  } finally {
    await prepared.end()
  }
}

/** Throughput cells compete by work per CPU-second, latency cells by p99. */
function better(cell: Cell, one: Measured, other: Measured): boolean {
  return cell.ratePerSecond === undefined ? one.mbPerCpuSecond > other.mbPerCpuSecond : one.p99Ms < other.p99Ms
}

async function apacheKafka(): Promise<Target | null> {
  const judges = (await import(new URL('../scripts/judges.mjs', import.meta.url).href)) as {
    findJudge(name: string): { path?: string; reason?: string }
    kafkaClassPath(release: string): string
    kafkaReleases: readonly string[]
  }
  const found = judges.findJudge('java')
  if (found.path === undefined) {
    say(`Apache Kafka is left out: ${found.reason ?? ''}`)
    return null
  }
  const release = judges.kafkaReleases.at(-1) ?? ''
  return startApacheKafka({ release, classPath: judges.kafkaClassPath(release) })
}

function print(): void {
  const cpu = cpus()[0]?.model ?? 'unknown'
  const memory = /MemTotal:\s+(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]
  process.stdout.write(
    `\nNode ${process.version} · ${cpus().length} × ${cpu} · ${Math.round(Number(memory) / 1e6)} GB · load average ${loadBefore.toFixed(2)} before, ${(loadavg()[0] ?? 0).toFixed(2)} after\n`,
  )
  const seconds = (ms: readonly number[]): string =>
    `${(Math.min(...ms) / 1000).toFixed(2)} s (of ${ms.map((each) => (each / 1000).toFixed(2)).join(' ')})`
  process.stdout.write(`millrace start to listening: ${seconds(coldStart)}\n`)
  process.stdout.write(`three brokers, create to ACTIVE: ${seconds(createToActive)}\n`)
  process.stdout.write(
    `idle nodes, resident: broker ${idle.brokerRssMb.toFixed(0)} MB, controller ${idle.controllerRssMb.toFixed(0)} MB\n`,
  )
  process.stdout.write(`best of ${rounds}; MB per CPU-second of the serving processes\n\n`)
  for (const row of rows) {
    process.stdout.write(`${row.name}\n`)
    for (const name of ['millrace', 'apacheKafka', 'cFloor'] as const) {
      const cell = row[name]
      if (cell === undefined) continue
      const ratio = (of: Measured | undefined): string =>
        of === undefined ? '' : (cell.mbPerCpuSecond / of.mbPerCpuSecond).toFixed(2)
      const against =
        name === 'millrace'
          ? `  ${ratio(row.cFloor) === '' ? '' : `${ratio(row.cFloor)} of the C floor`}${ratio(row.apacheKafka) === '' ? '' : `, ${ratio(row.apacheKafka)} × Apache Kafka`}`
          : ''
      process.stdout.write(
        `  ${name.padEnd(12)} ${cell.mbPerSecond.toFixed(0).padStart(6)} MB/s ${cell.mbPerCpuSecond.toFixed(0).padStart(6)} MB/CPU-s  p50 ${cell.p50Ms.toFixed(2)} p99 ${cell.p99Ms.toFixed(2)} p99.9 ${cell.p999Ms.toFixed(2)} ms  ${cell.rssMb.toFixed(0)} MB${cell.errors > 0 ? `  ${cell.errors} errors` : ''}${against}\n`,
      )
    }
  }
}
