import { Arena } from '@millrace/log/arena'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Framer, type Frame } from './framer.ts'
import { MemoryBudget } from './memory-budget.ts'

const ARENA_KEY = 0
const OTHER_KEY = 3

interface Setup {
  readonly budgetBytes?: number
  readonly frameBytesMax?: number
  readonly keep?: boolean
}

function createFramer({ budgetBytes = 1 << 30, frameBytesMax = 1 << 26, keep = false }: Setup = {}) {
  const arena = new Arena({ slabBytes: 64 * 1024, tailBytesMax: 0, poison: true })
  const budget = new MemoryBudget(budgetBytes)
  const received: Buffer[] = []
  const leased: boolean[] = []
  const frames: Frame[] = []
  const refusals: string[] = []
  let offered = 0
  const framer: Framer = new Framer({
    arena,
    budget,
    inArena: (key) => key === ARENA_KEY,
    frameBytesMax,
    onFrame: (frame) => {
      received.push(Buffer.from(frame.bytes.subarray(frame.start, frame.end)))
      leased.push(frame.lease !== null)
      frames.push(frame)
      if (!keep) framer.releaseFrame(frame)
    },
    onRefused: ({ reason }) => refusals.push(reason),
    onMemoryAvailable: () => offered++,
  })
  return { arena, budget, framer, received, leased, frames, refusals, offered: () => offered }
}

function payload(key: number, length: number, fill: number): Buffer {
  const bytes = Buffer.alloc(length, fill)
  bytes.writeInt16BE(key, 0)
  return bytes
}

function framed(payloads: readonly Buffer[]): Buffer {
  return Buffer.concat(payloads.flatMap((bytes) => [sizeOf(bytes.length), bytes]))
}

function sizeOf(length: number): Buffer {
  const size = Buffer.alloc(4)
  size.writeInt32BE(length)
  return size
}

/** Pushes through one read buffer that is overwritten after each call, as a transport does. */
function pushInPieces(framer: Framer, stream: Buffer, cuts: readonly number[]): void {
  const readBuffer = Buffer.alloc(stream.length + 7)
  let at = 0
  for (const cut of [...cuts, stream.length]) {
    const end = Math.min(stream.length, Math.max(at, cut))
    stream.copy(readBuffer, 7, at, end)
    framer.push(readBuffer, 7, 7 + end - at)
    readBuffer.fill(0xdd)
    at = end
  }
}

const frameArbitrary = fc.record({
  key: fc.constantFrom(ARENA_KEY, OTHER_KEY),
  length: fc.oneof(fc.integer({ min: 8, max: 300 }), fc.integer({ min: 8, max: 150_000 })),
  fill: fc.integer({ min: 0, max: 255 }),
})

