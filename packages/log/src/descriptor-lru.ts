/**
 * Keeps at most `limit` files open: the least recently used one that no operation is using is closed first, and opened
 * again when needed. A partition has four files per segment, so a broker cannot hold them all.
 */
import type { Disk, FileDescriptor } from '@millrace/base/host'
import { StorageError } from './storage-error.ts'

/** A file that may be open or not. Only DescriptorLru changes `descriptor` and `pins`. */
export interface DescriptorHolder {
  path: string
  /** -1 when closed. */
  descriptor: FileDescriptor
  /** Operations under way; a pinned descriptor is not closed. */
  pins: number
}

export class DescriptorLru {
  readonly #disk: Disk
  readonly #limit: number
  /** Open files, least recently used first. */
  readonly #open = new Set<DescriptorHolder>()
  #latest: DescriptorHolder | null = null
  #openings = 0

  constructor(options: { readonly disk: Disk; readonly limit: number }) {
    this.#disk = options.disk
    this.#limit = options.limit
  }

  get openCount(): number {
    return this.#open.size
  }

  /** How often a file was opened, ever; a steep rise tells that the limit is too low. */
  get openings(): number {
    return this.#openings
  }

  /** The open descriptor of `holder`, for use in this call only; `pin` it to use it longer. */
  use(holder: DescriptorHolder): FileDescriptor {
    if (this.#latest === holder) return holder.descriptor
    if (holder.descriptor >= 0) {
      this.#open.delete(holder)
    } else {
      this.#openFile(holder, 'r+')
    }
    this.#open.add(holder)
    this.#latest = holder
    if (this.#open.size > this.#limit) this.#evict()
    return holder.descriptor
  }

  /** Creates the file (empty it if it exists) and leaves it open. */
  create(holder: DescriptorHolder): void {
    this.close(holder)
    this.#openFile(holder, 'w+')
    this.#open.add(holder)
    this.#latest = holder
    if (this.#open.size > this.#limit) this.#evict()
  }

  pin(holder: DescriptorHolder): FileDescriptor {
    const descriptor = this.use(holder)
    holder.pins++
    return descriptor
  }

  unpin(holder: DescriptorHolder): void {
    holder.pins--
    if (holder.pins === 0 && !this.#open.has(holder)) this.#close(holder)
  }

  /** Closes the file as soon as no operation uses it. */
  close(holder: DescriptorHolder): void {
    if (this.#latest === holder) this.#latest = null
    if (!this.#open.delete(holder)) return
    if (holder.pins === 0) this.#close(holder)
  }

  #openFile(holder: DescriptorHolder, flags: 'r+' | 'w+'): void {
    try {
      holder.descriptor = this.#disk.open(holder.path, flags)
      this.#openings++
    } catch (error) {
      throw new StorageError('open', holder.path, error)
    }
  }

  #close(holder: DescriptorHolder): void {
    const descriptor = holder.descriptor
    holder.descriptor = -1
    if (descriptor >= 0) this.#disk.close(descriptor)
  }

  #evict(): void {
    for (const holder of this.#open) {
      if (this.#open.size <= this.#limit) return
      if (holder.pins === 0 && holder !== this.#latest) this.close(holder)
    }
  }
}
