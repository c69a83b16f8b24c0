/** Sees to it that a test run that is killed leaves no process and no data directory behind (reaper.mjs). */
import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('./reaper.mjs', import.meta.url))
/** One per process of the run; it ends when this process has. */
const running: { reaper: ChildProcess | null } = { reaper: null }

/** From now on what works in `directory` ends with this process; only for directories that a test has made for itself. */
export function reapWithThisProcess(directory: string): void {
  tell(directory)
}

/** The directory is gone, or its user wants to keep what works in it. */
export function forgetReaping(directory: string): void {
  tell(`-${directory}`)
}

function tell(line: string): void {
  if (process.platform !== 'linux') return
  if (running.reaper === null) {
    const reaper = spawn(process.execPath, [program], { stdio: ['pipe', 'ignore', 'inherit'], detached: true })
    reaper.stdin?.on('error', () => {})
    // Neither keeps the run alive.
    reaper.unref()
    ;(reaper.stdin as unknown as { unref?: () => void } | null)?.unref?.()
    running.reaper = reaper
  }
  running.reaper.stdin?.write(`${line}\n`)
}
