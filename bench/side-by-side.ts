/**
 * Two clusters side by side, in turn, best of several rounds: `npm run bench -- at-rest` one without a KMS key and one under a
 * key, `npm run bench -- tls` clients by plaintext and by TLS on one cluster, `npm run bench -- against COMMIT` what was built
 * of that commit and what is here. `[--rounds N] [--json FILE]`
 */
import { rmSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { pathToFileURL } from 'node:url'
import { GetBootstrapBrokersCommand, KafkaClient } from '@aws-sdk/client-kafka'
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { AdminClient } from '@millrace/client/admin'
import { createNodeHost } from '@millrace/host/node-host'
import type { LoadOptions } from './load/generator.ts'
import { measure, type Measured } from './measure.ts'
import { createCluster } from './millrace-target.ts'
import { createAndLocate, scratchDirectory, touchMemory } from './targets.ts'

/** What is measured, and how clients reach it. */
interface Side {
  readonly label: string
  readonly brokers: readonly number[]
  readonly bootstrap: string
  readonly caPem: string | null
}

interface Cell {
  readonly name: string
  readonly kind: 'produce' | 'consume'
  readonly batchBytes: number
  readonly partitions: number
  readonly connections: number
  readonly replicationFactor: 1 | 3
}

const base = { partitions: 8, connections: 8, replicationFactor: 1 } as const
const cells: readonly Cell[] = [
  { ...base, name: 'produce 64 KiB batches, acks=1', kind: 'produce', batchBytes: 65_536 },
  { ...base, name: 'produce 1 KiB requests, acks=1', kind: 'produce', batchBytes: 1_100 },
  {
    ...base,
    name: 'produce 64 KiB batches, three replicas, acks=all',
    kind: 'produce',
    batchBytes: 65_536,
    replicationFactor: 3,
  },
  { ...base, name: 'consume 64 KiB batches from files', kind: 'consume', batchBytes: 65_536 },
]
type Library = typeof import('../packages/millrace/src/library.ts')
type Millrace = Awaited<ReturnType<Library['startMillrace']>>

/** What is built here. */
const HERE = new URL('../dist/bin/', import.meta.url)
const [what = '', ...args] = process.argv.slice(2)
const rounds = args.includes('--rounds') ? Number(args[args.indexOf('--rounds') + 1]) : 3
const jsonFile = args.includes('--json') ? args[args.indexOf('--json') + 1] : undefined
const DURATION_MS = 2_500
/** More than a broker keeps in memory of its own. */
const LOG_BYTES = 512 * 1024 * 1024
const TOUCHED_BYTES = 2 * 1024 * 1024 * 1024

const scratch = scratchDirectory('millrace-bench-')
process.env['TMPDIR'] = scratch
const loadBefore = loadavg()[0] ?? 0
const started: Millrace[] = []
const rows: { readonly name: string; readonly best: Record<string, Measured>; readonly ratio: number }[] = []
let topics = 0
try {
  const sides = await sidesOf(what)
  const [one, other] = sides.map(({ label }) => label) as [string, string]
  touchMemory(TOUCHED_BYTES)
  for (const cell of cells) {
    const best: Record<string, Measured> = {}
    for (let round = 0; round < rounds; round++) {
      for (const side of sides) {
        const measured = await measureCell(cell, side, round)
        if (measured.mbPerCpuSecond > (best[side.label]?.mbPerCpuSecond ?? 0)) best[side.label] = measured
      }
    }
    const ratio = (best[other]?.mbPerCpuSecond ?? 0) / (best[one]?.mbPerCpuSecond ?? 1)
    rows.push({ name: cell.name, best, ratio })
    process.stdout.write(`${cell.name}\n`)
    for (const [label, { mbPerSecond, mbPerCpuSecond, p99Ms }] of Object.entries(best)) {
      process.stdout.write(
        `  ${label.padEnd(10)} ${mbPerSecond.toFixed(0).padStart(6)} MB/s ${mbPerCpuSecond.toFixed(0).padStart(6)} MB/CPU-s  p99 ${p99Ms.toFixed(2)} ms\n`,
      )
    }
    process.stdout.write(`  ${other} to ${one}, by CPU: ${ratio.toFixed(2)}\n`)
  }
} finally {
  for (const millrace of started) await millrace.stop()
  rmSync(scratch, { recursive: true, force: true })
}
if (jsonFile !== undefined) {
  const about = { loadBefore, loadAfter: loadavg()[0], node: process.version, rounds }
  writeFileSync(jsonFile, `${JSON.stringify({ cells: rows, ...about }, null, 2)}\n`)
}
process.exit(0)

/** Starts what is built at `built`, a directory like `dist/bin`. */
async function start(built: URL): Promise<Millrace> {
  const library = (await import(new URL('library.js', built).href)) as Library
  const millrace = await library.startMillrace()
  started.push(millrace)
  return millrace
}

function sidesOf(name: string): Promise<readonly [Side, Side]> {
  if (name === 'against') return againstSides(args[0] ?? '')
  return name === 'tls' ? tlsSides() : atRestSides()
}

/** @param directory where the other commit stands, built */
async function againstSides(directory: string): Promise<readonly [Side, Side]> {
  const old = new KafkaClient({ ...(await start(pathToFileURL(`${directory}/dist/bin/`))) })
  const plain = { label: 'old', caPem: null, ...(await createCluster(old, 'old')) }
  const api = new KafkaClient({ ...(await start(HERE)) })
  return [plain, { label: 'new', caPem: null, ...(await createCluster(api, 'new')) }]
}

async function atRestSides(): Promise<readonly [Side, Side]> {
  const millrace = await start(HERE)
  const { KeyMetadata } = await new KMSClient({ ...millrace }).send(new CreateKeyCommand({}))
  const api = new KafkaClient({ ...millrace })
  const plain = await createCluster(api, 'plain')
  const encrypted = await createCluster(api, 'encrypted', undefined, KeyMetadata?.Arn ?? '')
  return [
    { label: 'plain', caPem: null, ...plain },
    { label: 'encrypted', caPem: null, ...encrypted },
  ]
}

async function tlsSides(): Promise<readonly [Side, Side]> {
  const millrace = await start(HERE)
  const api = new KafkaClient({ ...millrace })
  const cluster = await createCluster(api, 'plain')
  const strings = await api.send(new GetBootstrapBrokersCommand({ ClusterArn: cluster.arn }))
  const bootstrap = strings.BootstrapBrokerStringTls ?? ''
  return [
    { label: 'plain', caPem: null, ...cluster },
    { label: 'encrypted', ...cluster, bootstrap, caPem: millrace.caPem },
  ]
}

async function measureCell(cell: Cell, side: Side, round: number): Promise<Measured> {
  const tls = side.caPem === null ? {} : { tls: { caPem: side.caPem } }
  const admin = new AdminClient({ host: createNodeHost(), bootstrap: side.bootstrap, clientId: 'bench', ...tls })
  const topic = `bench-${++topics}`
  try {
    const { partitions, replicationFactor } = cell
    const leaders = await createAndLocate(admin, { name: topic, partitions, replicationFactor, checksRecords: true })
    const produce: LoadOptions = {
      kind: 'produce',
      pids: side.brokers,
      ...(side.caPem === null ? {} : { caPem: side.caPem }),
      topic,
      leaders,
      connections: cell.connections,
      inFlight: 5,
      batchBytes: cell.batchBytes,
      recordBytes: 1024,
      acks: replicationFactor === 3 ? -1 : 1,
      // Compilers that work while the program runs get their time before the first round.
      warmUpMs: round === 0 ? 3_000 : 500,
      durationMs: DURATION_MS,
    }
    if (cell.kind === 'produce') return await measure(produce)
    await measure({ ...produce, requestsEach: Math.ceil(LOG_BYTES / cell.batchBytes / cell.connections) })
    return await measure({ ...produce, kind: 'consume', inFlight: 1 })
  } finally {
    await admin.deleteTopics([topic])
    admin.close()
  }
}
