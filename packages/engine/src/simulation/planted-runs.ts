/**
 * Proof that the simulator finds bugs: the same program is bundled with one bug after the other, and each must break a
 * promise within so many seeds. Several bugs are looked for at once, each in a process of its own.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { bundleWithBug, type PlantedBug } from '@millrace/testkit/planted-bug'
import { plantedBugs } from './planted-bugs.ts'
import type { SeedRange } from './seed-runs.ts'

const ENTRY = 'packages/engine/src/simulation/simulate-main.ts'

export interface PlantedRun extends SeedRange {
  readonly root: string
  /** One bug by its name; all unless given. */
  readonly only: string | undefined
  readonly workers: number
  readonly print: (line: string) => void
}

/** How many bugs were looked for and how many were found. */
export async function runPlanted(run: PlantedRun): Promise<{ readonly bugs: number; readonly caught: number }> {
  const { only, print, workers } = run
  const bugs = plantedBugs.filter(({ name }) => only === undefined || name === only)
  if (bugs.length === 0)
    throw new Error(`there is no planted bug ${only}; there are ${plantedBugs.map(({ name }) => name).join(', ')}`)
  const left = [...bugs]
  let caught = 0
  const lookForBugs = async (): Promise<void> => {
    for (let bug = left.shift(); bug !== undefined; bug = left.shift()) {
      const found = await findBug(run, bug)
      if (found !== null) caught++
      print(`${found === null ? '✘ not caught' : '✔ caught'} ${bug.name}: ${bug.what}`)
      if (found !== null) print(`    ${found}`)
    }
  }
  await Promise.all(Array.from({ length: workers }, lookForBugs))
  return { bugs: bugs.length, caught }
}

/** How the bug showed; null when it did not. */
async function findBug({ root, from, seeds }: PlantedRun, bug: PlantedBug): Promise<string | null> {
  const outfile = join(root, 'node_modules', '.cache', 'millrace', `simulate-${bug.name}.mjs`)
  await bundleWithBug({ root, entry: ENTRY, outfile, bug })
  const args = [...process.execArgv, outfile, root, '--seeds', String(seeds), '--from', String(from), '--until-broken']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const words = { out: '', err: '' }
  child.stdout.on('data', (chunk: Buffer) => (words.out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (words.err += chunk.toString()))
  const status = await new Promise((resolve) => child.once('close', resolve))
  if (status === 0) return null
  const lines = words.out.split('\n')
  const seed = lines.find((line) => line.startsWith('seed '))?.split(' ')[1]
  const violation = lines.find((line) => line.startsWith('  ✘ '))?.slice(4)
  if (seed === undefined || violation === undefined)
    throw new Error(`planted bug ${bug.name}: ${words.err || words.out}`)
  return `seed ${seed}: ${violation}`
}
