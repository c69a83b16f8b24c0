import { describe, expect, test } from 'vitest'
import { SeededRandom } from '@millrace/testkit/seeded-random'
import { FrameAssembler } from './frame-assembler.ts'

function frame(content: Buffer): Buffer {
  const size = Buffer.alloc(4)
  size.writeInt32BE(content.length)
  return Buffer.concat([size, content])
}

describe.each([true, false])('frame assembler, transient %s', (transient) => {
  test('cuts any chunking of the stream into the same frames', () => {
    for (let seed = 0; seed < 30; seed++) {
      const random = new SeededRandom(seed)
      const contents = Array.from({ length: 20 }, () => random.bytes(random.below(random.chance(0.2) ? 100_000 : 50)))
      const stream = Buffer.concat(contents.map(frame))
      const seen: Buffer[] = []
      const assembler = new FrameAssembler({
        frameBytesMax: 100_000,
        transient,
        onFrame: (bytes, start, end) => seen.push(Buffer.from(bytes.subarray(start, end))),
        onRefused: () => expect.unreachable(),
      })
      for (let at = 0; at < stream.length;) {
        const end = Math.min(stream.length, at + 1 + random.below(random.chance(0.3) ? 3 : 40_000))
        // As a transport does: bytes somewhere in a buffer that is overwritten afterwards.
        const chunk = Buffer.concat([Buffer.alloc(5), stream.subarray(at, end)])
        assembler.push(chunk, 5, chunk.length)
        chunk.fill(0xdd)
        at = end
      }
      expect(seen.length).toBe(contents.length)
      expect(Buffer.concat(seen).equals(Buffer.concat(contents))).toBe(true)
    }
  })

  test.each([-1, 101])('refuses a frame of %i bytes and takes nothing more', (size) => {
    const refused: number[] = []
    let frames = 0
    const assembler = new FrameAssembler({
      frameBytesMax: 100,
      transient,
      onFrame: () => frames++,
      onRefused: (bytes) => refused.push(bytes),
    })
    const bytes = Buffer.alloc(200)
    bytes.writeInt32BE(size)
    assembler.push(bytes, 0, 200)
    assembler.push(frame(Buffer.from('x')), 0, 5)
    expect([refused, frames]).toEqual([[size], 0])
  })
})

test('owned frames keep their bytes', () => {
  const seen: Buffer[] = []
  const assembler = new FrameAssembler({
    frameBytesMax: 100,
    transient: false,
    onFrame: (bytes, start, end) => seen.push(bytes.subarray(start, end)),
    onRefused: () => {},
  })
  const chunk = Buffer.concat([frame(Buffer.from('first')), frame(Buffer.from('second'))])
  assembler.push(chunk, 0, chunk.length)
  chunk.fill(0)
  expect(seen.map(String)).toEqual(['first', 'second'])
})
