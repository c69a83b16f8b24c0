import { describe, expect, it } from 'vitest'
import { SeededRandom } from '@millrace/testkit/seeded-random'
import type { FakeDisk } from '@millrace/testkit/fake-disk'
import { World } from '@millrace/testkit/world'
import { isBrokenSeal } from './broken-seal.ts'
import { BLOCK_BYTES } from './extent.ts'
import { SealedDisk } from './sealed-disk.ts'

const KEY = Buffer.alloc(32, 7)
const PATH = '/data/file.log'
/** Each look at it takes a millisecond. */
const clock = { now: 0, nowMs: () => clock.now, monotonicMs: () => clock.now++ }
/** What is given back belongs to others. */
const giveBack = (buffers: readonly Uint8Array[]): void => buffers.forEach((buffer) => buffer.fill(0xdb))
const CONTENT = Buffer.from(new SeededRandom('content').bytes(6 * BLOCK_BYTES))

function disks(seed: number): { world: World; raw: FakeDisk; sealed: SealedDisk; random: SeededRandom } {
  const world = new World({ seed })
  const host = world.addHost('machine')
  host.disk.makeDirectory('/data')
  const random = new SeededRandom(`sealed/${seed}`)
  return {
    world,
    raw: host.disk,
    sealed: new SealedDisk({ disk: host.disk, dataKey: KEY, random, clock, giveBack }),
    random,
  }
}

function reopened(raw: FakeDisk, random: SeededRandom): SealedDisk {
  return new SealedDisk({ disk: raw, dataKey: KEY, random, clock, giveBack })
}

function readAll(disk: SealedDisk, file: number, length: number): Buffer {
  const target = Buffer.alloc(length)
  let filled = 0
  while (filled < length) {
    const count = disk.readSync(file, target, filled, length - filled, filled)
    if (count === 0) break
    filled += count
  }
  return target.subarray(0, filled)
}

/** Random appends, reads, cuts and new openings against a plain buffer. */
class History {
  readonly #world: World
  readonly #raw: FakeDisk
  readonly #random: SeededRandom
  #disk: SealedDisk
  #file: number
  #plain: Buffer = Buffer.alloc(0)
  readonly #nonces = new Set<string>()

  constructor(seed: number) {
    const { world, raw, random } = disks(seed)
    this.#world = world
    this.#raw = raw
    this.#random = random
    this.#disk = this.#watched()
    this.#file = this.#disk.open(PATH, 'w+')
  }

