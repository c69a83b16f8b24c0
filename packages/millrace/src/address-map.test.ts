import { expect, test } from 'vitest'
import { addressMapOf } from './address-map.ts'
import { UserError } from './user-error.ts'

test('pairs come one by one or with commas', () => {
  const map = [
    { network: '127.0.0.2/32', address: '203.0.113.9' },
    { network: '172.17.0.0/16', address: '2001:db8::1' },
  ]
  expect(addressMapOf(['127.0.0.2=203.0.113.9', '172.17.3.4/16=2001:db8::1'])).toEqual(map)
  expect(addressMapOf('127.0.0.2/32=203.0.113.9, 172.17.0.0/16=2001:db8::1')).toEqual(map)
  expect(addressMapOf([])).toEqual([])
})

test.each([
  '127.0.0.2',
  '127.0.0.2/32=',
  '=203.0.113.9',
  '127.0.0.2/33=203.0.113.9',
  '127.0.0.2=a',
  '1.1.1.1=2.2.2.2=3',
])('%j is refused with an example', (text) => {
  expect(() => addressMapOf(text)).toThrow(UserError)
  expect(() => addressMapOf(text)).toThrow('127.0.0.2/32=203.0.113.9')
})
