/** What a run of the simulator found, as a file that is kept: which code, when, which seeds, what broke. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'

export interface SimulationResult {
  readonly from: number
  readonly seeds: number
  readonly held: number
  readonly broken: readonly { readonly seed: number; readonly violations: readonly string[] }[]
  readonly seconds: number
  readonly workers: number
  readonly counts: Readonly<Record<string, number>>
}

/** The commit of the working tree at `root`; with changes that are not committed it says so. */
export function commitOf(root: string): string {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no', '--', 'packages') !== ''
    return `${git('rev-parse', '--short', 'HEAD')}${changed ? ' with changes' : ''}`
  } catch {
    return 'unknown'
  }
}

export function writeResult(path: string, commit: string, result: SimulationResult): void {
  const content = {
    commit,
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    loadAverage: Number(loadavg()[0]?.toFixed(2)),
    ...result,
  }
  writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`)
}