  run(steps: number): void {
    for (let step = 0; step < steps; step++) {
      const dice = this.#random.below(100)
      if (dice < 45) this.#append()
      else if (dice < 75) this.#read()
      else if (dice < 85) this.#cut()
      else if (dice < 90) this.#shortWrite()
      else this.#reopen()
    }
    expect(readAll(this.#disk, this.#file, this.#plain.length + 10).equals(this.#plain)).toBe(true)
    expect(Buffer.from(this.#disk.readFile(PATH)).equals(this.#plain)).toBe(true)
    expect(this.#disk.status(PATH).sizeBytes).toBe(this.#plain.length)
  }

  /** A disk whose nonces are all told apart. */
  #watched(): SealedDisk {
    const random = this.#random
    return new SealedDisk({
      disk: this.#raw,
      dataKey: KEY,
      random: {
        below: (bound) => random.below(bound),
        bytes: (count) => {
          const bytes = random.bytes(count)
          const text = Buffer.from(bytes).toString('hex')
          expect(this.#nonces.has(text)).toBe(false)
          this.#nonces.add(text)
          return bytes
        },
      },
      clock,
      giveBack,
    })
  }

  #bytes(): Buffer {
    const large = this.#random.chance(0.15)
    const start = this.#random.below(1_000)
    return CONTENT.subarray(start, start + 1 + this.#random.below(large ? 5 * BLOCK_BYTES : 2_000))
  }

  #append(): void {
    const bytes = this.#bytes()
    const at = this.#random.below(bytes.length + 1)
    const parts = [bytes.subarray(0, at), bytes.subarray(at)]
    const position = this.#plain.length
    if (this.#random.chance(0.5)) expect(this.#disk.writevSync(this.#file, parts, position)).toBe(bytes.length)
    else {
      let written = -1
      this.#disk.writev(this.#file, parts, position, (error, count) => {
        expect(error).toBeNull()
        written = count
      })
      this.#world.runUntil(() => written >= 0)
      expect(written).toBe(bytes.length)
    }
    this.#plain = Buffer.concat([this.#plain, bytes])
    expect(this.#disk.sizeSync(this.#file)).toBe(this.#plain.length)
  }

  #read(): void {
    const position = this.#random.below(this.#plain.length + 5)
    const length = 1 + this.#random.below(this.#random.chance(0.3) ? 4 * BLOCK_BYTES : 500)
    const expected = this.#plain.subarray(position, position + length)
    const target = Buffer.alloc(length)
    if (this.#random.chance(0.5)) {
      expect(this.#disk.readSync(this.#file, target, 0, length, position)).toBe(expected.length)
    } else {
      let read = -1
      this.#disk.read(this.#file, target, 0, length, position, (error, count) => {
        expect(error).toBeNull()
        read = count
      })
      this.#world.runUntil(() => read >= 0)
      expect(read).toBe(expected.length)
    }
    expect(target.subarray(0, expected.length).equals(expected)).toBe(true)
  }

  #cut(): void {
    const size = this.#random.chance(0.1) ? 0 : this.#random.below(this.#plain.length + 1)
    this.#disk.truncateSync(this.#file, size)
    this.#plain = this.#plain.subarray(0, size)
    expect(this.#disk.sizeSync(this.#file)).toBe(size)
  }

  /** What is left of a write that was not whole is cut off by who wrote it. */
  #shortWrite(): void {
    this.#raw.shortWriteProbability = 1
    const bytes = this.#bytes()
    const count = this.#disk.writevSync(this.#file, [bytes], this.#plain.length)
    this.#raw.shortWriteProbability = 0
    expect(count).toBeLessThan(bytes.length)
    if (this.#random.chance(0.3)) this.#reopen()
    expect(this.#disk.sizeSync(this.#file)).toBeGreaterThan(this.#plain.length)
    this.#disk.truncateSync(this.#file, this.#plain.length)
    expect(this.#disk.sizeSync(this.#file)).toBe(this.#plain.length)
  }

  #reopen(): void {
    this.#disk.close(this.#file)
    this.#disk = this.#watched()
    this.#file = this.#disk.open(PATH, 'r+')
  }
}

describe('a sealed file', () => {
  for (let seed = 1; seed <= 30; seed++) {
    it(`reads, grows and is cut as a plain one (seed ${seed})`, () => {
      new History(seed).run(50)
    })
  }

  it('holds nothing of what was written', () => {
    const { sealed, raw } = disks(1)
    const file = sealed.open(PATH, 'w+')
    sealed.writevSync(file, [Buffer.from('the known plaintext '.repeat(20_000))], 0)
    sealed.writeFileAtomic('/data/small', Buffer.from('the known plaintext'))
    expect(Buffer.from(raw.readFile(PATH)).includes('known plaintext')).toBe(false)
    expect(Buffer.from(raw.readFile('/data/small')).includes('known plaintext')).toBe(false)
  })

  it('tells of every changed byte, whichever it is', () => {
    const { sealed, raw, random } = disks(2)
    const file = sealed.open(PATH, 'w+')
    const content = Buffer.from(random.bytes(1_200))
    sealed.writevSync(file, [content.subarray(0, 700)], 0)
    sealed.truncateSync(file, 500)
    sealed.writevSync(file, [content.subarray(500)], 500)
    sealed.close(file)
    const original = Buffer.from(raw.readFile(PATH))
    for (let at = 0; at < original.length; at++) {
      raw.corrupt(PATH, at, Buffer.from([(original[at] as number) ^ 0x10]))
      const disk = reopened(raw, random)
      expect(() => disk.readFile(PATH), `byte ${at}, as a whole`).toThrow(/file\.log is not as it was sealed/)
      const opened = disk.open(PATH, 'r+')
      let problem: unknown = null
      try {
        const size = disk.sizeSync(opened)
        if (readAll(disk, opened, size).length < size) disk.readSync(opened, Buffer.alloc(1), 0, 1, size - 1)
      } catch (error) {
        problem = error
      }
      expect(isBrokenSeal(problem), `byte ${at}, in pieces`).toBe(true)
      disk.close(opened)
      raw.corrupt(PATH, at, original.subarray(at, at + 1))
    }
  })

  it('serves what lies before and behind a changed byte', () => {
    const { sealed, raw, random } = disks(3)
    const file = sealed.open(PATH, 'w+')
    const content = CONTENT.subarray(0, 5 * BLOCK_BYTES)
    sealed.writevSync(file, [content], 0)
    const hit = 2 * BLOCK_BYTES
    for (const at of [hit, hit + 30, hit + 5_000]) {
      const before = Buffer.from(raw.readFile(PATH)).subarray(at, at + 1)
      raw.corrupt(PATH, at, Buffer.from([(before[0] as number) ^ 1]))
      const disk = reopened(raw, random)
      const opened = disk.open(PATH, 'r')
      const target = Buffer.alloc(content.length)
      const first = disk.readSync(opened, target, 0, content.length, 0)
      expect(first).toBeGreaterThan(BLOCK_BYTES)
      expect(first).toBeLessThan(hit)
      expect(() => disk.readSync(opened, target, 0, 10, first)).toThrow(/not as it was sealed/)
      const behind = 4 * BLOCK_BYTES
      expect(disk.readSync(opened, target, 0, 1_000, behind)).toBe(1_000)
      expect(target.subarray(0, 1_000).equals(content.subarray(behind, behind + 1_000))).toBe(true)
      disk.close(opened)
      raw.corrupt(PATH, at, before)
    }
  })

  it('does not take an extent from another place or file', () => {
    const { sealed, raw, random } = disks(4)
    for (const path of ['/data/a', '/data/b']) {
      const file = sealed.open(path, 'w+')
      for (let i = 0; i < 3; i++) sealed.writevSync(file, [Buffer.from(random.bytes(100))], 100 * i)
      sealed.close(file)
    }
    const size = 148
    const other = Buffer.from(raw.readFile('/data/b')).subarray(40 + size, 40 + 2 * size)
    const own = Buffer.from(raw.readFile('/data/a')).subarray(40, 40 + size)
    for (const bytes of [other, own]) {
      raw.corrupt('/data/a', 40 + size, bytes)
      const disk = reopened(raw, random)
      expect(() => disk.readFile('/data/a')).toThrow(/not as it was sealed/)
      const file = disk.open('/data/a', 'r')
      expect(() => disk.readSync(file, Buffer.alloc(10), 0, 10, 150)).toThrow(/not as it was sealed/)
    }
  })

  it('tells how long it worked on bytes, and not how long the device took', () => {
    const { sealed, raw } = disks(6)
    const file = sealed.open(PATH, 'w+')
    sealed.writevSync(file, [CONTENT], 0)
    const written = sealed.workedMs
    expect(written).toBe(1)
    const readSync = raw.readSync.bind(raw)
    raw.readSync = (...read) => {
      clock.now += 1_000
      return readSync(...read)
    }
    expect(readAll(sealed, file, CONTENT.length).equals(CONTENT)).toBe(true)
    expect(sealed.workedMs).toBeGreaterThan(written)
    expect(sealed.workedMs).toBeLessThan(1_000)
  })

  it('is of no use without its data key', () => {
    const { sealed, raw, random } = disks(5)
    sealed.writeFileAtomic(PATH, Buffer.from('content'))
    const other = new SealedDisk({ disk: raw, dataKey: Buffer.alloc(32, 8), random, clock })
    expect(() => other.readFile(PATH)).toThrow(/another key/)
    const file = other.open(PATH, 'r')
    expect(() => other.readSync(file, Buffer.alloc(7), 0, 7, 0)).toThrow(/another key/)
  })

  it('keeps what counts when the machine or process dies at a cut', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const { sealed, raw, random } = disks(1_000 + seed)
      const file = sealed.open(PATH, 'w+')
      const content = Buffer.from(random.bytes(3_000))
      sealed.writevSync(file, [content], 0)
      sealed.dataSyncSync(file)
      raw.syncDirectory('/data')
      const cut = 1 + random.below(2_000)
      sealed.truncateSync(file, cut)
      if (random.chance(0.5)) sealed.writevSync(file, [Buffer.from(random.bytes(random.below(900) + 1))], cut)
      raw.crashMachine()
      const disk = reopened(raw, random)
      const opened = disk.open(PATH, 'r+')
      expect(readAll(disk, opened, cut).equals(content.subarray(0, cut))).toBe(true)
    }
  })

  it('keeps its key when it is renamed while open', () => {
    const { sealed, raw, random } = disks(6)
    const file = sealed.open(PATH, 'w+')
    sealed.writevSync(file, [Buffer.from('one')], 0)
    sealed.rename(PATH, '/data/renamed')
    sealed.writevSync(file, [Buffer.from('two')], 3)
    expect(Buffer.from(reopened(raw, random).readFile('/data/renamed')).toString()).toBe('onetwo')
  })

  it('gives up nothing of a file that a full disk cut short', () => {
    const { sealed, raw, random } = disks(7)
    const file = sealed.open(PATH, 'w+')
    sealed.writevSync(file, [Buffer.from('kept')], 0)
    raw.bytesUntilFull = 30
    expect(sealed.writevSync(file, [Buffer.from('refused')], 4)).toBe(0)
    expect(() => sealed.writevSync(file, [Buffer.from('refused')], 4)).toThrow(/ENOSPC/)
    raw.bytesUntilFull = null
    sealed.truncateSync(file, 4)
    expect(sealed.writevSync(file, [Buffer.from('taken')], 4)).toBe(5)
    expect(Buffer.from(reopened(raw, random).readFile(PATH)).toString()).toBe('kepttaken')
  })
})
