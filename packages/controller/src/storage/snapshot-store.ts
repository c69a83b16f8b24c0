/**
 * Snapshots of the metadata log on disk (kafka-records §1.6): written piece by piece to `….part`, fsynced, renamed; so a
 * file under its final name is complete. Old ones are removed by size and age, the newest always stays.
 */
import type { Host } from '@millrace/base/host'
import type { MetadataImage } from '@millrace/metadata/image'
import type { SnapshotId } from '@millrace/metadata/snapshot-format'
import { imageSnapshotChunks, parseSnapshotFileName, snapshotFileName } from '@millrace/metadata/snapshot-format'

const PART_SUFFIX = '.part'

export class SnapshotStore {
  readonly #host: Host
  readonly #directory: string
  #writing = false

  constructor(host: Host, directory: string) {
    this.#host = host
    this.#directory = directory
  }

  /** Removes what an interrupted write or removal has left. */
  clean(): void {
    const { disk } = this.#host
    for (const name of disk.list(this.#directory)) {
      if (/\.checkpoint.*(\.part|\.deleted)$/.test(name)) disk.removeFile(`${this.#directory}/${name}`)
    }
  }

  /** Newest first. */
  list(): SnapshotId[] {
    return this.#host.disk
      .list(this.#directory)
      .map(parseSnapshotFileName)
      .filter((id) => id !== null)
      .sort((a, b) => b.endOffset - a.endOffset)
  }

  get latest(): SnapshotId | null {
    return this.list()[0] ?? null
  }

  /** True while a snapshot is being written. */
  get writing(): boolean {
    return this.#writing
  }

  read(id: SnapshotId): Buffer {
    const bytes = this.#host.disk.readFile(this.#path(id))
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  has(id: SnapshotId): boolean {
    return this.#host.disk.exists(this.#path(id))
  }

  sizeBytes(id: SnapshotId): number {
    return this.#host.disk.status(this.#path(id)).sizeBytes
  }

  modifiedMs(id: SnapshotId): number {
    return this.#host.disk.status(this.#path(id)).modifiedMs
  }

  /** Up to `maxBytes` of the snapshot's bytes from `position`. */
  readAt(id: SnapshotId, position: number, maxBytes: number): Buffer {
    const { disk } = this.#host
    const file = disk.open(this.#path(id), 'r')
    try {
      const bytes = Buffer.allocUnsafe(Math.min(maxBytes, Math.max(0, disk.sizeSync(file) - position)))
      let filled = 0
      while (filled < bytes.length) {
        const count = disk.readSync(file, bytes, filled, bytes.length - filled, position + filled)
        if (count === 0) break
        filled += count
      }
      return bytes.subarray(0, filled)
    } finally {
      disk.close(file)
    }
  }

  remove(id: SnapshotId): void {
    this.#host.disk.removeFile(this.#path(id))
  }

  /** Writes a snapshot of `image`, one batch per turn of the loop. One at a time. */
  write(image: MetadataImage, callback: (error: Error | null, id: SnapshotId) => void): void {
    const { disk, clock, tick } = this.#host
    const id: SnapshotId = { endOffset: image.offset + 1, epoch: image.epoch }
    const path = this.#path(id)
    const part = `${path}${PART_SUFFIX}`
    const chunks = imageSnapshotChunks(image, clock.nowMs())
    this.#writing = true
    const end = (error: Error | null): void => {
      this.#writing = false
      if (error !== null) disk.removeFile(part)
      callback(error, id)
    }
    let file: number
    try {
      file = disk.open(part, 'w+')
    } catch (error) {
      return end(error as Error)
    }
    let position = 0
    const next = (): void => {
      const { value, done } = chunks.next()
      if (done === true) return disk.dataSync(file, finish)
      disk.writev(file, [value], position, (error, written) => {
        if (error !== null || written !== value.length) return finish(error ?? new Error(`short write to ${part}`))
        position += written
        tick(next)
      })
    }
    const finish = (error: Error | null): void => {
      disk.close(file)
      if (error !== null) return end(error)
      try {
        disk.rename(part, path)
        disk.syncDirectory(this.#directory)
      } catch (failure) {
        return end(failure as Error)
      }
      end(null)
    }
    next()
  }

  #path(id: SnapshotId): string {
    return `${this.#directory}/${snapshotFileName(id)}`
  }
}
