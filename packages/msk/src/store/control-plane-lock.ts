/** One control plane per data directory: the second is refused and told who the first is. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { acquireDirectoryLock, type DirectoryLock } from '@millrace/engine/directory-lock'

const PID_FILE = 'millrace.pid'

/** Another control plane runs on the same data directory. */
export class DataDirectoryInUseError extends Error {
  override readonly name = 'DataDirectoryInUseError'
  /** Of the control plane that holds it; null when it left no pid. */
  readonly pid: number | null

  constructor(dataDir: string, pid: number | null) {
    const holder = pid === null ? 'another process' : `process ${pid}`
    super(`${dataDir} is in use by ${holder}: stop that one first, or choose another --data-dir.`)
    this.pid = pid
  }
}

/** @throws DataDirectoryInUseError */
export function lockDataDirectory(dataDir: string): DirectoryLock {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const pidFile = join(dataDir, PID_FILE)
  const lock = acquireDirectoryLock(dataDir)
  if (lock === null) throw new DataDirectoryInUseError(dataDir, readPid(pidFile))
  writeFileSync(pidFile, `${process.pid}\n`)
  return {
    release: () => {
      rmSync(pidFile, { force: true })
      lock.release()
    },
  }
}

function readPid(path: string): number | null {
  if (!existsSync(path)) return null
  const pid = Number(readFileSync(path, 'utf8').trim())
  return Number.isInteger(pid) && pid > 0 ? pid : null
}
