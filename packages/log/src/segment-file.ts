/**
 * SegmentFile: the only place that does segment, index and snapshot I/O, in logical positions; the disk may be a
 * SealedDisk, which knows where they are. Appends go to `sizeBytes`, which moves only when the whole write has returned.
 *
 * One append at a time. A truncation while an append is under way takes effect at once logically; the bytes that still
 * land behind it are cut off when that append returns, and its callback tells success all the same: the owner knows
 * that it has thrown the append away.
 */
import type { Disk } from '@millrace/base/host'
import { invariant } from '@millrace/base/invariant'
import type { DescriptorLru } from './descriptor-lru.ts'
import { StorageError } from './storage-error.ts'

export interface FileAccess {
  readonly disk: Disk
  readonly descriptors: DescriptorLru
}

export class SegmentFile {
  /** Only `rename` changes it. */
  path: string
  /** Of DescriptorLru. */
  descriptor = -1
  /** Of DescriptorLru. */
  pins = 0
  #sizeBytes: number
  #exists: boolean
  #appending = false
  #cutMeanwhile = false
  #isPreallocated = false
  /** Removed for good: its path may already belong to another segment's file. */
  #isRemoved = false
  /** Changed since the last sync; of a file found on disk nobody knows. */
  #isDirty = true
  readonly #access: FileAccess

  /** @param sizeBytes of the existing file; null when there is none yet: `create` makes it. */
  constructor(access: FileAccess, path: string, sizeBytes: number | null) {
    this.#access = access
    this.path = path
    this.#sizeBytes = sizeBytes ?? 0
    this.#exists = sizeBytes !== null
  }

