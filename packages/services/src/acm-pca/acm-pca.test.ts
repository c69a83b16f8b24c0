import { execFileSync } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Input } from '@millrace/aws/operation-types'
import { readSigningRequest, newSigningRequest, type NamePart } from '@millrace/pki/signing-request'
import type { KeyAlgorithm, SigningAlgorithm } from '@millrace/pki/signing-keys'
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest'
import { Pages } from '../pages.ts'
import type { Database } from '../store/database.ts'
import { openTestDatabase } from '../testing/memory-database.ts'
import { acmPcaOperations } from './acm-pca-service.ts'
import { AuthorityStore } from './authority-store.ts'
import { acmPcaTargets } from './targets.ts'
import { AuthorityVault } from './authority-vault.ts'

const context = { accountId: '000000000000', region: 'us-east-1' } as never
const START_MS = Date.parse('2026-11-21T12:00:00Z')
const DAY_MS = 86_400_000
const ROOT_TEMPLATE = 'arn:aws:acm-pca:::template/RootCACertificate/V1'

let nowMs: number
let database: Database
let vault: AuthorityVault
let api: Required<ReturnType<typeof acmPcaOperations>>

beforeEach(async () => {
  nowMs = START_MS
  database = await openTestDatabase()
  const clock = (): Date => new Date(nowMs)
  const store = new AuthorityStore(database)
  vault = new AuthorityVault({ store, masterKey: Buffer.alloc(32, 7), clock })
  api = acmPcaOperations({ vault, store, clock, pages: new Pages('InvalidNextTokenException') }) as typeof api
})
afterEach(() => database.destroy())

type Creation = Partial<Input<'acm-pca', 'CreateCertificateAuthority'>>

async function create(commonName: string, more: Creation = {}, algorithm = 'EC_prime256v1 SHA256WITHECDSA') {
  const [KeyAlgorithm, SigningAlgorithm] = algorithm.split(' ') as [KeyAlgorithm, SigningAlgorithm]
  const Subject = { Country: 'DE', Organization: 'Rides, Inc.', CommonName: commonName }
  const { CertificateAuthorityArn = '' } = await api.CreateCertificateAuthority(
    {
      CertificateAuthorityConfiguration: { KeyAlgorithm, SigningAlgorithm, Subject },
      CertificateAuthorityType: 'ROOT',
      ...more,
    },
    context,
  )
  return CertificateAuthorityArn
}

async function issue(arn: string, csr: string, more: Partial<Input<'acm-pca', 'IssueCertificate'>> = {}) {
  const { CertificateArn = '' } = await api.IssueCertificate(
    {
      CertificateAuthorityArn: arn,
      Csr: Buffer.from(csr),
      SigningAlgorithm: 'SHA256WITHECDSA',
      Validity: { Type: 'DAYS', Value: 30 },
      ...more,
    },
    context,
  )
  const got = await api.GetCertificate({ CertificateAuthorityArn: arn, CertificateArn }, context)
  return { arn: CertificateArn, pem: got.Certificate ?? '', chain: got.CertificateChain }
}

const csrOf = async (arn: string): Promise<string> =>
  (await api.GetCertificateAuthorityCsr({ CertificateAuthorityArn: arn }, context)).Csr ?? ''

/** A root with its own certificate, ready to issue. */
async function activeRoot(name = 'Rides Root', algorithm = 'EC_prime256v1 SHA256WITHECDSA'): Promise<string> {
  const arn = await create(name, {}, algorithm)
  const SigningAlgorithm = algorithm.split(' ')[1] as SigningAlgorithm
  const years = { Type: 'YEARS', Value: 10 } as const
  const { pem } = await issue(arn, await csrOf(arn), { TemplateArn: ROOT_TEMPLATE, Validity: years, SigningAlgorithm })
  await api.ImportCertificateAuthorityCertificate(
    { CertificateAuthorityArn: arn, Certificate: Buffer.from(pem) },
    context,
  )
  return arn
}

const client = async (subject: readonly NamePart[] = [['2.5.4.3', 'alice']]): Promise<string> =>
  (await newSigningRequest({ subject, keyAlgorithm: 'EC_prime256v1', signingAlgorithm: 'SHA256WITHECDSA' })).requestPem

const describeOf = async (arn: string) =>
  (await api.DescribeCertificateAuthority({ CertificateAuthorityArn: arn }, context)).CertificateAuthority

const failure = (name: string, text: string | RegExp = ''): unknown =>
  expect.objectContaining({ name, message: expect.stringMatching(text) as unknown })

