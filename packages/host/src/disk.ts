/**
 * Disk over node:fs. Errors are Node's own (`code` is the errno name). Short reads and writes are passed on as counts:
 * the caller decides whether to go on, because only it knows what a half-written batch means.
 */
import * as fs from 'node:fs'
import { dirname } from 'node:path'
import type { Disk, DiskError } from '@millrace/base/host'

/** The Disk of the running process. Stateless. */
export function createNodeDisk(): Disk {
  return {
    open: (path, flags) => fs.openSync(path, flags),
    close: (file) => fs.closeSync(file),
    readSync: (file, target, targetOffset, length, position) =>
      fs.readSync(file, target, targetOffset, length, position),
    read(file, target, targetOffset, length, position, callback) {
      fs.read(file, target, targetOffset, length, position, (error, bytesRead) => {
        callback(error as DiskError | null, error === null ? bytesRead : 0)
      })
    },
    writevSync: (file, buffers, position) => fs.writevSync(file, buffers, position),
    writev(file, buffers, position, callback) {
      fs.writev(file, buffers as Uint8Array[], position, (error, bytesWritten) => {
        callback(error as DiskError | null, error === null ? bytesWritten : 0)
      })
    },
    truncateSync: (file, sizeBytes) => fs.ftruncateSync(file, sizeBytes),
    dataSyncSync: (file) => fs.fdatasyncSync(file),
    dataSync(file, callback) {
      fs.fdatasync(file, (error) => callback(error as DiskError | null))
    },
    sizeSync: (file) => fs.fstatSync(file).size,

    exists: (path) => fs.existsSync(path),
    status(path) {
      const stats = fs.statSync(path)
      return { sizeBytes: stats.size, isDirectory: stats.isDirectory(), modifiedMs: stats.mtimeMs }
    },
    list: (path) => fs.readdirSync(path),
    makeDirectory(path) {
      fs.mkdirSync(path, { recursive: true })
    },
    rename: (from, to) => fs.renameSync(from, to),
    removeFile(path) {
      try {
        fs.unlinkSync(path)
      } catch (error) {
        if ((error as DiskError).code !== 'ENOENT') throw error
      }
    },
    removeDirectory(path) {
      fs.rmSync(path, { recursive: true, force: true })
    },
    syncDirectory,
    syncDirectoryInBackground,
    volume,
    readFile: (path) => fs.readFileSync(path),
    writeFileAtomic,
  }
}

function volume(path: string): { totalBytes: number; usableBytes: number } {
  const { bsize, blocks, bavail } = fs.statfsSync(path)
  return { totalBytes: bsize * blocks, usableBytes: bsize * bavail }
}

function syncDirectory(path: string): void {
  const directory = fs.openSync(path, 'r')
  try {
    fs.fsyncSync(directory)
  } finally {
    fs.closeSync(directory)
  }
}

function syncDirectoryInBackground(path: string, callback: (error: DiskError | null) => void): void {
  fs.open(path, 'r', (openError, directory) => {
    if (openError !== null) {
      callback(openError as DiskError)
      return
    }
    fs.fsync(directory, (error) => {
      fs.closeSync(directory)
      callback(error as DiskError | null)
    })
  })
}

function writeFileAtomic(path: string, content: Uint8Array, options?: { readonly sync?: boolean }): void {
  const sync = options?.sync ?? true
  const temporary = `${path}.tmp`
  const file = fs.openSync(temporary, 'w')
  try {
    let written = 0
    while (written < content.length) {
      written += fs.writeSync(file, content, written, content.length - written, written)
    }
    if (sync) fs.fsyncSync(file)
  } finally {
    fs.closeSync(file)
  }
  fs.renameSync(temporary, path)
  if (sync) syncDirectory(dirname(path))
}
