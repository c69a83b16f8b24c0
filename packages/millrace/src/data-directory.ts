/**
 * What stands in the data directory besides clusters and state: `server.json`, by which `env`, `status` and `stop` find
 * a running Millrace, and `token` (mode 0600), which proves to it that they may ask.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { randomBytes } from 'node:crypto'

export interface ServerRecord {
  readonly pid: number
  /** `http://host:port` */
  readonly endpoint: string
  readonly version: string
  readonly startedAt: string
  readonly region: string
}

/** `--data-dir`, else MILLRACE_DATA_DIR, else ~/.millrace; absolute. */
export function dataDirectory(option: string | undefined): string {
  return resolve(option ?? process.env['MILLRACE_DATA_DIR'] ?? join(homedir(), '.millrace'))
}

export function writeServerRecord(directory: string, record: ServerRecord): void {
  const path = join(directory, 'server.json')
  writeFileSync(`${path}.tmp`, `${JSON.stringify(record)}\n`)
  renameSync(`${path}.tmp`, path)
}

export function removeServerRecord(directory: string): void {
  rmSync(join(directory, 'server.json'), { force: true })
}

/** The record of a Millrace that runs for this directory; null when none does. */
export function runningServer(directory: string): ServerRecord | null {
  const path = join(directory, 'server.json')
  if (!existsSync(path)) return null
  const record = JSON.parse(readFileSync(path, 'utf8')) as ServerRecord
  try {
    process.kill(record.pid, 0)
    return record
  } catch (error) {
    // EPERM: it runs, under another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? record : null
  }
}

/** The token of this directory, made at first use; readable by its owner only. */
export function internalToken(directory: string): string {
  const path = join(directory, 'token')
  if (!existsSync(path)) {
    mkdirSync(directory, { recursive: true })
    writeFileSync(path, randomBytes(32).toString('base64url'), { mode: 0o600 })
  }
  chmodSync(path, 0o600)
  return readFileSync(path, 'utf8').trim()
}
