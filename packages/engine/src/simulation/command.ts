/**
 * The simulator as a command:
 *
 *   npm run simulate -- --seeds N --from SEED   runs N seeds; with --verify each twice, comparing fingerprints
 *   npm run simulate -- --planted               plants one bug after the other; each must be caught
 *   npm run simulate -- --seeds N --sealed      the same on encrypted storage
 *   npm run simulate -- --seeds 1 --from SEED --story   tells what happened, the cluster's own log lines included
 *
 * `--workers N` uses N cores; `--result FILE` keeps what was found. The last line sums up. Exit code 0 when every promise
 * was kept, or every planted bug caught. SIGINT and SIGTERM end a run early: what was run so far is summed up.
 */
import { parseArgs } from 'node:util'
import { runPlanted } from './planted-runs.ts'
import { commitOf, writeResult } from './result-file.ts'
import { runSeeds, type SeedRange, type SeedReport } from './seed-runs.ts'

/** Seeds after which a planted bug counts as not caught. */
const PLANTED_SEEDS = 300
const PROGRESS_MS = 15_000

interface RunSettings extends SeedRange {
  readonly root: string
  /** The bundle that workers run. */
  readonly entry: string
  readonly verify: boolean
  readonly sealed: boolean
  readonly story: boolean
  /** Stop at the first seed that breaks a promise. */
  readonly stopsAtFirst: boolean
  readonly workers: number
  readonly resultFile: string | undefined
}

export async function simulate(root: string, entry: string, args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string' },
      from: { type: 'string', default: '1' },
      workers: { type: 'string', default: '1' },
      result: { type: 'string' },
      verify: { type: 'boolean', default: false },
      sealed: { type: 'boolean', default: false },
      story: { type: 'boolean', default: false },
      planted: { type: 'boolean', default: false },
      only: { type: 'string' },
      'until-broken': { type: 'boolean', default: false },
    },
  })
  const from = wholeNumber('from', values.from, 0)
  const seeds = wholeNumber('seeds', values.seeds ?? String(values.planted ? PLANTED_SEEDS : 100), 1)
  const workers = wholeNumber('workers', values.workers, 1)
  if (values.planted) return plantBugs({ root, from, seeds, only: values.only, workers })
  const { verify, sealed, story } = values
  const settings = { root, entry, from, seeds, verify, sealed, story, resultFile: values.result }
  return run({ ...settings, stopsAtFirst: values['until-broken'], workers: story ? 1 : workers })
}

async function run(settings: RunSettings): Promise<number> {
  const { root, entry, from, seeds, verify, sealed, story, stopsAtFirst, workers, resultFile } = settings
  const startMs = performance.now()
  const commit = resultFile === undefined ? '' : commitOf(root)
  const broken: SeedReport[] = []
  const counts: Record<string, number> = {}
  let done = 0
  let stopped = false
  const stop = (): void => {
    stopped = true
  }
  const keep = (): void => {
    if (resultFile === undefined) return
    const failures = broken.map(({ seed, violations }) => ({ seed, violations }))
    const seconds = Math.round((performance.now() - startMs) / 1000)
    writeResult(resultFile, commit, {
      from,
      seeds: done,
      held: done - broken.length,
      broken: failures,
      seconds,
      workers,
      counts,
    })
  }
  const progress = setInterval(() => {
    print(`… ${done} of ${seeds} seeds, ${broken.length} broken (${secondsSince(startMs)} s)`)
    keep()
  }, PROGRESS_MS)
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  const onReport = (report: SeedReport): void => {
    done++
    for (const [name, count] of Object.entries(report.counts)) counts[name] = (counts[name] ?? 0) + count
    if (report.violations.length === 0) return
    broken.push(report)
    print(describe(report, sealed))
    if (stopsAtFirst) stop()
  }
  try {
    const told = story ? print : null
    await runSeeds({ from, seeds, verify, sealed, story: told, workers, entry, onReport, stopped: () => stopped })
  } finally {
    clearInterval(progress)
  }
  keep()
  const covered = Object.entries(counts).map(([name, count]) => `${count} ${name}`)
  print(`covered: ${covered.join(', ')}`)
  print(
    `${done} seeds from ${from}: ${done - broken.length} held, ${broken.length} broken (${secondsSince(startMs)} s)`,
  )
  return broken.length === 0 && (done === seeds || stopsAtFirst) ? 0 : 1
}

function describe({ seed, virtualMs, events, violations }: SeedReport, sealed: boolean): string {
  return [
    `seed ${seed} broke a promise (${virtualMs.toFixed(0)} ms of virtual time)`,
    ...events.map((event) => `    ${event}`),
    ...violations.map((violation) => `  ✘ ${violation}`),
    `  repeat it: npm run simulate -- --seeds 1 --from ${seed} --story${sealed ? ' --sealed' : ''}`,
  ].join('\n')
}

interface PlantedSettings extends SeedRange {
  readonly root: string
  readonly only: string | undefined
  readonly workers: number
}

async function plantBugs(settings: PlantedSettings): Promise<number> {
  const startMs = performance.now()
  const { bugs, caught } = await runPlanted({ ...settings, print })
  print(`planted: ${caught} of ${bugs} caught (${secondsSince(startMs)} s)`)
  return caught === bugs ? 0 : 1
}

function wholeNumber(name: string, text: string, min: number): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < min)
    throw new Error(`--${name} is a whole number from ${min}, not ${text}`)
  return value
}

function secondsSince(startMs: number): string {
  return ((performance.now() - startMs) / 1000).toFixed(1)
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
