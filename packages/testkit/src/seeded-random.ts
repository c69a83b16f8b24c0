/** Random numbers that repeat by seed (xoshiro128**, public domain algorithm by Blackman and Vigna). Not for secrets. */
import type { Random } from '@millrace/base/host'

export class SeededRandom implements Random {
  readonly #state: Uint32Array = new Uint32Array(4)

  /** @param seed any text or integer; equal seeds give equal sequences */
  constructor(seed: number | string) {
    // FNV-1a over the text, then splitmix to fill the state, which must not be all zero.
    let hash = 0x811c_9dc5
    for (const character of String(seed)) hash = Math.imul(hash ^ (character.codePointAt(0) as number), 0x0100_0193)
    for (let index = 0; index < 4; index++) {
      hash = (hash + 0x9e37_79b9) | 0
      let mixed = hash ^ (hash >>> 16)
      mixed = Math.imul(mixed, 0x21f0_aaad)
      mixed ^= mixed >>> 15
      mixed = Math.imul(mixed, 0x735a_2d97)
      this.#state[index] = mixed ^ (mixed >>> 15)
    }
    this.#state[0] = (this.#state[0] as number) | 1
  }

  /** Uniform in [0, 2^32). */
  uint32(): number {
    const [a, b, c, d] = this.#state as unknown as [number, number, number, number]
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0
    const shifted = b << 9
    const c2 = c ^ a
    const d2 = d ^ b
    this.#state[1] = b ^ c2
    this.#state[0] = a ^ d2
    this.#state[2] = c2 ^ shifted
    this.#state[3] = rotateLeft(d2, 11)
    return result
  }

  /** Uniform in [0, 1). */
  fraction(): number {
    return this.uint32() / 0x1_0000_0000
  }

  /** Uniform in [min, max). */
  between(min: number, max: number): number {
    return min + (max - min) * this.fraction()
  }

  chance(probability: number): boolean {
    return this.fraction() < probability
  }

  below(boundExclusive: number): number {
    if (boundExclusive <= 0x1_0000_0000) return Math.floor(this.fraction() * boundExclusive)
    return ((this.uint32() & 0x1f_ffff) * 0x1_0000_0000 + this.uint32()) % boundExclusive
  }

  bytes(count: number): Buffer {
    const bytes = Buffer.alloc(count)
    for (let index = 0; index < count; index++) bytes[index] = this.uint32() & 0xff
    return bytes
  }
}

function rotateLeft(value: number, count: number): number {
  return (value << count) | (value >>> (32 - count))
}
