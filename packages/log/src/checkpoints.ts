/**
 * Kafka's checkpoint text files: line 1 the version (0), line 2 the count of entries, then an entry per line with its
 * fields separated by a space. `recovery-point-offset-checkpoint`, `replication-offset-checkpoint` (high watermarks) and
 * `log-start-offset-checkpoint` hold "topic partition offset"; `leader-epoch-checkpoint` holds "epoch startOffset".
 * Replaced as a whole (`.tmp`, fsync, rename), so a reader sees the old file or the new one.
 */
import type { Disk } from '@millrace/base/host'
import type { EpochEntry } from './leader-epoch-cache.ts'
import { StorageError } from './storage-error.ts'

export const RECOVERY_POINT_CHECKPOINT = 'recovery-point-offset-checkpoint'
export const HIGH_WATERMARK_CHECKPOINT = 'replication-offset-checkpoint'
export const CLEANER_CHECKPOINT = 'cleaner-offset-checkpoint'
export const LOG_START_CHECKPOINT = 'log-start-offset-checkpoint'
export const LEADER_EPOCH_CHECKPOINT = 'leader-epoch-checkpoint'

export interface PartitionOffset {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export function encodeOffsetCheckpoint(entries: readonly PartitionOffset[]): Buffer {
  return encode(entries.map((entry) => `${entry.topic} ${entry.partition} ${entry.offset}`))
}

/** Throws an Error that says what is malformed. */
export function decodeOffsetCheckpoint(content: Uint8Array): PartitionOffset[] {
  return decode(content, 3).map(([topic = '', partition, offset]) => ({
    topic,
    partition: integer(partition),
    offset: integer(offset),
  }))
}

export function encodeEpochCheckpoint(entries: readonly EpochEntry[]): Buffer {
  return encode(entries.map((entry) => `${entry.epoch} ${entry.startOffset}`))
}

/** Throws an Error that says what is malformed. */
export function decodeEpochCheckpoint(content: Uint8Array): EpochEntry[] {
  return decode(content, 2).map(([epoch, startOffset]) => ({
    epoch: integer(epoch),
    startOffset: integer(startOffset),
  }))
}

function encode(lines: readonly string[]): Buffer {
  return Buffer.from(['0', String(lines.length), ...lines].join('\n') + '\n')
}

function decode(content: Uint8Array, fields: number): string[][] {
  const lines = Buffer.from(content.buffer, content.byteOffset, content.length).toString().split('\n')
  if (lines.at(-1) === '') lines.pop()
  const [version, count, ...entries] = lines
  if (version === undefined) return []
  if (version.trim() !== '0') throw new Error(`checkpoint version is ${version}, not 0`)
  if (count === undefined) return []
  if (integer(count) !== entries.length) throw new Error(`checkpoint tells ${count} entries and has ${entries.length}`)
  return entries.map((line) => {
    const parts = line.trim().split(/\s+/)
    if (parts.length !== fields) throw new Error(`checkpoint line is malformed: ${line}`)
    return parts
  })
}

function integer(text: string | undefined): number {
  if (text === undefined || !/^-?\d+$/.test(text.trim())) throw new Error(`checkpoint number is malformed: ${text}`)
  return Number(text)
}

/**
 * One checkpoint file. `write` does not block: bytes, fdatasync and rename happen in the background. While one write is
 * under way only the newest content waits; the callbacks of those it replaces are called with it.
 */
export class CheckpointFile {
  readonly #disk: Disk
  path: string
  #busy = false
  /** Counts writes that block: a background write begun before one must not replace its content. */
  #blockingWrites = 0
  #waiting: { content: Buffer; callbacks: ((error: Error | null) => void)[] } | null = null

  constructor(disk: Disk, path: string) {
    this.#disk = disk
    this.path = path
  }

  /** A write is under way: what it writes is not durable yet. */
  get isBusy(): boolean {
    return this.#busy
  }

  /** Content of the file; null when there is none. */
  read(): Uint8Array | null {
    return this.#disk.exists(this.path) ? this.#disk.readFile(this.path) : null
  }

  /** As write, at once and blocking. What is under way or waiting in the background is older and has no effect. */
  writeNow(content: Buffer): void {
    this.#blockingWrites++
    if (this.#waiting !== null) this.#waiting.content = content
    try {
      this.#disk.writeFileAtomic(this.path, content, { sync: true })
    } catch (error) {
      throw new StorageError('write', this.path, error)
    }
  }

  write(content: Buffer, callback: (error: Error | null) => void): void {
    if (this.#busy) {
      const callbacks = this.#waiting?.callbacks ?? []
      callbacks.push(callback)
      this.#waiting = { content, callbacks }
      return
    }
    this.#busy = true
    const blockingWrites = this.#blockingWrites
    writeAtomicInBackground(
      this.#disk,
      this.path,
      content,
      () => blockingWrites === this.#blockingWrites,
      (error) => {
        this.#busy = false
        const waiting = this.#waiting
        this.#waiting = null
        if (waiting !== null) {
          this.write(waiting.content, (laterError) => {
            for (const waiter of waiting.callbacks) waiter(laterError)
          })
        }
        callback(error)
      },
    )
  }
}

/**
 * As Disk.writeFileAtomic with sync, off the loop: only open, close and rename happen on it. The rename is left out, and
 * success told, when `isWanted` no longer holds.
 */
export function writeAtomicInBackground(
  disk: Disk,
  path: string,
  content: Buffer,
  isWanted: () => boolean,
  callback: (error: Error | null) => void,
): void {
  const temporary = `${path}.new.tmp`
  let file: number
  try {
    file = disk.open(temporary, 'w+')
  } catch (error) {
    callback(new StorageError('open', temporary, error))
    return
  }
  disk.writev(file, [content], 0, (writeError, written) => {
    if (writeError !== null || written !== content.length) {
      disk.close(file)
      callback(new StorageError('write', temporary, writeError ?? 'SHORT_WRITE'))
      return
    }
    disk.dataSync(file, (syncError) => {
      disk.close(file)
      if (syncError !== null) {
        callback(new StorageError('fdatasync', temporary, syncError))
        return
      }
      let failure: Error | null = null
      try {
        if (isWanted()) disk.rename(temporary, path)
        else disk.removeFile(temporary)
      } catch (error) {
        failure = new StorageError('rename', temporary, error)
      }
      callback(failure)
    })
  })
}
