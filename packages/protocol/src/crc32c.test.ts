import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32c, crc32cTable, NATIVE_BYTES_MIN } from './crc32c.ts'

describe('crc32c', () => {
  it('gives the check value of the polynomial', () => {
    const text = Buffer.from('..123456789..')
    expect(crc32c(text, 2, 11).toString(16)).toBe('e3069283')
    expect(crc32c(Buffer.alloc(0))).toBe(0)
    expect(crc32c(Buffer.alloc(32)).toString(16)).toBe('8a9136aa') // RFC 3720, B.4
    expect(crc32c(Buffer.alloc(32, 0xff)).toString(16)).toBe('62a8ab43')
  })

  it('is the same from the native library and from the tables', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: NATIVE_BYTES_MIN, maxLength: 2_000 }),
        fc.nat({ max: 20 }),
        (array, skip) => {
          const bytes = Buffer.from(array)
          return crc32c(bytes, skip) === crc32cTable(bytes, skip, bytes.length)
        },
      ),
    )
  })

  it('continues from the checksum of what came before', () => {
    const bytes = Buffer.alloc(3_000, 'abc')
    const whole = crc32c(bytes)
    for (const cut of [1, 100, 600, 2_900]) {
      expect(crc32c(bytes, cut, bytes.length, crc32c(bytes, 0, cut))).toBe(whole)
    }
  })
})
