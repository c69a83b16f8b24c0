/**
 * What encryption costs, side by side with the same cluster plain, in turn, best of several rounds:
 * `npm run bench -- at-rest` a cluster under a KMS key beside one without, `npm run bench -- tls` clients by TLS beside
 * clients by plaintext on one cluster. `[--rounds N] [--json FILE]`
 */
import { rmSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { GetBootstrapBrokersCommand, KafkaClient } from '@aws-sdk/client-kafka'
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { AdminClient } from '@millrace/client/admin'
import { createNodeHost } from '@millrace/host/node-host'
import type { LoadOptions } from './load/generator.ts'
import { measure, type Measured } from './measure.ts'
import { createCluster } from './millrace-target.ts'
import { createAndLocate, scratchDirectory, touchMemory } from './targets.ts'

type Variant = 'plain' | 'encrypted'

/** What is measured, and how clients reach it. */
interface Side {
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
const [what = '', ...args] = process.argv.slice(2)
const rounds = args.includes('--rounds') ? Number(args[args.indexOf('--rounds') + 1]) : 3
const jsonFile = args.includes('--json') ? args[args.indexOf('--json') + 1] : undefined
const DURATION_MS = 2_500
/** More than a broker keeps in memory of its own. */
const LOG_BYTES = 512 * 1024 * 1024
const TOUCHED_BYTES = 2 * 1024 * 1024 * 1024

const scratch = scratchDirectory('millrace-bench-')
process.env['TMPDIR'] = scratch
const { startMillrace } = (await import(
  new URL('../dist/bin/library.js', import.meta.url).href
)) as typeof import('../packages/millrace/src/library.ts')
const loadBefore = loadavg()[0] ?? 0
const millrace = await startMillrace()
const rows: ({ name: string } & Partial<Record<Variant, Measured>>)[] = []
let topics = 0
try {
  const sides = what === 'tls' ? await tlsSides() : await atRestSides()
  touchMemory(TOUCHED_BYTES)
  for (const cell of cells) {
    const row: (typeof rows)[number] = { name: cell.name }
    for (let round = 0; round < rounds; round++) {
      for (const variant of ['plain', 'encrypted'] as const) {
        const measured = await measureCell(cell, sides[variant], round)
        const best = row[variant]
        if (best === undefined || measured.mbPerCpuSecond > best.mbPerCpuSecond) row[variant] = measured
      }
    }
    rows.push(row)
    process.stdout.write(`${cell.name}\n`)
    for (const variant of ['plain', 'encrypted'] as const) {
      const { mbPerSecond = 0, mbPerCpuSecond = 0, p99Ms = 0 } = row[variant] ?? {}
      process.stdout.write(
        `  ${variant.padEnd(10)} ${mbPerSecond.toFixed(0).padStart(6)} MB/s ${mbPerCpuSecond.toFixed(0).padStart(6)} MB/CPU-s  p99 ${p99Ms.toFixed(2)} ms\n`,
      )
    }
    process.stdout.write(`  encrypted to plain, by CPU: ${ratio(row).toFixed(2)}\n`)
  }
} finally {
  await millrace.stop()
  rmSync(scratch, { recursive: true, force: true })
}
if (jsonFile !== undefined) {
  const measuredCells = rows.map((row) => ({ ...row, encryptedToPlain: ratio(row) }))
  const about = { loadBefore, loadAfter: loadavg()[0], node: process.version, rounds }
  writeFileSync(jsonFile, `${JSON.stringify({ cells: measuredCells, ...about }, null, 2)}\n`)
}
process.exit(0)

async function atRestSides(): Promise<Readonly<Record<Variant, Side>>> {
  const { KeyMetadata } = await new KMSClient({ ...millrace }).send(new CreateKeyCommand({}))
  const api = new KafkaClient({ ...millrace })
  const plain = await createCluster(api, 'plain')
  const encrypted = await createCluster(api, 'encrypted', undefined, KeyMetadata?.Arn ?? '')
  return { plain: { ...plain, caPem: null }, encrypted: { ...encrypted, caPem: null } }
}

async function tlsSides(): Promise<Readonly<Record<Variant, Side>>> {
  const api = new KafkaClient({ ...millrace })
  const { arn, brokers, bootstrap } = await createCluster(api, 'plain')
  const strings = await api.send(new GetBootstrapBrokersCommand({ ClusterArn: arn }))
  const encrypted = { brokers, bootstrap: strings.BootstrapBrokerStringTls ?? '', caPem: millrace.caPem }
  return { plain: { brokers, bootstrap, caPem: null }, encrypted }
}

/** Of MB per CPU-second. */
function ratio({ plain, encrypted }: Partial<Record<Variant, Measured>>): number {
  return (encrypted?.mbPerCpuSecond ?? 0) / (plain?.mbPerCpuSecond ?? 1)
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
