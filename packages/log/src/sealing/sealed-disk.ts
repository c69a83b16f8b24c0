/**
 * SealedDisk: a Disk whose files are sealed, over another Disk that holds them (extent.ts has the format). Positions and
 * sizes are those of the content; whoever uses it cannot tell it from a plain one but by its errors: what was torn or
 * changed at rest is not read as something else, it throws BrokenSeal (EBADMSG).
 *
 * It serves files as a log has them: they are appended to and cut, never written in their middle. To make a file longer
 * by `truncateSync` has no effect: room that is not written yet cannot be sealed.
 *
 * A short read is possible before the end of the file: where something broken follows, and in a file of very many extents.
 */
import type { Clock, Disk, DiskError, FileDescriptor, FileStatus, Random } from '@millrace/base/host'
import { invariant } from '@millrace/base/invariant'
import { BrokenSeal } from './broken-seal.ts'
import {
  BLOCK_BYTES,
  type Extent,
  extentEnd,
  FILE_HEADER_BYTES,
  FILE_ID_BYTES,
  FileKey,
  NONCE_BYTES,
  paddingAfter,
} from './extent.ts'
import { indexOfExtent, walkBlock } from './extents-of-block.ts'
import { openContent, sealContent } from './sealed-content.ts'
import { type FileEnd, type SealedAppend, SealedFile } from './sealed-file.ts'
import { type GiveBack, RANGE_BYTES_MAX, SealedRead } from './sealed-read.ts'

/** Buffers kept between reads: one on the loop, and as many as the thread pool has under way. */
const SCRATCH_MAX = 5

export interface SealedDiskOptions {
  /** Holds the sealed files. */
  readonly disk: Disk
  /** DATA_KEY_BYTES bytes. */
  readonly dataKey: Buffer
  /** Cryptographic: nonces and file ids come from it. */
  readonly random: Random
  /** For `workedMs`. */
  readonly clock: Clock
  /** Is given buffers that nobody uses any more; without it they wait for the garbage collector. */
  readonly giveBack?: GiveBack
}

export class SealedDisk implements Disk {
  readonly #disk: Disk
  readonly #dataKey: Buffer
  readonly #nonce: (bytes: number) => Uint8Array
  readonly #giveBack: GiveBack
  readonly #clock: Clock
  #workedMs = 0
  readonly #files: Map<FileDescriptor, SealedFile> = new Map()
  /** What reads bring sealed bytes into, between reads; a fresh one each time would cost more than the read. */
  readonly #scratch: Buffer[] = []

  constructor(options: SealedDiskOptions) {
    this.#disk = options.disk
    this.#dataKey = options.dataKey
    this.#nonce = (bytes) => options.random.bytes(bytes)
    this.#clock = options.clock
    this.#giveBack = options.giveBack ?? ((): void => {})
  }

  get workedMs(): number {
    return this.#workedMs
  }

  open(path: string, flags: 'r' | 'r+' | 'w+' | 'wx+'): FileDescriptor {
    const descriptor = this.#disk.open(path, flags)
    try {
      this.#files.set(descriptor, this.#opened(path, descriptor))
    } catch (error) {
      this.#disk.close(descriptor)
      throw error
    }
    return descriptor
  }

  close(descriptor: FileDescriptor): void {
    this.#files.delete(descriptor)
    this.#disk.close(descriptor)
  }

  readSync(descriptor: FileDescriptor, target: Uint8Array, targetOffset: number, length: number, at: number): number {
    const file = this.#file(descriptor)
    const read = new SealedRead(file, { target, targetOffset, length, position: at, giveBack: this.#giveBack })
    const bytes = this.#takeScratch()
    try {
      for (let range = read.next(); range !== null; range = read.next())
        this.#take(read, bytes, this.#disk.readSync(descriptor, bytes, 0, range.length, range.position))
    } finally {
      this.#giveScratch(bytes)
    }
    return this.#outcome(descriptor, file, read, at)
  }

  read(
    descriptor: FileDescriptor,
    target: Uint8Array,
    targetOffset: number,
    length: number,
    at: number,
    callback: (error: DiskError | null, bytesRead: number) => void,
  ): void {
    const file = this.#file(descriptor)
    const { cuts } = file
    const read = new SealedRead(file, { target, targetOffset, length, position: at, giveBack: this.#giveBack })
    const step = (): void => {
      const range = read.next()
      if (range === null) {
        let count: number
        try {
          count = this.#outcome(descriptor, file, read, at)
        } catch (error) {
          callback(error as DiskError, 0)
          return
        }
        callback(null, count)
        return
      }
      const bytes = this.#takeScratch()
      this.#disk.read(descriptor, bytes, 0, range.length, range.position, (error, count) => {
        // As of a plain file that was cut meanwhile: what was read is no more.
        const isCut = cuts !== file.cuts
        if (error === null && !isCut) this.#take(read, bytes, count)
        this.#giveScratch(bytes)
        if (error !== null || isCut) return callback(error, 0)
        step()
      })
    }
    step()
  }

  writevSync(descriptor: FileDescriptor, buffers: readonly Uint8Array[], position: number): number {
    const file = this.#file(descriptor)
    const { key, append } = this.#seal(descriptor, file, buffers, position)
    let written = 0
    let end = position
    try {
      written = this.#disk.writevSync(descriptor, append.buffers, append.position)
    } finally {
      end = this.#landed(descriptor, file, key, append, written) ?? position
      this.#giveBack(append.buffers)
    }
    return end - position
  }

  writev(
    descriptor: FileDescriptor,
    buffers: readonly Uint8Array[],
    position: number,
    callback: (error: DiskError | null, bytesWritten: number) => void,
  ): void {
    const file = this.#file(descriptor)
    let sealed: { readonly key: FileKey; readonly append: SealedAppend }
    try {
      sealed = this.#seal(descriptor, file, buffers, position)
    } catch (error) {
      callback(error as DiskError, 0)
      return
    }
    const { key, append } = sealed
    this.#disk.writev(descriptor, append.buffers, append.position, (error, written) => {
      const end = this.#landed(descriptor, file, key, append, error === null ? written : 0) ?? position
      this.#giveBack(append.buffers)
      callback(error, end - position)
    })
  }

