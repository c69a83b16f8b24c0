/** What a process holds, as the kernel counts it. Linux only. */
import { readFileSync, readdirSync } from 'node:fs'

/** Resident memory, in bytes. */
export function residentBytes(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  if (match === null) throw new Error(`process ${pid} tells no VmRSS`)
  return Number(match[1]) * 1024
}

/** Open file descriptors. */
export function descriptorCount(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

/** The smallest of several looks at the resident memory, 200 ms apart: what the process keeps, not what it just freed. */
export async function settledResidentBytes(pid: number, looks = 10): Promise<number> {
  let least = Infinity
  for (let look = 0; look < looks; look++) {
    least = Math.min(least, residentBytes(pid))
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  return least
}
