import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { BrokerCertificates } from './broker-certificates.ts'

const DAY_MS = 86_400_000
const scratch = mkdtempSync(join(tmpdir(), 'millrace-certificates-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

let nowMs: number
let certificates: BrokerCertificates

beforeEach(() => {
  nowMs = Date.UTC(2026, 0, 1)
  certificates = new BrokerCertificates({ authorityDirectory: scratch, listenHost: '127.0.0.1', now: () => nowMs })
})

test('a certificate is kept as long as it is good for what is asked', async () => {
  const first = await certificates.current('c-1', null, [])
  expect(await certificates.current('c-1', first, ['localhost', '127.0.0.1', '::1'])).toBe(first)
})

test('another name makes another certificate, for the names of before too', async () => {
  const first = await certificates.current('c-1', null, ['kafka.local'])
  const second = await certificates.current('c-1', first, ['10.1.2.3'])
  expect(second).not.toEqual(first)
  const certificate = new X509Certificate(second.certificatePem)
  expect([certificate.checkHost('kafka.local'), certificate.checkHost('localhost')]).toEqual([
    'kafka.local',
    'localhost',
  ])
  expect([certificate.checkIP('10.1.2.3'), certificate.checkIP('::1')]).not.toContain(undefined)
})

test('a certificate that ends within sixty days is replaced by one of the same authority', async () => {
  const first = await certificates.current('c-1', null, [])
  nowMs += 330 * DAY_MS
  expect(await certificates.current('c-1', first, [])).toBe(first)
  nowMs += 10 * DAY_MS
  const second = await certificates.current('c-1', first, [])
  expect(second).not.toBe(first)
  expect(new X509Certificate(second.certificatePem).issuer).toBe(new X509Certificate(first.certificatePem).issuer)
})

test('what is no host name never gets into a certificate, nor do more names than anybody has', async () => {
  const first = await certificates.current('c-1', null, ['evil, DNS:bank.example', '*.example', ''])
  expect(new X509Certificate(first.certificatePem).subjectAltName).not.toContain('example')
  const many = Array.from({ length: 100 }, (_, index) => `h${index}.local`)
  await expect(certificates.current('c-1', first, many)).rejects.toThrow('more than 100 names')
})
