/**
 * A log file that stays small: beyond `bytesMax` it becomes `<path>.1`, the older ones move on, the oldest goes. Lines
 * are written at once and whole, so that a crash loses none; that, and that a rename needs no room, is why this is not
 * one of the libraries, which write in the background.
 *
 * On a full volume lines are dropped, and the next one that fits is preceded by how many: a node must not end because it
 * cannot say what it does.
 */
import * as fs from 'node:fs'
import { dirname } from 'node:path'

export interface RotatingFileOptions {
  readonly path: string
  /** Size from which on the file is put aside; 10 MiB unless given. */
  readonly bytesMax?: number
  /** Older files kept; 4 unless given. */
  readonly keep?: number
}

const BYTES_MAX = 10 * 1024 * 1024
const KEEP = 4

export class RotatingFile {
  readonly #path: string
  readonly #bytesMax: number
  readonly #keep: number
  #file: number
  #sizeBytes: number
  #dropped = 0
  #reason = ''

  /** Opens or creates the file; what it holds stays. Throws the file system's error. */
  constructor(options: RotatingFileOptions) {
    this.#path = options.path
    this.#bytesMax = options.bytesMax ?? BYTES_MAX
    this.#keep = options.keep ?? KEEP
    fs.mkdirSync(dirname(options.path), { recursive: true })
    this.#file = fs.openSync(options.path, 'a')
    this.#sizeBytes = fs.fstatSync(this.#file).size
  }

  /** Lines that did not find their way into the file and are not told of yet. */
  get droppedLines(): number {
    return this.#dropped
  }

  /** Writes a line, its end included. Never throws. */
  write(line: string): void {
    try {
      if (this.#sizeBytes > 0 && this.#sizeBytes + line.length > this.#bytesMax) this.#rotate()
      if (this.#dropped > 0) this.#put(this.#lossNotice())
      this.#dropped = 0
      this.#put(line)
    } catch (error) {
      this.#dropped++
      this.#reason = (error as NodeJS.ErrnoException).code ?? String(error)
    }
  }

  close(): void {
    fs.closeSync(this.#file)
  }

  #put(line: string): void {
    const bytes = Buffer.from(line)
    let written = 0
    try {
      while (written < bytes.length) written += fs.writeSync(this.#file, bytes, written)
      this.#sizeBytes += written
    } catch (error) {
      // Half a line would spoil the next one.
      if (written > 0) fs.ftruncateSync(this.#file, this.#sizeBytes)
      throw error
    }
  }

  #lossNotice(): string {
    const time = new Date().toISOString()
    const message = `${this.#dropped} log lines could not be written`
    return `${JSON.stringify({ level: 'warn', time, pid: process.pid, reason: this.#reason, message })}\n`
  }

  #rotate(): void {
    fs.rmSync(this.#older(this.#keep), { force: true })
    for (let number = this.#keep - 1; number > 0; number--) this.#move(this.#older(number), this.#older(number + 1))
    if (this.#keep > 0) this.#move(this.#path, this.#older(1))
    else fs.rmSync(this.#path, { force: true })
    const file = fs.openSync(this.#path, 'a')
    fs.closeSync(this.#file)
    this.#file = file
    this.#sizeBytes = 0
  }

  #older(number: number): string {
    return `${this.#path}.${number}`
  }

  #move(from: string, to: string): void {
    if (fs.existsSync(from)) fs.renameSync(from, to)
  }
}
