/**
 * Disk in memory, with the faults of a real one at a test's command: full after so many bytes, errors on chosen paths,
 * short writes, slow or hanging callbacks, and crashes (fake-files.ts says what survives them).
 *
 * Callback operations take effect when they complete, at a seeded time within `latencyMs`: a buffer that is changed or
 * reused before its callback shows in the file, and two writes in flight may land in either order.
 */
import { dirname } from 'node:path/posix'
import type { Disk, DiskError, FileDescriptor, FileStatus } from '@millrace/base/host'
import { diskFailure, FakeDirectory, FakeFile, FakeNames } from './fake-files.ts'
import type { SeededRandom } from './seeded-random.ts'

export type DiskOperation = 'open' | 'read' | 'write' | 'sync' | 'truncate' | 'rename' | 'remove' | 'list'

export interface PathFault {
  /** Text that the path contains, or a pattern. */
  readonly path: string | RegExp
  /** errno name; 'EIO' by default. */
  readonly code?: string
  /** All by default. */
  readonly operations?: readonly DiskOperation[]
  /** How many operations fail before the fault is gone; unlimited by default. */
  readonly times?: number
}

export interface FakeDiskOptions {
  /** Calls back unless the process has died by then. */
  readonly later: (delayMs: number, callback: () => void) => void
  readonly random: SeededRandom
  readonly nowMs: () => number
}

interface OpenFile {
  readonly file: FakeFile
  readonly path: string
  readonly writable: boolean
}

interface ActiveFault {
  readonly fault: PathFault
  timesLeft: number
}

const FIRST_DESCRIPTOR = 3

/** What a disk without a limit says it has. */
const VOLUME_BYTES = 2 ** 40

export class FakeDisk implements Disk {
  /** Bytes that may still be written before ENOSPC; null: no limit. */
  bytesUntilFull: number | null = null
  /** How often writev takes only a part. */
  shortWriteProbability = 0
  /** Duration of callback operations, uniform in [min, max). */
  latencyMs: readonly [min: number, max: number] = [0.02, 0.5]
  /** While true, callback operations do not complete; set to false by release(). */
  #hanging = false
  #held: (() => void)[] = []
  #faults: ActiveFault[] = []
  readonly #options: FakeDiskOptions
  readonly #names: FakeNames = new FakeNames()
  readonly #open: Map<FileDescriptor, OpenFile> = new Map()
  /** Callback writes whose effect has not taken place. */
  readonly #writing: Set<() => void> = new Set()
  #nextDescriptor = FIRST_DESCRIPTOR

  constructor(options: FakeDiskOptions) {
    this.#options = options
  }

  /** Files open now; what is left after a clean close is a leak. */
  get openFiles(): string[] {
    return [...this.#open.values()].map((open) => open.path)
  }

  /** Makes operations on a path fail; returns the way to end it. */
  fail(fault: PathFault): () => void {
    const active: ActiveFault = { fault, timesLeft: fault.times ?? Infinity }
    this.#faults.push(active)
    return () => {
      this.#faults = this.#faults.filter((other) => other !== active)
    }
  }

  /** Callback operations stop completing, as with a dying disk, until release(). */
  hang(): void {
    this.#hanging = true
  }

  release(): void {
    this.#hanging = false
    for (const complete of this.#held.splice(0)) this.#options.later(0, complete)
  }

  /** Changes bytes of a file at rest, as a bad sector would. */
  corrupt(path: string, position: number, bytes: Uint8Array): void {
    const file = this.#names.file(path)
    file.write(bytes, position)
    file.sync()
  }

  /** The process died: descriptors are gone, each write in flight took place or not; written bytes are kept. */
  crashProcess(): void {
    for (const apply of this.#writing) if (this.#options.random.chance(0.5)) apply()
    this.#writing.clear()
    this.#open.clear()
    this.#held = []
    this.#hanging = false
  }

  /** The machine died: what was not synced may be lost. */
  crashMachine(): void {
    this.#names.crash(this.#options.random)
  }

  open(path: string, flags: 'r' | 'r+' | 'w+' | 'wx+'): FileDescriptor {
    this.#check('open', path)
    const existing = this.#names.find(path)
    if (existing !== undefined && flags === 'wx+') throw diskFailure('EEXIST', path)
    let file: FakeFile
    if (existing === undefined) {
      if (flags === 'r' || flags === 'r+') throw diskFailure('ENOENT', path)
      file = new FakeFile()
      file.modifiedMs = this.#options.nowMs()
      this.#names.put(path, file)
    } else {
      file = this.#names.file(path)
      if (flags === 'w+') file.truncate(0)
    }
    const descriptor = this.#nextDescriptor++
    this.#open.set(descriptor, { file, path, writable: flags !== 'r' })
    return descriptor
  }

  close(file: FileDescriptor): void {
    this.#opened(file)
    this.#open.delete(file)
  }

  readSync(file: FileDescriptor, target: Uint8Array, targetOffset: number, length: number, position: number): number {
    const open = this.#opened(file)
    this.#check('read', open.path)
    return open.file.read(target, targetOffset, length, position)
  }

  read(
    file: FileDescriptor,
    target: Uint8Array,
    targetOffset: number,
    length: number,
    position: number,
    callback: (error: DiskError | null, bytesRead: number) => void,
  ): void {
    this.#complete(() => this.readSync(file, target, targetOffset, length, position), callback)
  }

  writevSync(file: FileDescriptor, buffers: readonly Uint8Array[], position: number): number {
    const open = this.#opened(file)
    if (!open.writable) throw diskFailure('EBADF', open.path)
    this.#check('write', open.path)
    const bytes = Buffer.concat(buffers)
    let count = bytes.length
    if (count > 1 && this.#options.random.chance(this.shortWriteProbability))
      count = 1 + this.#options.random.below(count - 1)
    if (this.bytesUntilFull !== null) {
      if (this.bytesUntilFull <= 0 && count > 0) throw diskFailure('ENOSPC', open.path)
      count = Math.min(count, this.bytesUntilFull)
      this.bytesUntilFull -= count
    }
    open.file.write(bytes.subarray(0, count), position)
    open.file.modifiedMs = this.#options.nowMs()
    return count
  }

  writev(
    file: FileDescriptor,
    buffers: readonly Uint8Array[],
    position: number,
    callback: (error: DiskError | null, bytesWritten: number) => void,
  ): void {
    const list = [...buffers]
    const apply = (): void => {
      // The descriptor outlives the crash by this one write, which the kernel had already taken.
      try {
        this.writevSync(file, list, position)
      } catch {
        // Nobody is left to hear of it.
      }
    }
    this.#writing.add(apply)
    this.#complete(() => {
      this.#writing.delete(apply)
      return this.writevSync(file, list, position)
    }, callback)
  }

  truncateSync(file: FileDescriptor, sizeBytes: number): void {
    const open = this.#opened(file)
    this.#check('truncate', open.path)
    open.file.truncate(sizeBytes)
    open.file.modifiedMs = this.#options.nowMs()
  }

  dataSyncSync(file: FileDescriptor): void {
    const open = this.#opened(file)
    this.#check('sync', open.path)
    open.file.sync()
  }

  dataSync(file: FileDescriptor, callback: (error: DiskError | null) => void): void {
    this.#complete(() => {
      this.dataSyncSync(file)
      return 0
    }, callback)
  }

