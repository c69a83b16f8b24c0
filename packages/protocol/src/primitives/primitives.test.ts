import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DecodeError } from './decode-error.ts'
import { EncodeError } from './encode-error.ts'
import { Reader } from './reader.ts'
import { uvarintSize, varintSize, varlongSize } from './varint-size.ts'
import { MESSAGE_BYTES_MAX, Writer } from './writer.ts'

function written(write: (writer: Writer) => void): Buffer {
  const writer = new Writer(1)
  write(writer)
  return writer.finishBuffer()
}

function hexOf(write: (writer: Writer) => void): string {
  return written(write).toString('hex')
}

function reader(hex: string): Reader {
  return new Reader(Buffer.from(hex, 'hex'))
}

const TABLE: readonly [string, string, (writer: Writer) => void, (reader: Reader) => unknown, unknown][] = [
  ['bool', '01', (w) => w.bool(true), (r) => r.bool(), true],
  ['int8', '80', (w) => w.int8(-128), (r) => r.int8(), -128],
  ['int16', '8000', (w) => w.int16(-32_768), (r) => r.int16(), -32_768],
  ['uint16', 'fffe', (w) => w.uint16(65_534), (r) => r.uint16(), 65_534],
  ['int32', 'fffffffe', (w) => w.int32(-2), (r) => r.int32(), -2],
  ['uint32', 'fffffffe', (w) => w.uint32(4_294_967_294), (r) => r.uint32(), 4_294_967_294],
  ['int64', 'ffffffffffffffff', (w) => w.int64(-1), (r) => r.int64(), -1],
  ['int64', '001fffffffffffff', (w) => w.int64(2 ** 53 - 1), (r) => r.int64(), 2 ** 53 - 1],
  ['int64', 'ffe0000000000001', (w) => w.int64(1 - 2 ** 53), (r) => r.int64(), 1 - 2 ** 53],
  ['int64 max', '7fffffffffffffff', (w) => w.int64(2 ** 63), (r) => r.int64(), 2 ** 63],
  ['int64 min', '8000000000000000', (w) => w.int64(-(2 ** 63)), (r) => r.int64(), -(2 ** 63)],
  ['float64', '3ff8000000000000', (w) => w.float64(1.5), (r) => r.float64(), 1.5],
  [
    'uuid',
    '000102030405060708090a0b0c0d0e0f',
    (w) => w.uuid('AAECAwQFBgcICQoLDA0ODw'),
    (r) => r.uuid(),
    'AAECAwQFBgcICQoLDA0ODw',
  ],
  ['uvarint', '00', (w) => w.uvarint(0), (r) => r.uvarint(), 0],
  ['uvarint', 'ac02', (w) => w.uvarint(300), (r) => r.uvarint(), 300],
  ['uvarint', 'ffffffff0f', (w) => w.uvarint(4_294_967_295), (r) => r.uvarint(), 4_294_967_295],
  ['varint', '01', (w) => w.varint(-1), (r) => r.varint(), -1],
  ['varint', 'ffffffff0f', (w) => w.varint(-2_147_483_648), (r) => r.varint(), -2_147_483_648],
  ['varlong', '80808080808001', (w) => w.varlong(2 ** 41), (r) => r.varlong(), 2 ** 41],
  ['varlong', 'ffffffffffffff0f', (w) => w.varlong(-(2 ** 52)), (r) => r.varlong(), -(2 ** 52)],
  ['string', '0002c3bc', (w) => w.string('ü'), (r) => r.string(), 'ü'],
  ['nullable string', 'ffff', (w) => w.nullableString(null), (r) => r.nullableString(), null],
  ['compact string', '03c3bc', (w) => w.compactString('ü'), (r) => r.compactString(), 'ü'],
  ['compact string', '01', (w) => w.compactNullableString(''), (r) => r.compactNullableString(), ''],
  ['compact null string', '00', (w) => w.compactNullableString(null), (r) => r.compactNullableString(), null],
  ['bytes', '00000001ff', (w) => w.byteString(Buffer.from([255])), (r) => r.byteString(), Buffer.from([255])],
  ['null bytes', 'ffffffff', (w) => w.nullableBytes(null), (r) => r.nullableBytes(), null],
  ['compact bytes', '02ff', (w) => w.compactBytes(Buffer.from([255])), (r) => r.compactBytes(), Buffer.from([255])],
]

