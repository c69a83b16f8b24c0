import { describe, expect, test } from 'vitest'
import type { DiskError } from '@millrace/base/host'
import type { FakeHost } from './fake-host.ts'
import { World } from './world.ts'

function newHost(seed: number | string = 1): { world: World; host: FakeHost } {
  const world = new World({ seed })
  return { world, host: world.addHost('broker-1') }
}

const bytesOf = (text: string): Buffer => Buffer.from(text)

describe('fake disk', () => {
  test('reads back what was written, with holes as zeros', () => {
    const { host } = newHost()
    const { disk } = host
    disk.makeDirectory('/data/t-0')
    const file = disk.open('/data/t-0/log', 'w+')
    expect(disk.writevSync(file, [bytesOf('ab'), bytesOf('cd')], 2)).toBe(4)
    expect(disk.sizeSync(file)).toBe(6)
    const target = Buffer.alloc(10, 1)
    expect(disk.readSync(file, target, 1, 9, 0)).toBe(6)
    expect(target.toString('latin1')).toBe('\x01\0\0abcd\x01\x01\x01')
    disk.truncateSync(file, 3)
    disk.truncateSync(file, 5)
    expect(disk.readFile('/data/t-0/log').toString('latin1')).toBe('\0\0a\0\0')
    disk.close(file)
    expect(() => disk.sizeSync(file)).toThrow(expect.objectContaining({ code: 'EBADF' }))
    expect(disk.openFiles).toEqual([])
  })

  test('answers like a file system where names are wrong', () => {
    const { host } = newHost()
    const { disk } = host
    expect(() => disk.open('/missing', 'r')).toThrow(expect.objectContaining({ code: 'ENOENT' }))
    expect(() => disk.open('/no/parent', 'w+')).toThrow(expect.objectContaining({ code: 'ENOENT' }))
    disk.makeDirectory('/a/b')
    disk.writeFileAtomic('/a/b/f', bytesOf('x'))
    expect(() => disk.open('/a/b/f', 'wx+')).toThrow(expect.objectContaining({ code: 'EEXIST' }))
    expect(() => disk.rename('/a/nothing', '/a/x')).toThrow(expect.objectContaining({ code: 'ENOENT' }))
    disk.rename('/a/b', '/a/c')
    expect(disk.list('/a')).toEqual(['c'])
    expect(disk.readFile('/a/c/f').toString()).toBe('x')
    disk.removeDirectory('/a')
    expect(disk.exists('/a/c/f')).toBe(false)
  })

  test('a callback write takes effect at its callback, so an early reuse of its buffer shows', () => {
    const { world, host } = newHost()
    const { disk } = host
    const file = disk.open('/f', 'w+')
    const buffer = bytesOf('early')
    const results: unknown[] = []
    disk.writev(file, [buffer], 0, (error, count) => results.push(error, count))
    expect(disk.sizeSync(file)).toBe(0)
    buffer.fill('!')
    world.run()
    expect(results).toEqual([null, 5])
    expect(disk.readFile('/f').toString()).toBe('!!!!!')
  })

  test('a process crash keeps every written byte, synced or not', () => {
    const { host } = newHost()
    host.disk.writevSync(host.disk.open('/f', 'w+'), [bytesOf('written')], 0)
    host.crashProcess()
    host.restart()
    expect(host.disk.readFile('/f').toString()).toBe('written')
    expect(host.disk.openFiles).toEqual([])
  })

  test('a machine crash keeps what was synced and, over many seeds, loses, tears and keeps the rest', () => {
    const outcomes = new Set<string>()
    for (let seed = 0; seed < 200; seed++) {
      const { host } = newHost(seed)
      const { disk } = host
      const file = disk.open('/f', 'w+')
      disk.writevSync(file, [Buffer.alloc(1000, 1)], 0)
      disk.dataSyncSync(file)
      disk.syncDirectory('/')
      disk.writevSync(file, [Buffer.alloc(2000, 2)], 1000)
      disk.writevSync(file, [Buffer.alloc(500, 3)], 3000)
      host.crashMachine()
      host.restart()
      const content = disk.readFile('/f')
      expect(content.subarray(0, 1000).equals(Buffer.alloc(1000, 1))).toBe(true)
      if (content.length === 1000) outcomes.add('lost')
      else if (content.length === 3500 && content[3499] === 3) outcomes.add('kept')
      else if (content.includes(0)) outcomes.add('torn with zeros')
      else outcomes.add('cut')
    }
    expect([...outcomes].sort()).toEqual(['cut', 'kept', 'lost', 'torn with zeros'])
  })

  test('an overwrite that was not synced is kept or gives the old bytes back', () => {
    const seen = new Set<string>()
    for (let seed = 0; seed < 60; seed++) {
      const { host } = newHost(seed)
      const { disk } = host
      disk.writeFileAtomic('/f', bytesOf('old old'))
      disk.writevSync(disk.open('/f', 'r+'), [bytesOf('new')], 0)
      host.crashMachine()
      host.restart()
      seen.add(disk.readFile('/f').toString())
    }
    expect([...seen].sort()).toEqual(['new old', 'old old'])
  })

  test('names survive a machine crash only after syncDirectory, in the order of their changes', () => {
    const outcomes = new Set<string>()
    for (let seed = 0; seed < 100; seed++) {
      const { host } = newHost(seed)
      const { disk } = host
      disk.makeDirectory('/d')
      disk.writeFileAtomic('/d/kept', bytesOf('1'))
      disk.close(disk.open('/d/created', 'w+'))
      disk.rename('/d/kept', '/d/renamed')
      disk.removeFile('/d/created')
      host.crashMachine()
      host.restart()
      outcomes.add(disk.list('/d').sort().join(' '))
    }
    expect([...outcomes].sort()).toEqual(['created kept', 'created renamed', 'kept', 'renamed'])
  })

  test('an atomic write survives a machine crash whole, an unsynced one may not', () => {
    let lost = 0
    for (let seed = 0; seed < 50; seed++) {
      const { host } = newHost(seed)
      host.disk.writeFileAtomic('/f', bytesOf('first'))
      host.disk.writeFileAtomic('/f', bytesOf('second'))
      host.disk.writeFileAtomic('/g', bytesOf('careless'), { sync: false })
      host.crashMachine()
      host.restart()
      expect(host.disk.readFile('/f').toString()).toBe('second')
      if (!host.disk.exists('/g') || host.disk.readFile('/g').toString() !== 'careless') lost++
    }
    expect(lost).toBeGreaterThan(5)
    expect(lost).toBeLessThan(50)
  })

  test('a full disk takes what fits, then answers ENOSPC', () => {
    const { host } = newHost()
    const { disk } = host
    const file = disk.open('/f', 'w+')
    disk.bytesUntilFull = 5
    expect(disk.writevSync(file, [bytesOf('12345678')], 0)).toBe(5)
    expect(() => disk.writevSync(file, [bytesOf('678')], 5)).toThrow(expect.objectContaining({ code: 'ENOSPC' }))
    disk.bytesUntilFull = null
    expect(disk.writevSync(file, [bytesOf('678')], 5)).toBe(3)
  })

  test('faults hit the chosen paths and operations, as often as asked', () => {
    const { world, host } = newHost()
    const { disk } = host
    const file = disk.open('/orders-0.log', 'w+')
    const other = disk.open('/other.log', 'w+')
    const errors: (DiskError | null)[] = []
    disk.fail({ path: 'orders', operations: ['sync'], times: 1 })
    disk.dataSync(file, (error) => errors.push(error))
    world.run()
    disk.dataSync(file, (error) => errors.push(error))
    disk.dataSync(other, (error) => errors.push(error))
    world.run()
    expect(errors.map((error) => error?.code ?? null)).toEqual(['EIO', null, null])
    const stop = disk.fail({ path: /other/, code: 'EROFS' })
    expect(() => disk.writevSync(other, [bytesOf('x')], 0)).toThrow(expect.objectContaining({ code: 'EROFS' }))
    stop()
    disk.writevSync(other, [bytesOf('x')], 0)
  })

  test('short writes take a part and say how much', () => {
    const { host } = newHost()
    const { disk } = host
    disk.shortWriteProbability = 1
    const file = disk.open('/f', 'w+')
    const count = disk.writevSync(file, [bytesOf('123'), bytesOf('456')], 0)
    expect(count).toBeGreaterThan(0)
    expect(count).toBeLessThan(6)
    expect(disk.readFile('/f').toString()).toBe('123456'.slice(0, count))
  })

  test('a hanging disk completes nothing until it is released', () => {
    const { world, host } = newHost()
    const { disk } = host
    const file = disk.open('/f', 'w+')
    let written = 0
    disk.hang()
    disk.writev(file, [bytesOf('abc')], 0, (_, count) => (written = count))
    world.advance(10_000)
    expect(written).toBe(0)
    disk.release()
    world.run()
    expect(written).toBe(3)
  })
})