  /** A file found on disk, or none. */
  static at(access: FileAccess, path: string): SegmentFile {
    const size = access.disk.exists(path) ? access.disk.status(path).sizeBytes : null
    return new SegmentFile(access, path, size)
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  get exists(): boolean {
    return this.#exists
  }

  /** Creates the file, or empties it. */
  create(): void {
    this.#checkNotRemoved()
    this.#access.descriptors.create(this)
    this.#exists = true
    this.#isDirty = true
    this.#sizeBytes = 0
  }

  /** Gives the file its later size on disk. What lies behind `sizeBytes` holds nothing until it is written; see `trim`. */
  preallocate(bytes: number): void {
    try {
      this.#access.disk.truncateSync(this.#use(), bytes)
      this.#isPreallocated = true
    } catch (error) {
      throw this.#failure('preallocate', error)
    }
  }

  /** Nothing follows: takes back what was allocated and not used. Throws StorageError. */
  trim(): void {
    if (!this.#isPreallocated) return
    this.cutRemains()
    this.#isPreallocated = false
  }

  /** Appends `length` bytes in `buffers`; on failure cuts off what was written and throws StorageError. */
  appendSync(buffers: readonly Uint8Array[], length: number): void {
    invariant(!this.#appending, 'two appends at once', { path: this.path })
    this.#isDirty = true
    let written: number
    try {
      written = this.#access.disk.writevSync(this.#use(), buffers, this.#sizeBytes)
    } catch (error) {
      this.#cutPartialWrite()
      throw this.#failure('write', error)
    }
    if (written !== length) {
      this.#cutPartialWrite()
      throw this.#failure('write', 'SHORT_WRITE')
    }
    this.#sizeBytes += length
  }

  /** As appendSync, without blocking. */
  append(buffers: readonly Uint8Array[], length: number, callback: (error: StorageError | null) => void): void {
    invariant(!this.#appending, 'two appends at once', { path: this.path })
    let descriptor: number
    try {
      descriptor = this.#pin()
    } catch (error) {
      callback(this.#failure('open', error))
      return
    }
    this.#appending = true
    this.#access.disk.writev(descriptor, buffers, this.#sizeBytes, (error, written) => {
      this.#appending = false
      this.#isDirty = true
      const cut = this.#cutMeanwhile
      this.#cutMeanwhile = false
      if (error === null && written === length && !cut) this.#sizeBytes += length
      else if (this.#exists) this.#cutPartialWrite()
      this.#access.descriptors.unpin(this)
      if (cut || (error === null && written === length)) callback(null)
      else callback(this.#failure('write', error ?? 'SHORT_WRITE'))
    })
  }

  /** Reads at most `length` bytes from `position` into `target`; never beyond `sizeBytes`. Returns the count. */
  readSync(target: Uint8Array, targetStart: number, length: number, position: number): number {
    const wanted = Math.min(length, this.#sizeBytes - position)
    if (wanted <= 0) return 0
    try {
      return this.#access.disk.readSync(this.#use(), target, targetStart, wanted, position)
    } catch (error) {
      throw this.#failure('read', error)
    }
  }

  /** Fills `target` from the file's start. Throws StorageError, also when there is less to read. */
  readWholeSync(target: Uint8Array): void {
    for (let filled = 0; filled < target.length;) {
      const count = this.readSync(target, filled, target.length - filled, filled)
      if (count === 0) throw this.#failure('read', 'SHORT_READ')
      filled += count
    }
  }

  read(
    target: Uint8Array,
    targetStart: number,
    length: number,
    position: number,
    callback: (error: StorageError | null, bytesRead: number) => void,
  ): void {
    const wanted = Math.min(length, this.#sizeBytes - position)
    if (wanted <= 0) {
      callback(null, 0)
      return
    }
    let descriptor: number
    try {
      descriptor = this.#pin()
    } catch (error) {
      callback(this.#failure('open', error), 0)
      return
    }
    this.#access.disk.read(descriptor, target, targetStart, wanted, position, (error, bytesRead) => {
      this.#access.descriptors.unpin(this)
      callback(error === null ? null : this.#failure('read', error), bytesRead)
    })
  }

  /** Cuts the file to `sizeBytes`; no effect if it is not longer. */
  truncate(sizeBytes: number): void {
    if (!this.#exists || (sizeBytes >= this.#sizeBytes && !this.#appending)) return
    this.#sizeBytes = Math.min(sizeBytes, this.#sizeBytes)
    this.#isDirty = true
    if (this.#appending) {
      this.#cutMeanwhile = true
      return
    }
    try {
      this.#access.disk.truncateSync(this.#use(), this.#sizeBytes)
    } catch (error) {
      throw this.#failure('truncate', error)
    }
  }

  /** After a failed append: cuts off what it left behind `sizeBytes`, if its own try to do so failed. Throws StorageError. */
  cutRemains(): void {
    if (!this.#exists || this.#appending) return
    try {
      const descriptor = this.#use()
      if (this.#access.disk.sizeSync(descriptor) <= this.#sizeBytes) return
      this.#isDirty = true
      this.#access.disk.truncateSync(descriptor, this.#sizeBytes)
    } catch (error) {
      throw this.#failure('truncate', error)
    }
  }

  /** Makes what has been appended and cut durable (fdatasync); nothing to do for a file that did not change. */
  sync(callback: (error: StorageError | null) => void): void {
    if (!this.#exists || !this.#isDirty) {
      callback(null)
      return
    }
    let descriptor: number
    try {
      descriptor = this.#pin()
    } catch (error) {
      callback(this.#failure('open', error))
      return
    }
    this.#isDirty = false
    this.#access.disk.dataSync(descriptor, (error) => {
      if (error !== null) this.#isDirty = true
      this.#access.descriptors.unpin(this)
      callback(error === null ? null : this.#failure('fdatasync', error))
    })
  }

  /** Renames within the file system; operations under way go on. */
  rename(path: string): void {
    if (this.#exists) {
      try {
        this.#access.disk.rename(this.path, path)
      } catch (error) {
        throw this.#failure('rename', error)
      }
    }
    this.path = path
  }

  /** Closes the descriptor; the next operation opens it again. */
  close(): void {
    this.#access.descriptors.close(this)
  }

  /** Removes the file; operations under way end on the unlinked file. */
  remove(): void {
    this.close()
    this.#isRemoved = true
    if (!this.#exists) return
    this.#exists = false
    this.#sizeBytes = 0
    if (this.#appending) this.#cutMeanwhile = true
    try {
      this.#access.disk.removeFile(this.path)
    } catch (error) {
      throw this.#failure('remove', error)
    }
  }

  #pin(): number {
    this.#checkNotRemoved()
    return this.#access.descriptors.pin(this)
  }

  #checkNotRemoved(): void {
    if (this.#isRemoved) throw this.#failure('use', 'REMOVED')
  }

  #use(): number {
    this.#checkNotRemoved()
    return this.#access.descriptors.use(this)
  }

  /** After a failed write. Fails silently: recovery cuts the rest at the next start, and nobody reads it until then. */
  #cutPartialWrite(): void {
    try {
      this.#access.disk.truncateSync(this.#use(), this.#sizeBytes)
    } catch {
      this.close()
    }
  }

  #failure(action: string, cause: unknown): StorageError {
    return cause instanceof StorageError ? cause : new StorageError(action, this.path, cause)
  }
}
