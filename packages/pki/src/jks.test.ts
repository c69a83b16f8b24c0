import { createHash, X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { createAuthority } from './authority.ts'
import { jksTrustStore } from './jks.ts'

test('a trust store lists its certificates and ends in a digest that depends on the password', async () => {
  const { certificatePem } = await createAuthority(Date.UTC(2026, 0, 1))
  const store = jksTrustStore([{ alias: 'millrace', certificatePem }], 'changeit', 1_700_000_000_000)
  expect(store.readUInt32BE(0)).toBe(0xfeedfeed)
  expect([store.readUInt32BE(4), store.readUInt32BE(8), store.readUInt32BE(12)]).toEqual([2, 1, 2])
  expect(store.toString('utf8', 18, 18 + store.readUInt16BE(16))).toBe('millrace')
  const der = new X509Certificate(certificatePem).raw
  expect(store.subarray(store.length - 20 - der.length, store.length - 20).equals(der)).toBe(true)
  const digest = createHash('sha1')
    .update(Buffer.from('\0c\0h\0a\0n\0g\0e\0i\0t', 'latin1'))
    .update('Mighty Aphrodite')
    .update(store.subarray(0, -20))
    .digest()
  expect(store.subarray(-20).equals(digest)).toBe(true)
  expect(jksTrustStore([{ alias: 'millrace', certificatePem }], 'other', 1_700_000_000_000).subarray(-20)).not.toEqual(
    digest,
  )
})