describe('Framer', () => {
  it('gives the same frames however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(frameArbitrary, { maxLength: 6 }),
        fc.array(fc.nat(400_000), { maxLength: 12 }),
        (specs, cuts) => {
          const payloads = specs.map(({ key, length, fill }) => payload(key, length, fill))
          const { framer, received, leased, budget } = createFramer()
          pushInPieces(
            framer,
            framed(payloads),
            [...cuts].sort((a, b) => a - b),
          )
          expect(received.length).toBe(payloads.length)
          payloads.forEach((bytes, index) => expect(bytes.equals(received[index] as Buffer)).toBe(true))
          expect(leased).toEqual(specs.map(({ key }) => key === ARENA_KEY))
          expect(budget.usedBytes).toBe(0)
        },
      ),
      { numRuns: 150 },
    )
  })

  it('gives the same frames byte by byte', () => {
    const payloads = [payload(ARENA_KEY, 100, 1), payload(OTHER_KEY, 8, 2), payload(ARENA_KEY, 9, 3)]
    const stream = framed(payloads)
    const { framer, received } = createFramer()
    pushInPieces(
      framer,
      stream,
      Array.from({ length: stream.length }, (_, index) => index),
    )
    expect(Buffer.concat(received).equals(Buffer.concat(payloads))).toBe(true)
  })

  it('gives the same frames when the receiver pauses after every one', () => {
    const payloads = [1, 2, 3, 4, 5].map((fill) => payload(OTHER_KEY, 50 * fill, fill))
    const stream = framed(payloads)
    const received: Buffer[] = []
    const budget = new MemoryBudget(1 << 20)
    const framer: Framer = new Framer({
      arena: new Arena({ slabBytes: 4096, tailBytesMax: 0 }),
      budget,
      inArena: () => false,
      frameBytesMax: 1 << 20,
      onFrame: (frame) => {
        received.push(Buffer.from(frame.bytes.subarray(frame.start, frame.end)))
        framer.releaseFrame(frame)
        framer.pause()
      },
      onRefused: () => undefined,
      onMemoryAvailable: () => undefined,
    })
    framer.push(stream, 0, 300)
    expect(received.length).toBe(1)
    // Bytes that were already on their way join what is held.
    framer.push(stream, 300, stream.length)
    for (let round = 0; round < 10 && received.length < 5; round++) framer.resume()
    expect(Buffer.concat(received).equals(Buffer.concat(payloads))).toBe(true)
    expect(budget.usedBytes).toBe(0)
  })

  it.each([-1, -2_147_483_648, 0, 7, (1 << 26) + 1, 2_147_483_647])(
    'refuses a frame of claimed size %d at its header',
    (size) => {
      const { framer, refusals, received, budget } = createFramer()
      framer.push(sizeOf(size), 0, 4)
      expect(refusals.length).toBe(1)
      framer.push(Buffer.alloc(1000), 0, 1000)
      expect(received.length).toBe(0)
      expect(budget.usedBytes).toBe(0)
    },
  )

  it('takes no notice of bytes after a refusal in the same piece', () => {
    const { framer, refusals, received } = createFramer()
    const stream = Buffer.concat([sizeOf(-5), framed([payload(OTHER_KEY, 20, 1)])])
    framer.push(stream, 0, stream.length)
    expect(refusals.length).toBe(1)
    expect(received.length).toBe(0)
  })

  it('reserves nothing for what a header claims', () => {
    const { framer, budget, arena } = createFramer({ frameBytesMax: 104_857_600 })
    framer.push(sizeOf(104_857_600), 0, 4)
    expect(budget.usedBytes).toBe(0)
    framer.push(Buffer.from([0, ARENA_KEY]), 0, 2)
    expect(budget.usedBytes).toBe(0)
    framer.push(Buffer.alloc(10), 0, 10)
    expect(budget.usedBytes).toBeLessThanOrEqual(4096)
    expect(arena.liveBytes).toBe(0)
  })

  it('reserves at most sixteen times what has arrived', () => {
    const { framer, budget } = createFramer({ frameBytesMax: 104_857_600 })
    const piece = Buffer.alloc(10_000, 5)
    framer.push(sizeOf(50_000_000), 0, 4)
    for (let arrived = piece.length; arrived <= 300_000; arrived += piece.length) {
      framer.push(piece, 0, piece.length)
      expect(budget.usedBytes).toBeLessThanOrEqual(16 * arrived)
    }
  })

  it('gives back what a half received frame held when it is closed', () => {
    const { framer, budget, arena } = createFramer()
    const stream = framed([payload(ARENA_KEY, 50_000, 1)])
    framer.push(stream, 0, 40_000)
    expect(budget.usedBytes).toBe(50_000)
    const liveBytes = arena.liveBytes
    framer.close()
    expect(budget.usedBytes).toBe(0)
    expect(liveBytes).toBeGreaterThan(0)
    framer.push(stream, 40_000, stream.length)
    expect(budget.usedBytes).toBe(0)
  })

  it('holds back when the budget is out and goes on when memory is free', () => {
    const budget = new MemoryBudget(10_000)
    const first = sharing(budget)
    const second = sharing(budget)
    const third = sharing(budget)
    first.framer.push(framed([payload(OTHER_KEY, 8_000, 1)]), 0, 8_004)
    expect(first.frames.length).toBe(1)
    // One may go over the limit, so that somebody always gets on; the next one waits.
    second.framer.push(framed([payload(OTHER_KEY, 8_000, 2)]), 0, 8_004)
    expect(second.frames.length).toBe(1)
    third.framer.push(framed([payload(OTHER_KEY, 8_000, 3)]), 0, 8_004)
    expect(third.framer.blocked).toBe(true)
    expect(third.frames.length).toBe(0)
    expect(budget.waitingCount).toBe(1)
    for (const frame of second.frames) second.framer.releaseFrame(frame)
    expect(third.woken()).toBe(1)
    expect(third.framer.resume()).toBe(true)
    expect(third.frames.length).toBe(1)
    for (const frame of first.frames) first.framer.releaseFrame(frame)
    for (const frame of third.frames) third.framer.releaseFrame(frame)
    expect(budget.usedBytes).toBe(0)
  })

  it('lets a closed framer wait for nothing', () => {
    const budget = new MemoryBudget(1_000)
    const first = sharing(budget)
    const second = sharing(budget)
    first.framer.push(framed([payload(OTHER_KEY, 1_500, 1)]), 0, 1_504)
    second.framer.push(framed([payload(OTHER_KEY, 1_500, 1)]), 0, 1_504)
    expect(budget.waitingCount).toBe(1)
    second.framer.close()
    expect(budget.waitingCount).toBe(0)
    first.framer.releaseFrame(first.frames[0] as Frame)
    expect(budget.usedBytes).toBe(0)
  })
})

function sharing(budget: MemoryBudget) {
  const frames: Frame[] = []
  let woken = 0
  const framer = new Framer({
    arena: new Arena({ slabBytes: 4096, tailBytesMax: 0 }),
    budget,
    inArena: () => false,
    frameBytesMax: 1 << 20,
    onFrame: (frame) => frames.push(frame),
    onRefused: () => undefined,
    onMemoryAvailable: () => woken++,
  })
  return { framer, frames, woken: () => woken }
}
