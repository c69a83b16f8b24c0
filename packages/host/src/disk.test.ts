import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createNodeDisk } from './disk.ts'

describe('node disk', () => {
  const disk = createNodeDisk()
  let root = ''
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'millrace-disk-'))
  })
  afterAll(() => rmSync(root, { recursive: true }))

  test('writes several buffers at a position and reads them back, both ways', async () => {
    const file = disk.open(join(root, 'a'), 'w+')
    expect(disk.writevSync(file, [Buffer.from('hello '), Buffer.from('world')], 2)).toBe(11)
    const written = await new Promise((resolve) =>
      disk.writev(file, [Buffer.from('HE')], 2, (error, count) => resolve([error, count])),
    )
    expect(written).toEqual([null, 2])
    const target = Buffer.alloc(8)
    expect(disk.readSync(file, target, 1, 5, 2)).toBe(5)
    expect(target.toString('latin1', 1, 6)).toBe('HEllo')
    const read = await new Promise((resolve) =>
      disk.read(file, target, 0, 8, 8, (error, count) => resolve([error, count])),
    )
    expect(read).toEqual([null, 5])
    expect(disk.sizeSync(file)).toBe(13)
    disk.truncateSync(file, 4)
    expect(disk.sizeSync(file)).toBe(4)
    disk.dataSyncSync(file)
    expect(await new Promise((resolve) => disk.dataSync(file, resolve))).toBeNull()
    disk.close(file)
    expect(await new Promise((resolve) => disk.dataSync(file, resolve))).toMatchObject({ code: 'EBADF' })
  })

  test('tells a missing file by its code', () => {
    expect(() => disk.open(join(root, 'missing'), 'r')).toThrow(expect.objectContaining({ code: 'ENOENT' }))
    expect(() => disk.status(join(root, 'missing'))).toThrow(expect.objectContaining({ code: 'ENOENT' }))
    expect(disk.exists(join(root, 'missing'))).toBe(false)
    disk.removeFile(join(root, 'missing'))
    disk.removeDirectory(join(root, 'missing'))
  })

  test('refuses to create over an existing file with wx+', () => {
    const path = join(root, 'once')
    disk.close(disk.open(path, 'wx+'))
    expect(() => disk.open(path, 'wx+')).toThrow(expect.objectContaining({ code: 'EEXIST' }))
  })

  test('replaces a file whole and leaves no temporary behind', () => {
    const path = join(root, 'checkpoint')
    writeFileSync(path, 'old and longer')
    disk.writeFileAtomic(path, Buffer.from('new'))
    expect(readFileSync(path, 'utf8')).toBe('new')
    disk.writeFileAtomic(path, Buffer.alloc(0), { sync: false })
    expect(disk.readFile(path).length).toBe(0)
    expect(disk.list(root)).not.toContain('checkpoint.tmp')
  })

  test('makes, lists, renames and removes directories with all in them', () => {
    const deep = join(root, 'x', 'y', 'z')
    disk.makeDirectory(deep)
    disk.makeDirectory(deep)
    disk.writeFileAtomic(join(deep, 'f'), Buffer.from('1'))
    expect(disk.status(deep).isDirectory).toBe(true)
    expect(disk.status(join(deep, 'f'))).toMatchObject({ sizeBytes: 1, isDirectory: false })
    disk.rename(join(root, 'x'), join(root, 'x-delete'))
    disk.syncDirectory(root)
    expect(disk.list(join(root, 'x-delete', 'y', 'z'))).toEqual(['f'])
    disk.removeDirectory(join(root, 'x-delete'))
    expect(disk.exists(join(root, 'x-delete'))).toBe(false)
  })
})
