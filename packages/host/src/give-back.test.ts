import { describe, expect, it } from 'vitest'
import { giveBack } from './give-back.ts'

const MANY = 200
const PIECE_BYTES = 1024 * 1024

describe('giving memory back', () => {
  it('empties the buffers', () => {
    const buffers = [Buffer.allocUnsafeSlow(8192), Buffer.alloc(100_000)]
    giveBack(buffers)
    expect(buffers.map(({ length }) => length)).toEqual([0, 0])
  })

  it('frees the memory in the same turn, again and again', async () => {
    giveBack([Buffer.allocUnsafeSlow(PIECE_BYTES)])
    // A port closes in the next turn.
    await new Promise((resolve) => setImmediate(resolve))
    const before = process.memoryUsage().arrayBuffers
    for (let count = 0; count < MANY; count++) giveBack([Buffer.alloc(PIECE_BYTES, 1)])
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan((MANY * PIECE_BYTES) / 10)
  })

  it('leaves what shares its memory with others', () => {
    const whole = Buffer.alloc(10_000, 7)
    const pooled = Buffer.from('of the pool')
    giveBack([whole.subarray(0, 9_000), whole.subarray(1_000), pooled])
    expect([whole.length, whole[9_999], pooled.toString()]).toEqual([10_000, 7, 'of the pool'])
  })
})