describe('an authority', () => {
  it('waits for its certificate, then issues; the certificate verifies by the chain that comes with it', async () => {
    const arn = await create('Rides Root')
    expect(await describeOf(arn)).toMatchObject({ Status: 'PENDING_CERTIFICATE', Type: 'ROOT' })
    await expect(issue(arn, await client())).rejects.toEqual(failure('InvalidStateException'))
    const noCertificate = api.GetCertificateAuthorityCertificate({ CertificateAuthorityArn: arn }, context)
    await expect(noCertificate).rejects.toEqual(failure('InvalidStateException'))
    const root = await issue(arn, await csrOf(arn), { TemplateArn: ROOT_TEMPLATE })
    expect(root.chain).toBeUndefined()
    const input = { CertificateAuthorityArn: arn, Certificate: Buffer.from(root.pem) }
    await api.ImportCertificateAuthorityCertificate(input, context)
    expect(await describeOf(arn)).toMatchObject({
      Status: 'ACTIVE',
      NotAfter: new Date(START_MS + 30 * DAY_MS),
      Serial: expect.stringMatching(/^([0-9a-f]{2}:){15}[0-9a-f]{2}$/) as unknown,
    })
    const issued = await issue(arn, await client(), { Validity: { Type: 'DAYS', Value: 7 } })
    const [certificate, above] = [new X509Certificate(issued.pem), new X509Certificate(issued.chain ?? '')]
    expect(above.fingerprint256).toBe(new X509Certificate(root.pem).fingerprint256)
    expect([certificate.checkIssued(above), certificate.verify(above.publicKey)]).toEqual([true, true])
    expect([certificate.subject, certificate.issuer]).toEqual(['CN=alice', 'C=DE\nO=Rides\\, Inc.\nCN=Rides Root'])
    expect(certificate.ca).toBe(false)
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'])
    expect(issued.arn).toBe(`${arn}/certificate/${certificate.serialNumber.toLowerCase()}`)
    expect(Date.parse(certificate.validFrom)).toBe(START_MS - 3_600_000)
  })

  it.each([
    ['RSA_2048 SHA256WITHRSA'],
    ['RSA_3072 SHA512WITHRSA'],
    ['EC_prime256v1 SHA384WITHECDSA'],
    ['EC_secp384r1 SHA384WITHECDSA'],
  ])('with %s signs certificates that verify', async (algorithm) => {
    const arn = await activeRoot('Root', algorithm)
    const SigningAlgorithm = algorithm.split(' ')[1] as SigningAlgorithm
    const { pem, chain } = await issue(arn, await client(), { SigningAlgorithm })
    const root = new X509Certificate(chain ?? '')
    expect([root.verify(root.publicKey), new X509Certificate(pem).verify(root.publicKey)]).toEqual([true, true])
  })

  it('keeps its private key sealed', async () => {
    await create('Rides Root')
    const { document } = await database.selectFrom('pca_authorities').select('document').executeTakeFirstOrThrow()
    const { sealedKey } = JSON.parse(document) as { sealedKey: string }
    // A PKCS #8 EC key names its algorithm; a sealed one does not.
    expect(Buffer.from(sealedKey, 'base64').includes(Buffer.from('06072a8648ce3d0201', 'hex'))).toBe(false)
  })

  it('is disabled, enabled, deleted and restored by its rules, and gone after its time', async () => {
    const arn = await activeRoot()
    const input = { CertificateAuthorityArn: arn }
    await expect(api.DeleteCertificateAuthority(input, context)).rejects.toEqual(
      failure('InvalidStateException', /disable/),
    )
    await api.UpdateCertificateAuthority({ ...input, Status: 'DISABLED' }, context)
    await expect(issue(arn, await client())).rejects.toEqual(failure('InvalidStateException'))
    await api.UpdateCertificateAuthority({ ...input, Status: 'ACTIVE' }, context)
    await issue(arn, await client())
    await expect(api.RestoreCertificateAuthority(input, context)).rejects.toEqual(failure('InvalidStateException'))
    await api.UpdateCertificateAuthority({ ...input, Status: 'DISABLED' }, context)
    await api.DeleteCertificateAuthority({ ...input, PermanentDeletionTimeInDays: 7 }, context)
    expect(await describeOf(arn)).toMatchObject({ Status: 'DELETED', RestorableUntil: new Date(nowMs + 7 * DAY_MS) })
    await api.RestoreCertificateAuthority(input, context)
    expect(await describeOf(arn)).toMatchObject({ Status: 'DISABLED' })
    await api.DeleteCertificateAuthority({ ...input, PermanentDeletionTimeInDays: 7 }, context)
    nowMs += 8 * DAY_MS
    await expect(describeOf(arn)).rejects.toEqual(failure('ResourceNotFoundException'))
    expect(await database.selectFrom('pca_certificates').selectAll().execute()).toEqual([])
  })

  it('expires with its certificate', async () => {
    const arn = await activeRoot()
    nowMs += 3700 * DAY_MS
    expect(await describeOf(arn)).toMatchObject({ Status: 'EXPIRED' })
    await expect(issue(arn, await client())).rejects.toEqual(failure('InvalidStateException', /EXPIRED/))
  })

  it('is made once for the same token within five minutes, and not after that', async () => {
    const once = await create('A', { IdempotencyToken: 't' })
    expect(await create('A', { IdempotencyToken: 't' })).toBe(once)
    nowMs += 301_000
    expect(await create('A', { IdempotencyToken: 't' })).not.toBe(once)
    const { CertificateAuthorities: listed = [] } = await api.ListCertificateAuthorities({}, context)
    expect(listed).toHaveLength(2)
    const page = await api.ListCertificateAuthorities({ MaxResults: 1 }, context)
    const rest = await api.ListCertificateAuthorities({ NextToken: page.NextToken }, context)
    expect([...(page.CertificateAuthorities ?? []), ...(rest.CertificateAuthorities ?? [])]).toEqual(listed)
    expect(await vault.list({ accountId: '111111111111', region: 'us-east-1' })).toEqual([])
  })

  it('refuses what is not served, and keys that cannot sign so', async () => {
    await expect(create('A', {}, 'EC_prime256v1 SHA256WITHRSA')).rejects.toEqual(failure('InvalidArgsException'))
    await expect(create('A', {}, 'SM2 SM3WITHSM2')).rejects.toEqual(failure('InvalidArgsException', /not served/))
    const withList = { RevocationConfiguration: { CrlConfiguration: { Enabled: true } } }
    await expect(create('A', withList)).rejects.toEqual(failure('InvalidArgsException', /--mtls-revocation/))
    const nobody = {
      CertificateAuthorityConfiguration: { KeyAlgorithm: 'RSA_2048', SigningAlgorithm: 'SHA256WITHRSA', Subject: {} },
    } as const
    await expect(create('A', nobody)).rejects.toEqual(failure('InvalidArgsException', /no attribute/))
    const wrong = 'arn:aws:acm-pca:us-east-1:000000000000:certificate-authority/00000000-0000-0000-0000-000000000000'
    await expect(describeOf(wrong)).rejects.toEqual(failure('ResourceNotFoundException'))
    await expect(describeOf('arn:aws:kms:us-east-1:000000000000:key/1')).rejects.toEqual(failure('InvalidArnException'))
  })

  it('has tags', async () => {
    const arn = await create('A', { Tags: [{ Key: 'team', Value: 'rides' }] })
    const input = { CertificateAuthorityArn: arn }
    await api.TagCertificateAuthority({ ...input, Tags: [{ Key: 'stage' }] }, context)
    const tags = async (): Promise<unknown> => (await api.ListTags(input, context)).Tags
    expect(await tags()).toEqual([
      { Key: 'stage', Value: '' },
      { Key: 'team', Value: 'rides' },
    ])
    await api.UntagCertificateAuthority(
      { ...input, Tags: [{ Key: 'team', Value: 'other' }, { Key: 'stage' }] },
      context,
    )
    expect(await tags()).toEqual([{ Key: 'team', Value: 'rides' }])
    await expect(api.TagCertificateAuthority({ ...input, Tags: [{ Key: 'aws:x' }] }, context)).rejects.toEqual(
      failure('InvalidTagException'),
    )
  })
})