  truncateSync(descriptor: FileDescriptor, sizeBytes: number): void {
    const file = this.#file(descriptor)
    const end = this.#end(descriptor, file)
    if (sizeBytes >= end.logical) {
      if (file.rawBytes > end.position) this.#cut(descriptor, file, end)
      return
    }
    if (sizeBytes === 0) {
      this.#cut(descriptor, file, { logical: 0, position: FILE_HEADER_BYTES })
      return
    }
    const last = this.#extentAt(descriptor, file, sizeBytes - 1)
    this.#cut(descriptor, file, { logical: last.start + last.length, position: extentEnd(last) })
    if (last.start + last.length === sizeBytes) return
    const position = extentEnd(last)
    const mark: Extent = { start: sizeBytes, length: 0, padding: paddingAfter(position, 0), position }
    const sealed: Uint8Array[] = []
    file.key?.seal(mark, Buffer.alloc(0), this.#nonce(NONCE_BYTES), sealed)
    const bytes = Buffer.concat(sealed)
    const written = this.#disk.writevSync(descriptor, [bytes], position)
    file.rawBytes = position + written
    if (written !== bytes.length) throw noRoom(file.path)
    file.moveEnd({ logical: sizeBytes, position: extentEnd(mark) })
  }

  dataSyncSync(descriptor: FileDescriptor): void {
    this.#disk.dataSyncSync(descriptor)
  }

  dataSync(descriptor: FileDescriptor, callback: (error: DiskError | null) => void): void {
    this.#disk.dataSync(descriptor, callback)
  }

  sizeSync(descriptor: FileDescriptor): number {
    const file = this.#file(descriptor)
    const end = this.#end(descriptor, file)
    return end.logical + file.rawBytes - end.position
  }

  status(path: string): FileStatus {
    const status = this.#disk.status(path)
    if (status.isDirectory || status.sizeBytes === 0) return status
    const descriptor = this.open(path, 'r')
    try {
      return { ...status, sizeBytes: this.sizeSync(descriptor) }
    } finally {
      this.close(descriptor)
    }
  }

  readFile(path: string): Uint8Array {
    const raw = this.#disk.readFile(path)
    const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.length)
    if (bytes.length === 0) return bytes
    const key = FileKey.fromHeader(this.#dataKey, bytes)
    const content = key === null ? null : openContent(key, bytes)
    if (content === null) throw new BrokenSeal(path, 'it was changed, cut short, or sealed by another key')
    return content
  }

  writeFileAtomic(path: string, content: Uint8Array, options?: { readonly sync?: boolean }): void {
    this.#disk.writeFileAtomic(path, sealContent(this.#newKey(), content, this.#nonce), options)
  }

  exists(path: string): boolean {
    return this.#disk.exists(path)
  }

  volume(path: string): { readonly totalBytes: number; readonly usableBytes: number } {
    return this.#disk.volume(path)
  }

  list(path: string): string[] {
    return this.#disk.list(path)
  }

  makeDirectory(path: string): void {
    this.#disk.makeDirectory(path)
  }

  rename(from: string, to: string): void {
    this.#disk.rename(from, to)
  }

  removeFile(path: string): void {
    this.#disk.removeFile(path)
  }

  removeDirectory(path: string): void {
    this.#disk.removeDirectory(path)
  }

  syncDirectory(path: string): void {
    this.#disk.syncDirectory(path)
  }

  syncDirectoryInBackground(path: string, callback: (error: DiskError | null) => void): void {
    this.#disk.syncDirectoryInBackground(path, callback)
  }

  #opened(path: string, descriptor: FileDescriptor): SealedFile {
    const rawBytes = this.#disk.sizeSync(descriptor)
    if (rawBytes === 0) return new SealedFile(path, null, 0)
    const key = FileKey.fromHeader(this.#dataKey, this.#raw(descriptor, 0, FILE_HEADER_BYTES))
    return new SealedFile(path, key, rawBytes)
  }

  #file(descriptor: FileDescriptor): SealedFile {
    const file = this.#files.get(descriptor)
    invariant(file !== undefined, 'a sealed file is open', { descriptor })
    return file
  }

