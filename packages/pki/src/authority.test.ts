import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tls from 'node:tls'
import { afterAll, describe, expect, it } from 'vitest'
import { ensureAuthority, readAuthority } from './authority-files.ts'
import { createAuthority, issueServerCertificate } from './authority.ts'

const NOW_MS = Date.UTC(2026, 0, 15)
const DAY_MS = 86_400_000
const scratch = mkdtempSync(join(tmpdir(), 'millrace-pki-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

describe('the local authority', () => {
  it('signs itself, as one that may sign servers and nothing below them', async () => {
    const { certificatePem, keyPem } = await createAuthority(NOW_MS)
    const certificate = new X509Certificate(certificatePem)
    expect(certificate.ca).toBe(true)
    expect(certificate.verify(certificate.publicKey)).toBe(true)
    expect(new Date(certificate.validFrom).getTime()).toBe(NOW_MS - DAY_MS)
    expect(keyPem).toMatch(/^-----BEGIN PRIVATE KEY-----\n[\s\S]+\n-----END PRIVATE KEY-----\n$/)
  })

  it('issues server certificates for names and addresses, with itself as the chain', async () => {
    const authority = await createAuthority(NOW_MS)
    const issued = await issueServerCertificate(authority, {
      commonName: 'broker 1',
      names: ['localhost', 'b-1.example', '127.0.0.1', '::1'],
      nowMs: NOW_MS,
      validityMs: 30 * DAY_MS,
    })
    const certificate = new X509Certificate(issued.certificatePem)
    expect(certificate.verify(new X509Certificate(authority.certificatePem).publicKey)).toBe(true)
    expect(['localhost', 'b-1.example'].map((name) => certificate.checkHost(name))).not.toContain(undefined)
    expect(['127.0.0.1', '::1'].map((address) => certificate.checkIP(address))).not.toContain(undefined)
    expect(certificate.checkHost('elsewhere.example')).toBeUndefined()
    expect(certificate.ca).toBe(false)
    expect(new Date(certificate.validTo).getTime()).toBe(NOW_MS + 30 * DAY_MS)
    expect(issued.certificatePem.endsWith(authority.certificatePem)).toBe(true)
    expect(() => tls.createSecureContext({ key: issued.keyPem, cert: issued.certificatePem })).not.toThrow()
  })

  it('is made once per directory, by whoever comes first, and its key is for its owner alone', async () => {
    const directory = join(scratch, 'ca')
    expect(readAuthority(directory)).toBeNull()
    const [one, other] = await Promise.all([ensureAuthority(directory, NOW_MS), ensureAuthority(directory, NOW_MS)])
    expect(one).toEqual(other)
    expect(readAuthority(directory)).toEqual(one)
    expect(readFileSync(join(directory, 'ca.pem'), 'utf8')).toBe(one.certificatePem)
    expect(statSync(join(directory, 'ca-key.pem')).mode & 0o777).toBe(0o600)
  })
})
