/**
 * CRC-32C (Castagnoli), the checksum of record batches and producer snapshots. Large inputs go to the native library
 * (hardware instruction); small ones, where the call itself would cost more, and machines without the library use
 * slicing-by-8 tables.
 */
import { createRequire } from 'node:module'

/** Below this many bytes the table version is faster than the call into native code. */
export const NATIVE_BYTES_MIN = 512

type NativeCrc32c = (input: Buffer, initial?: number) => number

const POLYNOMIAL_REVERSED = 0x82f6_3b78

/** Eight tables of 256: TABLES[k * 256 + b] is the CRC of byte b followed by k zero bytes. */
const TABLES: Uint32Array = buildTables()

function buildTables(): Uint32Array {
  const tables = new Uint32Array(8 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = (value & 1) === 0 ? value >>> 1 : (value >>> 1) ^ POLYNOMIAL_REVERSED
    tables[byte] = value
  }
  for (let index = 256; index < tables.length; index++) {
    const previous = tables[index - 256] as number
    tables[index] = (previous >>> 8) ^ (tables[previous & 0xff] as number)
  }
  return tables
}

const native: NativeCrc32c | null = loadNative()

function loadNative(): NativeCrc32c | null {
  try {
    const library = createRequire(import.meta.url)('@node-rs/crc32') as { crc32c: NativeCrc32c }
    return library.crc32c
  } catch {
    return null
  }
}

/** The CRC-32C of `bytes[start, end)`, continued from `previous` (a CRC of what came before), as an unsigned number. */
export function crc32c(bytes: Buffer, start: number = 0, end: number = bytes.length, previous: number = 0): number {
  if (native !== null && end - start >= NATIVE_BYTES_MIN) return native(bytes.subarray(start, end), previous)
  return crc32cTable(bytes, start, end, previous)
}

/** The table version, for all sizes. */
export function crc32cTable(bytes: Uint8Array, start: number, end: number, previous: number = 0): number {
  const tables = TABLES
  let value = ~previous
  let at = start
  for (const whole = end - 7; at < whole; at += 8) {
    value ^=
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)
    value =
      (tables[1792 + (value & 0xff)] as number) ^
      (tables[1536 + ((value >>> 8) & 0xff)] as number) ^
      (tables[1280 + ((value >>> 16) & 0xff)] as number) ^
      (tables[1024 + (value >>> 24)] as number) ^
      (tables[768 + (bytes[at + 4] as number)] as number) ^
      (tables[512 + (bytes[at + 5] as number)] as number) ^
      (tables[256 + (bytes[at + 6] as number)] as number) ^
      (tables[bytes[at + 7] as number] as number)
  }
  for (; at < end; at++) value = (value >>> 8) ^ (tables[(value ^ (bytes[at] as number)) & 0xff] as number)
  return ~value >>> 0
}
