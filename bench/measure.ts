/** Runs the load generator against a target and reads the target's CPU time and memory meanwhile (Linux). */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { LoadOptions, LoadResult } from './load/generator.ts'

/** USER_HZ: the unit of /proc's CPU times. */
const TICKS_PER_SECOND = 100

export interface Measured extends LoadResult {
  readonly mbPerSecond: number
  readonly mbPerCpuSecond: number
  readonly cpuSeconds: number
  readonly rssMb: number
}

/** User and system time of the processes so far, seconds. */
export function cpuSeconds(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    // The name in parentheses may hold spaces.
    const fields = (readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1] ?? '').split(' ')
    return sum + (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
  }, 0)
}

/** Resident memory of the largest of the processes, MB. */
export function rssMb(pids: readonly number[]): number {
  return Math.max(
    ...pids.map((pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024),
  )
}

export function measure(pids: readonly number[], options: LoadOptions): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const program = new URL('load/generator.ts', import.meta.url).pathname
    const child = spawn(
      process.execPath,
      ['--conditions=millrace-source', '--import', 'tsx', program, JSON.stringify(options)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    let before = 0
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line === 'begin') {
        before = cpuSeconds(pids)
        return
      }
      const used = cpuSeconds(pids) - before
      const result = JSON.parse(line) as LoadResult
      const mb = result.bytes / 1e6
      resolve({
        ...result,
        mbPerSecond: mb / result.seconds,
        mbPerCpuSecond: mb / used,
        cpuSeconds: used,
        rssMb: rssMb(pids),
      })
    })
    child.on('exit', (code) => code !== 0 && reject(new Error(`the load generator ended with ${String(code)}`)))
  })
}
