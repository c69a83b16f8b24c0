/** Who listens on a TCP port of this machine, where the system tells it (Linux, own processes; all for root). */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs'

const LISTEN = '0A'

/** `name (pid 123)`, or null when it cannot be known. */
export function portOwner(port: number): string | null {
  try {
    const inodes = listeningInodes(port)
    if (inodes.size === 0) return null
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      if (holds(pid, inodes)) return `${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()} (pid ${pid})`
    }
  } catch {
    // Not Linux, or /proc is closed to us.
  }
  return null
}

function listeningInodes(port: number): Set<string> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const inodes = new Set<string>()
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readFileSync(file, 'utf8').split('\n').slice(1)) {
      const columns = line.trim().split(/\s+/)
      if (columns[1]?.endsWith(suffix) === true && columns[3] === LISTEN) inodes.add(`socket:[${columns[9] ?? ''}]`)
    }
  }
  return inodes
}

function holds(pid: string, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((descriptor) => {
      try {
        return inodes.has(readlinkSync(`/proc/${pid}/fd/${descriptor}`))
      } catch {
        return false
      }
    })
  } catch {
    return false
  }
}
