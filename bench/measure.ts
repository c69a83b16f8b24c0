/** Runs the load generator against a target, and makes of its result what is compared. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { LoadOptions, LoadResult } from './load/generator.ts'
import { rssMb } from './processes.ts'

export interface Measured extends LoadResult {
  readonly mbPerSecond: number
  readonly mbPerCpuSecond: number
  readonly rssMb: number
}

export function measure(options: LoadOptions): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const program = new URL('load/generator.ts', import.meta.url).pathname
    const child = spawn(
      process.execPath,
      ['--conditions=millrace-source', '--import', 'tsx', program, JSON.stringify(options)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    createInterface({ input: child.stdout }).on('line', (line) => {
      const result = JSON.parse(line) as LoadResult
      const mb = result.bytes / 1e6
      resolve({
        ...result,
        mbPerSecond: mb / result.seconds,
        mbPerCpuSecond: mb / result.cpuSeconds,
        rssMb: rssMb(options.pids),
      })
    })
    child.on('exit', (code) => code !== 0 && reject(new Error(`the load generator ended with ${String(code)}`)))
  })
}
