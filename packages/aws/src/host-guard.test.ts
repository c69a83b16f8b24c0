import { expect, test } from 'vitest'
import { HostGuard, hostName } from './host-guard.ts'

const guard = new HostGuard({ hosts: ['msk.example.com'], origins: ['http://localhost:5173'] })
const refusal = (host: string, origin = '', fetchSite = ''): string | null => guard.refusal({ host, origin, fetchSite })

test.each([
  '127.0.0.1:4566',
  '[::1]:4566',
  '10.1.2.3',
  'localhost:4566',
  'LOCALHOST',
  'millrace:4566',
  'kafka.localhost',
  'host.docker.internal:4566',
  'msk.example.com:4566',
])('a client that reaches the server as %s may pass', (host) => {
  expect(refusal(host)).toBeNull()
})

test.each(['evil.example.com:4566', '127.0.0.1.evil.com', 'localhost.evil.com', 'xmsk.example.com'])(
  'the name %s, which may be turned to this machine by anybody, is refused',
  (host) => {
    expect(refusal(host)).toContain(hostName(host))
  },
)

test('a page of the server itself or of an allowed origin may pass, any other page may not', () => {
  expect(refusal('127.0.0.1:4566', 'http://127.0.0.1:4566')).toBeNull()
  expect(refusal('127.0.0.1:4566', 'http://localhost:5173', 'cross-site')).toBeNull()
  for (const origin of ['http://127.0.0.1:8080', 'https://evil.example.com', 'null'])
    expect(refusal('127.0.0.1:4566', origin)).toContain(origin)
})

test('a request that a foreign page makes without an Origin, by an image, is refused', () => {
  expect(refusal('127.0.0.1:4566', '', 'cross-site')).not.toBeNull()
  expect(refusal('127.0.0.1:4566', '', 'same-site')).not.toBeNull()
  expect(refusal('127.0.0.1:4566', '', 'same-origin')).toBeNull()
  expect(refusal('127.0.0.1:4566', '', 'none')).toBeNull()
})
