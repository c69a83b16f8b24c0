/**
 * npm run bench: produce and consume against Millrace, beside Apache Kafka (where Java is) and the C floor (where a
 * compiler is) in the same run, interleaved, best of several rounds. Compare ratios, not absolute numbers: machines are
 * shared and noisy. `--quick` measures less and shorter, `--json FILE` writes the cells.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { measure, rssMb, type Measured } from './measure.ts'
import type { LoadOptions } from './load/generator.ts'
import { startApacheKafka, startCFloor, startMillraceTarget, type Target } from './targets.ts'

interface Cell {
  readonly name: string
  readonly kind: 'produce' | 'consume'
  readonly batchBytes: number
  readonly recordBytes: number
  readonly connections: number
  readonly acks: number
  readonly partitions: number
  readonly replicationFactor: number
  /** Requests per second; absent: as many as possible. */
  readonly ratePerSecond?: number
  readonly quick: boolean
  /** The C floor knows no replication. */
  readonly floor: boolean
}

const base = { recordBytes: 1024, connections: 8, acks: 1, partitions: 8, replicationFactor: 1, floor: true }
const cells: readonly Cell[] = [
  { ...base, name: 'produce 64 KiB batches, acks=1', kind: 'produce', batchBytes: 65_536, quick: true },
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
    floor: false,
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
const rounds = quick ? 1 : 5
const durationMs = quick ? 2_000 : 4_000

const say = (text: string): void => void process.stderr.write(`${text}\n`)
const loadBefore = loadavg()[0] ?? 0
say(`load average ${loadBefore.toFixed(2)}${loadBefore > 2 ? ': this machine is busy, expect noise' : ''}`)

const targets: Target[] = [await startMillraceTarget(3)]
const idleRssMb = rssMb(targets[0]?.pids ?? [])
const floor = await startCFloor()
if (floor === null) say('no C compiler here: no C floor')
else targets.push(floor)
const kafka = await apacheKafka()
if (kafka !== null) targets.push(kafka)

const rows: Row[] = []
let topics = 0
try {
  for (const cell of cells) {
    if (quick && !cell.quick) continue
    const row: Row = { name: cell.name }
    for (let round = 0; round < rounds; round++) {
      for (const target of targets) {
        if (target.name === 'cFloor' && !cell.floor) continue
        // One node of Apache Kafka cannot keep three replicas.
        if (target.name === 'apacheKafka' && cell.replicationFactor > 1) continue
        say(`${cell.name}: ${target.name}, round ${round + 1} of ${rounds}`)
        const measured = await measureCell(cell, target)
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
if (jsonFile !== undefined)
  writeFileSync(jsonFile, `${JSON.stringify({ cells: rows, idleRssMb, loadBefore, node: process.version }, null, 2)}\n`)
process.exit(0)

async function measureCell(cell: Cell, target: Target): Promise<Measured> {
  const topic = `bench-${++topics}`
  const leaders = await target.topic({
    name: topic,
    partitions: cell.partitions,
    replicationFactor: cell.replicationFactor,
  })
  const produce: LoadOptions = {
    kind: 'produce',
    topic,
    leaders,
    connections: cell.connections,
    inFlight: 5,
    batchBytes: cell.batchBytes,
    recordBytes: cell.recordBytes,
    acks: cell.acks,
    warmUpMs: 500,
    durationMs: cell.kind === 'produce' ? durationMs : 1_000,
    ...(cell.ratePerSecond === undefined ? {} : { ratePerSecond: cell.ratePerSecond }),
  }
  const produced = await measure(target.pids, produce)
  if (cell.kind === 'produce') return produced
  return measure(target.pids, { ...produce, kind: 'consume', inFlight: 1, durationMs })
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
  process.stdout.write(
    `best of ${rounds}; MB per CPU-second of the serving processes; idle broker ${idleRssMb.toFixed(0)} MB resident\n\n`,
  )
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
