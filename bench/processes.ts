/** What the system knows of processes: CPU time, memory, children (Linux). */
import { readFileSync } from 'node:fs'

/** USER_HZ: the unit of /proc's CPU times. */
const TICKS_PER_SECOND = 100

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

/** Children of a process whose command line begins with `title`. */
export function childrenOf(pid: number, title: string): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter((text) => text !== '')
    .map(Number)
    .filter((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').startsWith(title))
}
