/**
 * The map from a key to the last offset that has it, in memory of a fixed size: of each key only the first 128 bits of
 * its SHA-256 are kept, in an open-addressed table of 24 bytes per slot. Two keys with the same hash would lose one
 * another's records; with a cryptographic hash nobody can make such keys.
 */
import { hash } from 'node:crypto'

const SLOT_BYTES = 24
const SLOTS_MIN = 16
const WORDS = 4

export class OffsetMap {
  readonly #slots: number
  readonly #limit: number
  readonly #hashes: Uint32Array
  /** Offset + 1; 0 is an empty slot. */
  readonly #offsets: Float64Array
  #count = 0

  /** @param recordsMax most records that will come, so that the table needs not be larger than they need */
  constructor(options: { readonly bytesMax: number; readonly loadFactor: number; readonly recordsMax: number }) {
    const { bytesMax, loadFactor, recordsMax } = options
    const wanted = Math.ceil(recordsMax / loadFactor) + 1
    this.#slots = Math.max(SLOTS_MIN, Math.min(Math.floor(bytesMax / SLOT_BYTES), wanted))
    // One slot stays empty, or a search for an unknown key would not end.
    this.#limit = Math.min(this.#slots - 1, Math.max(1, Math.floor(this.#slots * loadFactor)))
    this.#hashes = new Uint32Array(this.#slots * WORDS)
    this.#offsets = new Float64Array(this.#slots)
  }

  get size(): number {
    return this.#count
  }

  /** False, and nothing changed, when the key is new and the map is full. */
  put(key: Uint8Array, offset: number): boolean {
    const digest = digestOf(key)
    const slot = this.#slotOf(digest)
    if (this.#offsets[slot] === 0) {
      if (this.#count >= this.#limit) return false
      this.#count++
      for (let word = 0; word < WORDS; word++) this.#hashes[slot * WORDS + word] = digest.readUInt32LE(4 * word)
    }
    this.#offsets[slot] = offset + 1
    return true
  }

  /** -1 for a key that is not here. */
  get(key: Uint8Array): number {
    if (this.#count === 0) return -1
    return (this.#offsets[this.#slotOf(digestOf(key))] as number) - 1
  }

  /** The key's slot, or the empty one where it belongs. */
  #slotOf(digest: Buffer): number {
    const first = digest.readUInt32LE(0)
    const second = digest.readUInt32LE(4)
    const third = digest.readUInt32LE(8)
    const fourth = digest.readUInt32LE(12)
    for (let slot = first % this.#slots; ; slot = slot + 1 === this.#slots ? 0 : slot + 1) {
      if (this.#offsets[slot] === 0) return slot
      const at = slot * WORDS
      const isSame =
        this.#hashes[at] === first &&
        this.#hashes[at + 1] === second &&
        this.#hashes[at + 2] === third &&
        this.#hashes[at + 3] === fourth
      if (isSame) return slot
    }
  }
}

function digestOf(key: Uint8Array): Buffer {
  return hash('sha256', key, 'buffer')
}
