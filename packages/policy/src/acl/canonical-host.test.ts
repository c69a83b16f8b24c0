import { describe, expect, it } from 'vitest'
import { canonicalHost } from './canonical-host.ts'

describe('canonicalHost', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['/10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['0:0:0:0:0:FFFF:10.0.0.1', '10.0.0.1'],
    ['::1', '0:0:0:0:0:0:0:1'],
    ['0:0:0:0:0:0:0:1', '0:0:0:0:0:0:0:1'],
    ['2001:0DB8::00ff:0', '2001:db8:0:0:0:0:ff:0'],
    ['fe80::1%eth0', 'fe80:0:0:0:0:0:0:1'],
    ['*', '*'],
    ['a::b::c', 'a::b::c'],
    ['1:2:3', '1:2:3'],
    ['not:an:address', 'not:an:address'],
  ])('writes %s as %s', (host, canonical) => {
    expect(canonicalHost(host)).toBe(canonical)
  })
})
