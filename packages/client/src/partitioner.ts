/** Which partition a record goes to, as Kafka's Java producer decides: equal keys meet, whoever produces them. */

const SEED = 0x9747_b28c
const MULTIPLIER = 0x5bd1_e995
const ROTATION = 24

/** murmur2 over the bytes, a signed 32-bit integer; bit for bit that of Kafka's Java client. */
export function murmur2(bytes: Uint8Array): number {
  const { length } = bytes
  let hash = SEED ^ length
  const wholeBytes = length & ~3
  for (let at = 0; at < wholeBytes; at += 4) {
    let word =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)
    word = Math.imul(word, MULTIPLIER)
    word ^= word >>> ROTATION
    hash = Math.imul(hash, MULTIPLIER) ^ Math.imul(word, MULTIPLIER)
  }
  const rest = length & 3
  if (rest >= 3) hash ^= (bytes[wholeBytes + 2] as number) << 16
  if (rest >= 2) hash ^= (bytes[wholeBytes + 1] as number) << 8
  if (rest >= 1) hash = Math.imul(hash ^ (bytes[wholeBytes] as number), MULTIPLIER)
  hash ^= hash >>> 13
  hash = Math.imul(hash, MULTIPLIER)
  return hash ^ (hash >>> 15)
}

/** The partition of a record with a key, in [0, partitionCount). */
export function partitionForKey(key: Uint8Array, partitionCount: number): number {
  return (murmur2(key) & 0x7fff_ffff) % partitionCount
}
