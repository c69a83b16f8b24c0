/**
 * An index and its file: how what is in memory comes to the file and back. The file holds a prefix of the entries; an
 * index whose file holds all may be unloaded, and is read again when it is needed. Which entries there are, and how they
 * stand on disk, only the index knows.
 */
import type { SegmentFile } from './segment-file.ts'

export interface FiledIndex {
  readonly file: SegmentFile
  readonly entryBytes: number
  readonly entryCount: number
  readonly isLoaded: boolean
  /** The entries from number `first` on, as they stand on disk; loaded. */
  encode(first: number): Buffer
  /** Takes the whole of the file for its entries, and is loaded. */
  decode(bytes: Buffer): void
  /** Without entries, and loaded. */
  empty(): void
  /** Gives the memory of its entries back. */
  forget(): void
}

/** Appends to the file what it does not have yet. */
export function persistIndex(index: FiledIndex, callback: (error: Error | null) => void): void {
  const bytes = unpersisted(index)
  if (bytes === null) callback(null)
  else index.file.append([bytes], bytes.length, callback)
}

export function persistIndexSync(index: FiledIndex): void {
  const bytes = unpersisted(index)
  if (bytes !== null) index.file.appendSync([bytes], bytes.length)
}

export function loadIndex(index: FiledIndex, callback: (error: Error | null) => void): void {
  if (index.isLoaded) {
    callback(null)
    return
  }
  const bytes = Buffer.allocUnsafe(index.entryCount * index.entryBytes)
  index.file.read(bytes, 0, bytes.length, 0, (error, bytesRead) => {
    if (error !== null || index.isLoaded) {
      callback(error)
      return
    }
    if (bytesRead === bytes.length) index.decode(bytes)
    else {
      try {
        loadIndexSync(index)
      } catch (failure) {
        callback(failure as Error)
        return
      }
    }
    callback(null)
  })
}

export function loadIndexSync(index: FiledIndex): void {
  if (index.isLoaded) return
  const bytes = Buffer.allocUnsafe(index.entryCount * index.entryBytes)
  index.file.readWholeSync(bytes)
  index.decode(bytes)
}

/** The file cannot be read: searches walk the log from its start, and the next start makes the file anew. */
export function doWithoutIndex(index: FiledIndex): void {
  index.empty()
  index.file.remove()
}

/** Gives the memory back; only of an index that is wholly on disk. */
export function unloadIndex(index: FiledIndex): void {
  const { entryCount, entryBytes, file } = index
  if (entryCount > 0 && file.sizeBytes === entryCount * entryBytes) index.forget()
}

/** One entry from disk, loaded or not; null when the file does not have it. */
export function readEntry({ entryBytes, file }: FiledIndex, number: number): Buffer | null {
  const entry = Buffer.allocUnsafe(entryBytes)
  return file.readSync(entry, 0, entryBytes, number * entryBytes) === entryBytes ? entry : null
}

function unpersisted(index: FiledIndex): Buffer | null {
  const persisted = index.file.sizeBytes / index.entryBytes
  return persisted >= index.entryCount ? null : index.encode(persisted)
}
