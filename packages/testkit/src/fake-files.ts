/**
 * Files and directories in memory with the two levels of a real machine: what was written, and what of it is durable.
 * Each change leaves a way back; a machine crash walks some of them back, newest first.
 *
 * Files: durable is what dataSync covered. Of later writes a crash keeps the oldest ones whole, tears the next at a
 * sector, and may lose single pages of kept ones (pages reach the platter in any order). Names: durable is what
 * syncDirectory covered; as in a journalling file system it commits all earlier changes of names, and a crash keeps
 * some first part of the rest. A file whose name is lost is lost.
 */
import type { DiskError } from '@millrace/base/host'
import type { SeededRandom } from './seeded-random.ts'

const SECTOR_BYTES = 512
const PAGE_BYTES = 4096
const GROWTH_BYTES_MIN = 1024
const NOTHING = Buffer.alloc(0)

interface Change {
  /** Where bytes changed; empty for a truncation. */
  readonly position: number
  readonly length: number
  readonly sizeBefore: number
  /** What `[position, …)` held before, as far as the file reached. */
  readonly before: Buffer
}

export class FakeFile {
  readonly kind = 'file'
  modifiedMs = 0
  sizeBytes = 0
  #bytes: Buffer = Buffer.alloc(0)
  #unsynced: Change[] = []

  read(target: Uint8Array, targetOffset: number, length: number, position: number): number {
    const count = Math.max(0, Math.min(length, this.sizeBytes - position))
    this.#bytes.copy(target, targetOffset, position, position + count)
    return count
  }

  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.length
    this.#reserve(end)
    const before =
      position >= this.sizeBytes ? NOTHING : Buffer.from(this.#bytes.subarray(position, Math.min(end, this.sizeBytes)))
    this.#unsynced.push({ position, length: bytes.length, sizeBefore: this.sizeBytes, before })
    this.#bytes.set(bytes, position)
    this.sizeBytes = Math.max(this.sizeBytes, end)
  }