test('a call is about its authority with its tags, and about the template of the certificate', async () => {
  const arn = await create('A', { Tags: [{ Key: 'Team', Value: 'rides' }] })
  const targets = acmPcaTargets(new AuthorityStore(database))
  const scope = { accountId: '000000000000', region: 'us-east-1', principal: {} as never }
  const about = (operation: string, input: Record<string, unknown>): unknown => targets({ operation, input, ...scope })
  expect(await about('IssueCertificate', { CertificateAuthorityArn: arn, TemplateArn: ROOT_TEMPLATE })).toEqual({
    targets: [{ resource: arn, values: { 'aws:resourcetag/team': ['rides'], 'acm-pca:templatearn': [ROOT_TEMPLATE] } }],
  })
  expect(await about('ListCertificateAuthorities', { CertificateAuthorityArn: 7 })).toEqual({
    targets: [{ resource: '*', values: {} }],
  })
})

describe('a subordinate authority', () => {
  it('is signed by another, comes with the chain to its root, and no deeper than allowed', async () => {
    const root = await activeRoot()
    const sub = await create('Rides Clients', { CertificateAuthorityType: 'SUBORDINATE' })
    const TemplateArn = 'arn:aws:acm-pca:::template/SubordinateCACertificate_PathLen0/V1'
    const signed = await issue(root, await csrOf(sub), { TemplateArn, Validity: { Type: 'YEARS', Value: 5 } })
    const input = { CertificateAuthorityArn: sub, Certificate: Buffer.from(signed.pem) }
    await expect(api.ImportCertificateAuthorityCertificate(input, context)).rejects.toEqual(
      failure('MalformedCertificateException', /chain/),
    )
    const CertificateChain = Buffer.from(signed.chain ?? '')
    await api.ImportCertificateAuthorityCertificate({ ...input, CertificateChain }, context)
    const leaf = await issue(sub, await client())
    const chain = (leaf.chain ?? '').split(/(?<=-----END CERTIFICATE-----)\n/).map((pem) => new X509Certificate(pem))
    expect(chain.map(({ subject }) => subject.split('\n').at(-1))).toEqual(['CN=Rides Clients', 'CN=Rides Root'])
    expect(new X509Certificate(leaf.pem).verify(chain[0]?.publicKey ?? ({} as never))).toBe(true)
    const deeper = await create('Deeper', { CertificateAuthorityType: 'SUBORDINATE' })
    await expect(issue(sub, await csrOf(deeper), { TemplateArn })).rejects.toEqual(
      failure('InvalidArgsException', /path length/),
    )
  })

  it('takes no certificate that is not its own, not signed by the chain, or of no authority', async () => {
    const [root, stranger] = [await activeRoot(), await activeRoot('Stranger')]
    const sub = await create('Sub', { CertificateAuthorityType: 'SUBORDINATE' })
    const TemplateArn = 'arn:aws:acm-pca:::template/SubordinateCACertificate_PathLen1/V1'
    const signed = await issue(root, await csrOf(sub), { TemplateArn })
    const strange = await issue(stranger, await client())
    const attempt = (arn: string, pem: string, chain?: string): Promise<unknown> =>
      api.ImportCertificateAuthorityCertificate(
        {
          CertificateAuthorityArn: arn,
          Certificate: Buffer.from(pem),
          ...(chain === undefined ? {} : { CertificateChain: Buffer.from(chain) }),
        },
        context,
      )
    await expect(attempt(sub, signed.pem, strange.chain)).rejects.toEqual(failure('MalformedCertificateException'))
    await expect(attempt(sub, strange.pem, strange.chain)).rejects.toEqual(failure('CertificateMismatchException'))
    await expect(attempt(sub, 'nothing')).rejects.toEqual(failure('MalformedCertificateException'))
    const asClient = await issue(root, await csrOf(sub))
    await expect(attempt(sub, asClient.pem, asClient.chain)).rejects.toEqual(
      failure('MalformedCertificateException', /basic constraints/),
    )
    const other = await create('Another root')
    const ofOther = await issue(root, await csrOf(other), { TemplateArn })
    await expect(attempt(other, ofOther.pem)).rejects.toEqual(failure('InvalidRequestException', /self-signed/))
    const foreign = { TemplateArn: ROOT_TEMPLATE }
    await expect(issue(root, await client(), foreign)).rejects.toEqual(
      failure('InvalidArgsException', /root CA itself/),
    )
  })
})

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
      const { pem } = await issue(await activeRoot(), text, { TemplateArn })
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
    const arn = await activeRoot()
    await expect(issue(arn, 'nothing')).rejects.toEqual(failure('MalformedCSRException'))
    const request = await client()
    const der = Buffer.from(request.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64')
    const at = der.indexOf('alice')
    der.write('mary!', at)
    const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`
    await expect(issue(arn, forged)).rejects.toEqual(failure('MalformedCSRException', /signature/))
    await expect(issue(arn, request, { SigningAlgorithm: 'SHA256WITHRSA' })).rejects.toEqual(
      failure('InvalidArgsException', /cannot sign/),
    )
    await expect(issue(arn, request, { TemplateArn: 'arn:aws:acm-pca:::template/X/V1' })).rejects.toEqual(
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
    const { pem } = await issue(await activeRoot(), await client(), { Validity })
    expect(new Date(new X509Certificate(pem).validTo).toISOString()).toBe(end)
  })

  it('ends neither in the past nor after its authority', async () => {
    const arn = await activeRoot()
    const attempt = async (Validity: Input<'acm-pca', 'IssueCertificate'>['Validity']): Promise<unknown> =>
      issue(arn, await client(), { Validity })
    await expect(attempt({ Type: 'ABSOLUTE', Value: 1_000_000_000 })).rejects.toEqual(failure('InvalidArgsException'))
    await expect(attempt({ Type: 'YEARS', Value: 11 })).rejects.toEqual(failure('InvalidArgsException', /exceeds/))
    await expect(attempt({ Type: 'END_DATE', Value: 20_309_999_000_000 })).rejects.toEqual(
      failure('InvalidArgsException'),
    )
    const short = await create('Short', { UsageMode: 'SHORT_LIVED_CERTIFICATE' })
    const root = await issue(short, await csrOf(short), { TemplateArn: ROOT_TEMPLATE })
    const input = { CertificateAuthorityArn: short, Certificate: Buffer.from(root.pem) }
    await api.ImportCertificateAuthorityCertificate(input, context)
    const week = { Validity: { Type: 'DAYS', Value: 8 } } as const
    await expect(issue(short, await client(), week)).rejects.toEqual(failure('InvalidArgsException', /7 days/))
  })

  it('is revoked once, by its serial number as openssl writes it, and the listener hears of it', async () => {
    const arn = await activeRoot()
    const { pem } = await issue(arn, await client())
    const { serialNumber } = new X509Certificate(pem)
    const heard: string[] = []
    vault.subscribe((changed) => heard.push(changed))
    const revoke = (serial: string): Promise<unknown> =>
      api.RevokeCertificate(
        { CertificateAuthorityArn: arn, CertificateSerial: serial, RevocationReason: 'KEY_COMPROMISE' },
        context,
      )
    const scope = { accountId: '000000000000', region: 'us-east-1' }
    const issuerPem = (await vault.readAuthority(arn, scope))?.certificatePem
    expect(await vault.revocations(scope)).toEqual([])
    await revoke(serialNumber.replaceAll(/(..)(?=.)/g, '$1:'))
    expect(heard).toEqual([arn])
    expect(await vault.revocations(scope)).toEqual([{ issuerPem, serials: [serialNumber.toLowerCase()] }])
    expect(await vault.revocations({ ...scope, region: 'eu-west-1' })).toEqual([])
    await expect(revoke(serialNumber)).rejects.toEqual(failure('RequestAlreadyProcessedException'))
    await expect(revoke('00ff')).rejects.toEqual(failure('ResourceNotFoundException'))
    const own = (await describeOf(arn))?.Serial ?? ''
    await expect(revoke(own)).rejects.toEqual(failure('InvalidRequestException', /self-signed/))
  })

  it('of an authority takes along, when it is revoked, everything that the authority and those below it issue', async () => {
    const root = await activeRoot()
    const subordinate = async (above: string, name: string, pathLength: number): Promise<string> => {
      const arn = await create(name, { CertificateAuthorityType: 'SUBORDINATE' })
      const TemplateArn = `arn:aws:acm-pca:::template/SubordinateCACertificate_PathLen${pathLength}/V1`
      const { pem, chain = '' } = await issue(above, await csrOf(arn), { TemplateArn })
      await api.ImportCertificateAuthorityCertificate(
        { CertificateAuthorityArn: arn, Certificate: Buffer.from(pem), CertificateChain: Buffer.from(chain) },
        context,
      )
      return arn
    }
    const upper = await subordinate(root, 'Upper', 1)
    const lower = await subordinate(upper, 'Lower', 0)
    await subordinate(root, 'Beside', 0)
    const CertificateSerial = (await describeOf(upper))?.Serial ?? ''
    const RevocationReason = 'CERTIFICATE_AUTHORITY_COMPROMISE'
    await api.RevokeCertificate({ CertificateAuthorityArn: root, CertificateSerial, RevocationReason }, context)
    const revocations = await vault.revocations({ accountId: '000000000000', region: 'us-east-1' })
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
    const arn = await activeRoot()
    const csr = await client()
    const first = await issue(arn, csr, { IdempotencyToken: 't' })
    expect((await issue(arn, csr, { IdempotencyToken: 't' })).arn).toBe(first.arn)
    expect((await issue(arn, csr)).arn).not.toBe(first.arn)
  })
})
