/** How many bytes numbers take as LEB128, for lengths that stand in front of what they count. */

/** Of an unsigned 32-bit number. */
export function uvarintSize(value: number): number {
  const bits = 32 - Math.clz32(value)
  return bits <= 7 ? 1 : Math.ceil(bits / 7)
}

/** Zig-zag, 32 bits. */
export function varintSize(value: number): number {
  return uvarintSize(((value << 1) ^ (value >> 31)) >>> 0)
}

/** Zig-zag, 64 bits; exact for safe integers. */
export function varlongSize(value: number): number {
  if (value >= -0x4000_0000 && value < 0x4000_0000) return varintSize(value)
  let size = 1
  for (let rest = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n)); rest > 0x7fn; rest >>= 7n) size++
  return size
}