describe('primitives', () => {
  it('of varying length are as long as they are said to be', () => {
    const powers = Array.from({ length: 53 }, (_, bits) => 2 ** bits).flatMap((power) => [
      power - 1,
      power,
      -power,
      1 - power,
    ])
    for (const value of powers) {
      expect(varlongSize(value), `${value}`).toBe(written((w) => w.varlong(value)).length)
      if (value >= 0 && value < 2 ** 32) expect(uvarintSize(value)).toBe(written((w) => w.uvarint(value)).length)
      if (value === (value | 0)) expect(varintSize(value)).toBe(written((w) => w.varint(value)).length)
    }
  })

  it.each(TABLE)('%s is %s', (_, hex, write, read, value) => {
    expect(hexOf(write)).toBe(hex)
    const from = reader(hex)
    expect(read(from)).toEqual(value)
    from.expectEnd()
  })

  it('round trip whatever the size of the numbers', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.integer(), (long, int) => {
        const bytes = written((w) => {
          w.varlong(long)
          w.int64(long)
          w.varint(int)
          w.uvarint(int >>> 0)
        })
        const from = new Reader(bytes)
        expect([from.varlong(), from.int64(), from.varint(), from.uvarint()]).toEqual([long, long, int, int >>> 0])
        from.expectEnd()
      }),
    )
  })

  it('reads varlongs beyond 53 bits as the nearest number', () => {
    expect(reader('feffffffffffffffff01').varlong()).toBe(2 ** 63)
    expect(reader('ffffffffffffffffff01').varlong()).toBe(-(2 ** 63))
  })

  it.each([
    ['a varint of six bytes', 'ffffffffff01', (r: Reader) => r.uvarint()],
    ['a varint of 33 bits', 'ffffffff1f', (r: Reader) => r.uvarint()],
    ['a varlong of eleven bytes', 'ffffffffffffffffffff01', (r: Reader) => r.varlong()],
    ['a varint that is cut off', '80', (r: Reader) => r.varint()],
    ['a string longer than the bytes', '000561', (r: Reader) => r.string()],
    ['a string of negative length', 'fffe', (r: Reader) => r.nullableString()],
    ['a null string', 'ffff', (r: Reader) => r.string()],
    ['a compact string of 2^31 bytes', '8180808008', (r: Reader) => r.compactString()],
    ['bytes of 2^31-1 bytes', '7fffffff', (r: Reader) => r.byteString()],
    ['an array of 2^31-1 elements', '7fffffff00', (r: Reader) => r.arrayLength(1)],
    ['an array of -2 elements', 'fffffffe', (r: Reader) => r.nullableArrayLength(1)],
    ['a presence byte of 2', '02', (r: Reader) => r.structPresent()],
    ['a number that is cut off', '00000000000000', (r: Reader) => r.int64()],
  ])('%s is refused', (_, hex, read) => {
    expect(() => read(reader(hex))).toThrow(DecodeError)
  })

  it('writes texts of any length and alphabet', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 200 }), { maxLength: 5 }), (texts) => {
        const from = new Reader(
          written((w) => {
            for (const text of texts) {
              w.string(text)
              w.compactString(text)
            }
          }),
        )
        for (const text of texts) expect([from.string(), from.compactString()]).toEqual([text, text])
      }),
    )
  })

  it('refuses to write what does not fit', () => {
    expect(() => hexOf((w) => w.string('x'.repeat(32_768)))).toThrow(EncodeError)
    expect(() => hexOf((w) => w.compactString('x'.repeat(32_768)))).toThrow(EncodeError)
    expect(() => hexOf((w) => w.int16(32_768))).toThrow(RangeError)
    expect(() => hexOf((w) => w.int32(2 ** 31))).toThrow(RangeError)
    expect(() => hexOf((w) => w.uuid('short'))).toThrow(EncodeError)
    expect(() => hexOf((w) => w.uuid('AAECAwQFBgcICQoLDA0OD='))).toThrow(EncodeError)
    expect(() => hexOf((w) => w.uuid('ÁAECAwQFBgcICQoLDA0ODw'.slice(0, 22)))).toThrow(EncodeError)
  })

  it('never writes again what it has handed out', () => {
    const writer = new Writer(8)
    writer.string('first')
    const [first] = writer.finish()
    writer.string('other')
    writer.reset()
    writer.string('again')
    expect(first?.toString('latin1', 2)).toBe('first')
    expect(writer.finishBuffer().toString('latin1', 2)).toBe('again')
  })

  it('refuses to grow past the largest message, and goes on with the next one', () => {
    const writer = new Writer(8)
    const mebibyte = Buffer.alloc(1_048_576)
    expect(() => {
      for (let times = 0; times <= MESSAGE_BYTES_MAX / mebibyte.length; times++) writer.raw(mebibyte)
    }).toThrow(EncodeError)
    writer.reset()
    writer.string('small')
    expect(writer.finishBuffer().toString('latin1', 2)).toBe('small')
  })

  it('puts sizes in front of tags of any size', () => {
    const bytes = written((w) => {
      for (const size of [1, 127, 128, 20_000]) {
        const mark = w.beginTag(size)
        w.raw(Buffer.alloc(size, 1))
        w.endTag(mark)
      }
    })
    const from = new Reader(bytes)
    for (const size of [1, 127, 128, 20_000]) {
      expect(from.uvarint()).toBe(size)
      const end = from.tagEnd()
      expect(end - from.position).toBe(size)
      from.skip(size)
    }
    from.expectEnd()
  })
})
