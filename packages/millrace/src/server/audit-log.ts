/**
 * One line of JSON for every API call, in the data directory: `audit/audit.jsonl`, begun anew when it is full; the older files
 * carry the time of their last line. Sensitive members are hidden before a call gets here (aws/redact.ts). Lines are written
 * one after the other; a call does not wait for its line.
 */
import { appendFile, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ApiCallEvent } from '@millrace/aws/audit'
import type { Logger } from '@millrace/base/logger'

export interface AuditLogOptions {
  /** Made if missing. */
  readonly directory: string
  readonly logger: Logger
  readonly fileBytesMax?: number
  /** Of old files; the oldest goes. */
  readonly filesMax?: number
}

export interface AuditQuery {
  /** The newest so many. */
  readonly limit: number
  readonly sinceMs: number
  /** Only of calls that were refused. */
  readonly refused: boolean
  /** Only of this principal, by ARN or the name at its end; '' is all. */
  readonly principal: string
}

const FILE = 'audit.jsonl'
const FILE_BYTES_MAX = 16 * 1024 * 1024
const FILES_MAX = 8
/** Lines that may wait for a slow disk; what comes beyond is counted in the log, not kept. */
const WAITING_MAX = 10_000

export class AuditLog {
  readonly #options: AuditLogOptions
  #waiting: string[] = []
  #writing: Promise<void> = Promise.resolve()
  #bytes: number | null = null
  #lost = 0

  constructor(options: AuditLogOptions) {
    this.#options = options
  }

  /** Returns at once. */
  append(event: ApiCallEvent): void {
    if (this.#waiting.length >= WAITING_MAX) {
      this.#lost++
      return
    }
    this.#waiting.push(`${JSON.stringify({ time: new Date(event.timeMs).toISOString(), ...event })}\n`)
    if (this.#waiting.length === 1) this.#writing = this.#writing.then(() => this.#write())
  }

  /** Resolves when all that was appended is written. */
  async flush(): Promise<void> {
    await this.#writing
  }

  /** Oldest first. */
  async read(query: AuditQuery): Promise<readonly ApiCallEvent[]> {
    await this.flush()
    const found: ApiCallEvent[] = []
    const old = await this.#oldFiles()
    for (const name of [FILE, ...old.toReversed()]) {
      const text = await readFile(join(this.#options.directory, name), 'utf8').catch(() => '')
      for (const line of text.trimEnd().split('\n').toReversed()) {
        const event = parsed(line)
        if (event === null) continue
        if (event.timeMs < query.sinceMs) return found.toReversed()
        if (fits(event, query)) found.push(event)
        if (found.length >= query.limit) return found.toReversed()
      }
    }
    return found.toReversed()
  }

  /** Never rejects. */
  async #write(): Promise<void> {
    const { directory, logger, fileBytesMax = FILE_BYTES_MAX } = this.#options
    const text = this.#waiting.join('')
    this.#waiting = []
    try {
      const path = join(directory, FILE)
      if (this.#bytes === null) {
        await mkdir(directory, { recursive: true, mode: 0o700 })
        this.#bytes = await stat(path).then(
          ({ size }) => size,
          () => 0,
        )
      }
      if (this.#bytes >= fileBytesMax) await this.#beginAnew(path)
      await appendFile(path, text, { mode: 0o600 })
      this.#bytes += Buffer.byteLength(text)
      if (this.#lost > 0) logger.warn('API calls that the audit log has not', { count: this.#lost })
      this.#lost = 0
    } catch (error) {
      logger.error('the audit log cannot be written', { error })
    }
  }

  async #beginAnew(path: string): Promise<void> {
    const { directory, filesMax = FILES_MAX } = this.#options
    const at = new Date().toISOString().replaceAll(':', '-')
    await rename(path, join(directory, `audit-${at}.jsonl`))
    this.#bytes = 0
    const old = await this.#oldFiles()
    for (const name of old.slice(0, Math.max(0, old.length - filesMax)))
      await rm(join(directory, name), { force: true })
  }

  /** Oldest first. */
  async #oldFiles(): Promise<readonly string[]> {
    const names = await readdir(this.#options.directory).catch(() => [])
    return names.filter((name) => /^audit-.*\.jsonl$/.test(name)).toSorted()
  }
}

/** Null: a line that a crash cut off. */
function parsed(line: string): ApiCallEvent | null {
  try {
    return JSON.parse(line) as ApiCallEvent
  } catch {
    return null
  }
}

function fits(event: ApiCallEvent, { refused, principal }: AuditQuery): boolean {
  const arn = event.principal?.arn ?? ''
  return (!refused || event.status >= 400) && (principal === '' || arn === principal || arn.endsWith(`/${principal}`))
}