  truncate(sizeBytes: number): void {
    this.#reserve(sizeBytes)
    const cut = Buffer.from(this.#bytes.subarray(sizeBytes, Math.max(sizeBytes, this.sizeBytes)))
    this.#unsynced.push({ position: sizeBytes, length: 0, sizeBefore: this.sizeBytes, before: cut })
    this.#bytes.fill(0, Math.min(sizeBytes, this.sizeBytes), this.#bytes.length)
    this.sizeBytes = sizeBytes
  }

  sync(): void {
    this.#unsynced = []
  }

  get unsyncedBytes(): number {
    return this.#unsynced.reduce((sum, change) => sum + change.length, 0)
  }

  content(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.sizeBytes))
  }

  /** Takes back part of what was not synced. */
  crash(random: SeededRandom): void {
    const changes = this.#unsynced
    this.#unsynced = []
    if (changes.length === 0) return
    const kept = random.below(changes.length + 1)
    for (let index = changes.length - 1; index > kept; index--) this.#undo(changes[index] as Change)
    const torn = changes[kept]
    if (torn !== undefined) this.#tear(torn, random)
    for (const change of changes.slice(0, kept)) {
      if (change.length >= PAGE_BYTES && change.before.length === 0 && random.chance(0.1)) {
        const page = change.position + random.below(Math.floor(change.length / PAGE_BYTES)) * PAGE_BYTES
        this.#bytes.fill(0, page, Math.min(page + PAGE_BYTES, this.sizeBytes))
      }
    }
  }

  #undo(change: Change): void {
    change.before.copy(this.#bytes, change.position)
    if (change.sizeBefore < this.sizeBytes) this.#bytes.fill(0, change.sizeBefore, this.sizeBytes)
    this.sizeBytes = change.sizeBefore
  }

  /** Keeps the first sectors of a write, but never all of it; the file may reach further than its bytes. */
  #tear(change: Change, random: SeededRandom): void {
    const whole = Buffer.from(this.#bytes.subarray(change.position, change.position + change.length))
    this.#undo(change)
    const sectors = Math.ceil(change.length / SECTOR_BYTES)
    if (sectors === 0 || random.chance(0.5)) return
    const keptBytes = random.below(sectors) * SECTOR_BYTES
    whole.copy(this.#bytes, change.position, 0, keptBytes)
    // The new size may have been journalled before the bytes: they then read as zero.
    const reached = random.chance(0.5) ? change.length : keptBytes
    this.sizeBytes = Math.max(this.sizeBytes, change.position + reached)
  }

  #reserve(sizeBytes: number): void {
    if (sizeBytes <= this.#bytes.length) return
    const grown = Buffer.alloc(Math.max(GROWTH_BYTES_MIN, sizeBytes, this.#bytes.length * 2))
    this.#bytes.copy(grown, 0, 0, this.sizeBytes)
    this.#bytes = grown
  }
}

export class FakeDirectory {
  readonly kind = 'directory'
  readonly children: Map<string, FakeFile | FakeDirectory> = new Map()
  modifiedMs = 0
}

/** Names of files, and what of them is durable. */
export class FakeNames {
  readonly #root: FakeDirectory = new FakeDirectory()
  readonly #partsByPath: Map<string, readonly string[]> = new Map()
  /** Ways back of changes that no syncDirectory has covered, oldest first. */
  #journal: (() => void)[] = []

  find(path: string): FakeFile | FakeDirectory | undefined {
    let node: FakeFile | FakeDirectory = this.#root
    for (const part of this.#parts(path)) {
      if (node.kind === 'file') return undefined
      const child: FakeFile | FakeDirectory | undefined = node.children.get(part)
      if (child === undefined) return undefined
      node = child
    }
    return node
  }

  directory(path: string): FakeDirectory {
    const node = this.find(path)
    if (node === undefined) throw diskFailure('ENOENT', path)
    if (node.kind === 'file') throw diskFailure('ENOTDIR', path)
    return node
  }

  file(path: string): FakeFile {
    const node = this.find(path)
    if (node === undefined) throw diskFailure('ENOENT', path)
    if (node.kind === 'directory') throw diskFailure('EISDIR', path)
    return node
  }

  /** Puts `node` at `path`, in place of what is there. */
  put(path: string, node: FakeFile | FakeDirectory): void {
    const { parent, name } = this.#place(path)
    const replaced = parent.children.get(name)
    parent.children.set(name, node)
    this.#journal.push(() => restore(parent, name, replaced))
  }

  /** False when nothing is there. */
  remove(path: string): boolean {
    const node = this.find(path)
    if (node === undefined) return false
    const { parent, name } = this.#place(path)
    parent.children.delete(name)
    this.#journal.push(() => restore(parent, name, node))
    return true
  }

  rename(from: string, to: string): void {
    const node = this.find(from)
    if (node === undefined) throw diskFailure('ENOENT', from)
    const target = this.find(to)
    if (target === node) return
    if (target?.kind === 'directory' && (node.kind === 'file' || target.children.size > 0)) {
      throw diskFailure(node.kind === 'file' ? 'EISDIR' : 'ENOTEMPTY', to)
    }
    if (target?.kind === 'file' && node.kind === 'directory') throw diskFailure('ENOTDIR', to)
    const source = this.#place(from)
    const place = this.#place(to)
    source.parent.children.delete(source.name)
    place.parent.children.set(place.name, node)
    // One entry: a rename is atomic.
    this.#journal.push(() => {
      restore(place.parent, place.name, target)
      restore(source.parent, source.name, node)
    })
  }

  commit(): void {
    this.#journal = []
  }

  crash(random: SeededRandom): void {
    const journal = this.#journal
    this.#journal = []
    const kept = random.below(journal.length + 1)
    for (let index = journal.length - 1; index >= kept; index--) journal[index]?.()
    forEachFile(this.#root, (file) => file.crash(random))
  }

  #place(path: string): { readonly parent: FakeDirectory; readonly name: string } {
    const parts = this.#parts(path)
    const name = parts.at(-1)
    if (name === undefined) throw diskFailure('EBUSY', path)
    let parent: FakeFile | FakeDirectory | undefined = this.#root
    for (const part of parts.slice(0, -1)) parent = parent?.kind === 'directory' ? parent.children.get(part) : undefined
    if (parent === undefined) throw diskFailure('ENOENT', path)
    if (parent.kind === 'file') throw diskFailure('ENOTDIR', path)
    return { parent, name }
  }

  /** The same few paths are asked for again and again. */
  #parts(path: string): readonly string[] {
    let parts = this.#partsByPath.get(path)
    if (parts === undefined) this.#partsByPath.set(path, (parts = partsOf(path)))
    return parts
  }
}

export function diskFailure(code: string, path: string): DiskError {
  return Object.assign(new Error(`${code}: ${path}`), { code })
}

export function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.')
}

function restore(parent: FakeDirectory, name: string, node: FakeFile | FakeDirectory | undefined): void {
  if (node === undefined) parent.children.delete(name)
  else parent.children.set(name, node)
}

function forEachFile(directory: FakeDirectory, visit: (file: FakeFile) => void): void {
  for (const child of directory.children.values()) {
    if (child.kind === 'file') visit(child)
    else forEachFile(child, visit)
  }
}