  sizeSync(file: FileDescriptor): number {
    return this.#opened(file).file.sizeBytes
  }

  exists(path: string): boolean {
    return this.#names.find(path) !== undefined
  }

  status(path: string): FileStatus {
    const node = this.#names.find(path)
    if (node === undefined) throw diskFailure('ENOENT', path)
    const isDirectory = node.kind === 'directory'
    return { sizeBytes: isDirectory ? 4096 : node.sizeBytes, isDirectory, modifiedMs: node.modifiedMs }
  }

  list(path: string): string[] {
    this.#check('list', path)
    return [...this.#names.directory(path).children.keys()]
  }

  makeDirectory(path: string): void {
    let made = ''
    for (const part of path.split('/').filter((name) => name !== '')) {
      made += `/${part}`
      const node = this.#names.find(made)
      if (node?.kind === 'file') throw diskFailure('EEXIST', made)
      if (node === undefined) this.#names.put(made, new FakeDirectory())
    }
  }

  rename(from: string, to: string): void {
    this.#check('rename', from)
    this.#names.rename(from, to)
  }

  removeFile(path: string): void {
    this.#check('remove', path)
    if (this.#names.find(path)?.kind === 'directory') throw diskFailure('EPERM', path)
    this.#names.remove(path)
  }

  removeDirectory(path: string): void {
    this.#check('remove', path)
    this.#names.remove(path)
  }

  syncDirectory(path: string): void {
    this.#check('sync', path)
    this.#names.directory(path)
    this.#names.commit()
  }

  volume(_path: string): { totalBytes: number; usableBytes: number } {
    return { totalBytes: VOLUME_BYTES, usableBytes: Math.max(0, this.bytesUntilFull ?? VOLUME_BYTES) }
  }

  syncDirectoryInBackground(path: string, callback: (error: DiskError | null) => void): void {
    this.#complete(() => {
      this.syncDirectory(path)
      return 0
    }, callback)
  }

  readFile(path: string): Buffer {
    this.#check('read', path)
    return this.#names.file(path).content()
  }

  writeFileAtomic(path: string, content: Uint8Array, options?: { readonly sync?: boolean }): void {
    const sync = options?.sync ?? true
    const temporary = `${path}.tmp`
    const file = this.open(temporary, 'w+')
    try {
      let written = 0
      while (written < content.length) written += this.writevSync(file, [content.subarray(written)], written)
      if (sync) this.dataSyncSync(file)
    } finally {
      this.close(file)
    }
    this.rename(temporary, path)
    if (sync) this.syncDirectory(dirname(path))
  }

  #opened(file: FileDescriptor): OpenFile {
    const open = this.#open.get(file)
    if (open === undefined) throw diskFailure('EBADF', `descriptor ${file}`)
    return open
  }

  #check(operation: DiskOperation, path: string): void {
    for (const active of this.#faults) {
      const { fault } = active
      if (active.timesLeft <= 0 || (fault.operations !== undefined && !fault.operations.includes(operation))) continue
      if (typeof fault.path === 'string' ? !path.includes(fault.path) : !fault.path.test(path)) continue
      active.timesLeft--
      throw diskFailure(fault.code ?? 'EIO', path)
    }
  }

  /** Does `operation` later and reports its outcome. */
  #complete(operation: () => number, callback: (error: DiskError | null, count: number) => void): void {
    const complete = (): void => {
      if (this.#hanging) {
        this.#held.push(complete)
        return
      }
      let count = 0
      let failure: DiskError | null = null
      try {
        count = operation()
      } catch (error) {
        failure = error as DiskError
      }
      callback(failure, count)
    }
    this.#options.later(this.#options.random.between(this.latencyMs[0], this.latencyMs[1]), complete)
  }
}
