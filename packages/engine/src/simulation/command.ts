/**
 * The simulator as a command:
 *
 *   npm run simulate -- --seeds N --from SEED   runs N seeds; with --verify each twice, comparing fingerprints
 *   npm run simulate -- --planted               plants one bug after the other; each must be caught
 *   npm run simulate -- --seeds 1 --from SEED --story   tells what happened, the cluster's own log lines included
 *
 * The last line sums up. Exit code 0 when every promise was kept, or every planted bug caught.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bundleWithBug, type PlantedBug } from '@millrace/testkit/planted-bug'
import { plantedBugs } from './planted-bugs.ts'
import { runSeed, type Outcome } from './simulated-run.ts'
import { storyLogger } from './story-logger.ts'

/** Seeds after which a planted bug counts as not caught. */
const PLANTED_SEEDS = 120

interface Range {
  readonly from: number
  readonly seeds: number
}

interface RunSettings extends Range {
  readonly verify: boolean
  readonly story: boolean
  /** Stop at the first seed that breaks a promise. */
  readonly stopsAtFirst: boolean
}

export async function simulate(root: string, args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string' },
      from: { type: 'string', default: '1' },
      verify: { type: 'boolean', default: false },
      story: { type: 'boolean', default: false },
      planted: { type: 'boolean', default: false },
      only: { type: 'string' },
      'until-broken': { type: 'boolean', default: false },
    },
  })
  const from = wholeNumber('from', values.from, 0)
  const seeds = wholeNumber('seeds', values.seeds ?? String(values.planted ? PLANTED_SEEDS : 100), 1)
  if (values.planted) return runPlanted(root, { from, seeds }, values.only)
  const { verify, story } = values
  return runSeeds({ from, seeds, verify, story, stopsAtFirst: values['until-broken'] })
}

function runSeeds({ from, seeds, verify, story, stopsAtFirst }: RunSettings): number {
  const startMs = performance.now()
  let run = 0
  let broken = 0
  for (let seed = from; seed < from + seeds; seed++) {
    const outcome = runSeed(seed, story ? storyLogger(print) : undefined)
    const violations = [...outcome.violations]
    if (verify) {
      const { fingerprint } = runSeed(seed)
      if (fingerprint !== outcome.fingerprint)
        violations.push(`the second run was another one: ${outcome.fingerprint}, then ${fingerprint}`)
    }
    run++
    if (violations.length === 0) continue
    broken++
    print(describe(outcome, violations))
    if (stopsAtFirst) break
  }
  print(`${run} seeds from ${from}: ${run - broken} held, ${broken} broken (${secondsSince(startMs)} s)`)
  return broken === 0 ? 0 : 1
}

function describe(outcome: Outcome, violations: readonly string[]): string {
  const { seed, virtualMs, events } = outcome
  return [
    `seed ${seed} broke a promise (${virtualMs.toFixed(0)} ms of virtual time)`,
    ...events.map((event) => `    ${event}`),
    ...violations.map((violation) => `  ✘ ${violation}`),
    `  repeat it: npm run simulate -- --seeds 1 --from ${seed} --story`,
  ].join('\n')
}

/** Each bug in a process of its own: the bundle with the bug in it runs seeds until a promise is broken. */
async function runPlanted(root: string, range: Range, only: string | undefined): Promise<number> {
  const startMs = performance.now()
  const bugs = plantedBugs.filter(({ name }) => only === undefined || name === only)
  if (bugs.length === 0)
    throw new Error(`there is no planted bug ${only}; there are ${plantedBugs.map(({ name }) => name).join(', ')}`)
  let caught = 0
  for (const bug of bugs) {
    const found = await findBug(root, bug, range)
    if (found !== null) caught++
    print(
      `${found === null ? '✘ not caught' : '✔ caught'} ${bug.name}: ${bug.what}${found === null ? '' : `\n    ${found}`}`,
    )
  }
  print(`planted: ${caught} of ${bugs.length} caught (${secondsSince(startMs)} s)`)
  return caught === bugs.length ? 0 : 1
}

/** How the bug showed; null when it did not. */
async function findBug(root: string, bug: PlantedBug, { from, seeds }: Range): Promise<string | null> {
  const outfile = join(root, 'node_modules', '.cache', 'millrace', `simulate-${bug.name}.mjs`)
  await bundleWithBug({ root, entry: 'packages/engine/src/simulation/simulate-main.ts', outfile, bug })
  const args = [outfile, root, '--seeds', String(seeds), '--from', String(from), '--until-broken']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  if (status === 0) return null
  const lines = stdout.split('\n')
  const seed = lines.find((line) => line.startsWith('seed '))?.split(' ')[1]
  const violation = lines.find((line) => line.startsWith('  ✘ '))?.slice(4)
  if (seed === undefined || violation === undefined) throw new Error(`planted bug ${bug.name}: ${stderr || stdout}`)
  return `seed ${seed}: ${violation}`
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
