import { execFileSync } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Input } from '@millrace/aws/operation-types'
import { readSigningRequest } from '@millrace/pki/signing-request'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { client, context, failure, openAuthorities, ROOT_TEMPLATE, type AuthorityWorld } from './authority-world.ts'

let world: AuthorityWorld

beforeEach(async () => {
  world = await openAuthorities()
})
afterEach(() => world.close())

describe('a certificate', () => {
  it('carries the subject as it was asked for, to the byte, and its alternative names', async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'acm-pca-'))
    try {
      const [key, csr] = [join(scratch, 'key.pem'), join(scratch, 'csr.pem')]
      const subject = '/C=DE/O=Rides, Inc./OU=a+b/emailAddress=alice@example.org/CN=Ålice'
      const names = 'subjectAltName=DNS:alice.example.org,IP:10.0.0.1'
      const request = ['req', '-new', '-newkey', 'rsa:2048', '-nodes', '-utf8', '-keyout', key, '-out', csr]
      execFileSync('openssl', [...request, '-subj', subject, '-addext', names], { stdio: 'ignore' })
      const text = readFileSync(csr, 'utf8')
      const asked = await readSigningRequest(text)
      const TemplateArn = 'arn:aws:acm-pca:::template/EndEntityClientAuthCertificate/V1'
      const { pem } = await world.issue(await world.activeRoot(), text, { TemplateArn })
      const certificate = new X509Certificate(pem)
      expect(certificate.raw.includes(asked.subject)).toBe(true)
      expect(certificate.subjectAltName).toBe('DNS:alice.example.org, IP Address:10.0.0.1')
      expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
      const spki = certificate.publicKey.export({ format: 'der', type: 'spki' })
      expect(createHash('sha1').update(spki).digest('hex')).toBe(
        createHash('sha1').update(asked.publicKey).digest('hex'),
      )
    } finally {
      rmSync(scratch, { recursive: true })
    }
  })

  it('is refused for a request that its key did not sign, or that is none', async () => {
    const arn = await world.activeRoot()
    await expect(world.issue(arn, 'nothing')).rejects.toEqual(failure('MalformedCSRException'))
    const request = await client()
    const der = Buffer.from(request.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64')
    const at = der.indexOf('alice')
    der.write('mary!', at)
    const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`
    await expect(world.issue(arn, forged)).rejects.toEqual(failure('MalformedCSRException', /signature/))
    await expect(world.issue(arn, request, { SigningAlgorithm: 'SHA256WITHRSA' })).rejects.toEqual(
      failure('InvalidArgsException', /cannot sign/),
    )
    await expect(world.issue(arn, request, { TemplateArn: 'arn:aws:acm-pca:::template/X/V1' })).rejects.toEqual(
      failure('InvalidArgsException', /not served/),
    )
  })

  it.each([
    [{ Type: 'DAYS', Value: 90 }, '2027-02-19T12:00:00.000Z'],
    [{ Type: 'MONTHS', Value: 2 }, '2027-01-21T12:00:00.000Z'],
    [{ Type: 'YEARS', Value: 1 }, '2027-11-21T12:00:00.000Z'],
    [{ Type: 'ABSOLUTE', Value: 1_800_000_000 }, '2027-01-15T08:00:00.000Z'],
    [{ Type: 'END_DATE', Value: 20_300_101_000_000 }, '2030-01-01T00:00:00.000Z'],
    [{ Type: 'END_DATE', Value: 301_231_235_959 }, '2030-12-31T23:59:59.000Z'],
  ] as const)('with a validity of %j ends at %s', async (Validity, end) => {
    const { pem } = await world.issue(await world.activeRoot(), await client(), { Validity })
    expect(new Date(new X509Certificate(pem).validTo).toISOString()).toBe(end)
  })

  it('ends neither in the past nor after its authority', async () => {
    const arn = await world.activeRoot()
    const attempt = async (Validity: Input<'acm-pca', 'IssueCertificate'>['Validity']): Promise<unknown> =>
      world.issue(arn, await client(), { Validity })
    await expect(attempt({ Type: 'ABSOLUTE', Value: 1_000_000_000 })).rejects.toEqual(failure('InvalidArgsException'))
    await expect(attempt({ Type: 'YEARS', Value: 11 })).rejects.toEqual(failure('InvalidArgsException', /exceeds/))
    await expect(attempt({ Type: 'END_DATE', Value: 20_309_999_000_000 })).rejects.toEqual(
      failure('InvalidArgsException'),
    )
    const short = await world.create('Short', { UsageMode: 'SHORT_LIVED_CERTIFICATE' })
    const root = await world.issue(short, await world.csrOf(short), { TemplateArn: ROOT_TEMPLATE })
    const input = { CertificateAuthorityArn: short, Certificate: Buffer.from(root.pem) }
    await world.api.ImportCertificateAuthorityCertificate(input, context)
    const week = { Validity: { Type: 'DAYS', Value: 8 } } as const
    await expect(world.issue(short, await client(), week)).rejects.toEqual(failure('InvalidArgsException', /7 days/))
  })

  it('is revoked once, by its serial number as openssl writes it, and the listener hears of it', async () => {
    const arn = await world.activeRoot()
    const { pem } = await world.issue(arn, await client())
    const { serialNumber } = new X509Certificate(pem)
    const heard: string[] = []
    world.vault.subscribe((changed) => heard.push(changed))
    const revoke = (serial: string): Promise<unknown> =>
      world.api.RevokeCertificate(
        { CertificateAuthorityArn: arn, CertificateSerial: serial, RevocationReason: 'KEY_COMPROMISE' },
        context,
      )
    const scope = { accountId: '000000000000', region: 'us-east-1' }
    const issuerPem = (await world.vault.readAuthority(arn, scope))?.certificatePem
    expect(await world.vault.revocations(scope)).toEqual([])
    await revoke(serialNumber.replaceAll(/(..)(?=.)/g, '$1:'))
    expect(heard).toEqual([arn])
    expect(await world.vault.revocations(scope)).toEqual([{ issuerPem, serials: [serialNumber.toLowerCase()] }])
    expect(await world.vault.revocations({ ...scope, region: 'eu-west-1' })).toEqual([])
    await expect(revoke(serialNumber)).rejects.toEqual(failure('RequestAlreadyProcessedException'))
    await expect(revoke('00ff')).rejects.toEqual(failure('ResourceNotFoundException'))
    const own = (await world.describeOf(arn))?.Serial ?? ''
    await expect(revoke(own)).rejects.toEqual(failure('InvalidRequestException', /self-signed/))
  })

  it('of an authority takes along, when it is revoked, everything that the authority and those below it issue', async () => {
    const root = await world.activeRoot()
    const subordinate = async (above: string, name: string, pathLength: number): Promise<string> => {
      const arn = await world.create(name, { CertificateAuthorityType: 'SUBORDINATE' })
      const TemplateArn = `arn:aws:acm-pca:::template/SubordinateCACertificate_PathLen${pathLength}/V1`
      const { pem, chain = '' } = await world.issue(above, await world.csrOf(arn), { TemplateArn })
      await world.api.ImportCertificateAuthorityCertificate(
        { CertificateAuthorityArn: arn, Certificate: Buffer.from(pem), CertificateChain: Buffer.from(chain) },
        context,
      )
      return arn
    }
    const upper = await subordinate(root, 'Upper', 1)
    const lower = await subordinate(upper, 'Lower', 0)
    await subordinate(root, 'Beside', 0)
    const CertificateSerial = (await world.describeOf(upper))?.Serial ?? ''
    const RevocationReason = 'CERTIFICATE_AUTHORITY_COMPROMISE'
    await world.api.RevokeCertificate({ CertificateAuthorityArn: root, CertificateSerial, RevocationReason }, context)
    const revocations = await world.vault.revocations({ accountId: '000000000000', region: 'us-east-1' })
    const subjects = revocations.map(({ issuerPem, serials }) => [
      new X509Certificate(issuerPem).subject.split('\n').at(-1),
      serials?.length ?? 'all',
    ])
    expect(subjects).toEqual([
      ['CN=Rides Root', 1],
      ['CN=Upper', 'all'],
      ['CN=Lower', 'all'],
    ])
    expect(lower).not.toBe(upper)
  })

  it('is issued once for the same token', async () => {
    const arn = await world.activeRoot()
    const csr = await client()
    const first = await world.issue(arn, csr, { IdempotencyToken: 't' })
    expect((await world.issue(arn, csr, { IdempotencyToken: 't' })).arn).toBe(first.arn)
    expect((await world.issue(arn, csr)).arn).not.toBe(first.arn)
  })
})