  #newKey(): FileKey {
    return new FileKey(this.#dataKey, Buffer.from(this.#nonce(FILE_ID_BYTES)))
  }

  #takeScratch(): Buffer {
    return this.#scratch.pop() ?? Buffer.allocUnsafeSlow(RANGE_BYTES_MAX)
  }

  #giveScratch(bytes: Buffer): void {
    if (this.#scratch.length < SCRATCH_MAX) this.#scratch.push(bytes)
  }

  #take(read: SealedRead, bytes: Buffer, count: number): void {
    const startedMs = this.#clock.monotonicMs()
    read.take(bytes.subarray(0, count))
    this.#workedMs += this.#clock.monotonicMs() - startedMs
  }

  #raw(descriptor: FileDescriptor, position: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length)
    return bytes.subarray(0, this.#disk.readSync(descriptor, bytes, 0, length, position))
  }

  #end(descriptor: FileDescriptor, file: SealedFile): FileEnd {
    return file.end((position, length) => this.#raw(descriptor, position, length))
  }

  /** Count of bytes read; throws when what is broken is the first byte, so that all before it can be had. */
  #outcome(descriptor: FileDescriptor, file: SealedFile, read: SealedRead, at: number): number {
    if (read.problem === null || read.filled > 0) return read.filled
    if (at >= this.sizeSync(descriptor)) return 0
    throw new BrokenSeal(file.path, read.problem)
  }

  #seal(
    descriptor: FileDescriptor,
    file: SealedFile,
    buffers: readonly Uint8Array[],
    position: number,
  ): { readonly key: FileKey; readonly append: SealedAppend } {
    const end = this.#end(descriptor, file)
    invariant(position === end.logical, 'a sealed file is only appended to', {
      path: file.path,
      position,
      end: end.logical,
    })
    if (file.rawBytes > end.position) this.#cut(descriptor, file, end)
    const key = end.position === 0 || file.key === null ? this.#newKey() : file.key
    const startedMs = this.#clock.monotonicMs()
    const append = file.append(end, key, buffers, this.#nonce)
    this.#workedMs += this.#clock.monotonicMs() - startedMs
    return { key, append }
  }

  /** `written` sealed bytes of `append` are in the file; 0 also when nobody knows. Gives the logical end if it moved. */
  #landed(
    descriptor: FileDescriptor,
    file: SealedFile,
    key: FileKey,
    append: SealedAppend,
    written: number,
  ): number | null {
    const total = append.position + written
    const end = append.ends.findLast(({ position }) => position <= total)
    if (end !== undefined) {
      file.key = key
      file.moveEnd(end)
    }
    file.rawBytes = end?.position ?? append.position
    if (end === undefined || end !== append.ends.at(-1)) {
      try {
        file.rawBytes = this.#disk.sizeSync(descriptor)
      } catch {
        // The next append is told what is wrong with the file.
      }
    }
    return end?.logical ?? null
  }

  #cut(descriptor: FileDescriptor, file: SealedFile, end: FileEnd): void {
    // Of a broken header nothing is kept.
    const position = file.key === null ? 0 : end.position
    this.#disk.truncateSync(descriptor, position)
    file.cutTo({ logical: end.logical, position })
  }

  /** The extent that holds the byte at logical `position`, which is below the end. */
  #extentAt(descriptor: FileDescriptor, file: SealedFile, position: number): Extent {
    let block = file.locate(position)
    while (block < 0) {
      const probed = -1 - block
      file.noteStart(probed, this.#raw(descriptor, file.positionOf(probed), FILE_HEADER_BYTES), 0)
      block = file.locate(position)
    }
    const first = file.positionOf(block)
    const { extents } = walkBlock(this.#raw(descriptor, first, BLOCK_BYTES - (first % BLOCK_BYTES)), 0, first)
    const extent = extents[indexOfExtent(extents, position)]
    if (extent === undefined) throw new BrokenSeal(file.path, `nothing whole is sealed at logical position ${position}`)
    return extent
  }
}

function noRoom(path: string): DiskError {
  return Object.assign(new Error(`no room to mark where ${path} was cut`), { code: 'ENOSPC' })
}
