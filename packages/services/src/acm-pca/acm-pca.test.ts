import { X509Certificate } from 'node:crypto'
import type { SigningAlgorithm } from '@millrace/pki/signing-keys'
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest'
import { AuthorityStore } from './authority-store.ts'
import { acmPcaTargets } from './targets.ts'
import {
  client,
  context,
  DAY_MS,
  failure,
  openAuthorities,
  ROOT_TEMPLATE,
  START_MS,
  type AuthorityWorld,
} from './authority-world.ts'

let world: AuthorityWorld

beforeEach(async () => {
  world = await openAuthorities()
})
afterEach(() => world.close())

describe('an authority', () => {
  it('waits for its certificate, then issues; the certificate verifies by the chain that comes with it', async () => {
    const arn = await world.create('Rides Root')
    expect(await world.describeOf(arn)).toMatchObject({ Status: 'PENDING_CERTIFICATE', Type: 'ROOT' })
    await expect(world.issue(arn, await client())).rejects.toEqual(failure('InvalidStateException'))
    const noCertificate = world.api.GetCertificateAuthorityCertificate({ CertificateAuthorityArn: arn }, context)
    await expect(noCertificate).rejects.toEqual(failure('InvalidStateException'))
    const root = await world.issue(arn, await world.csrOf(arn), { TemplateArn: ROOT_TEMPLATE })
    expect(root.chain).toBeUndefined()
    const input = { CertificateAuthorityArn: arn, Certificate: Buffer.from(root.pem) }
    await world.api.ImportCertificateAuthorityCertificate(input, context)
    expect(await world.describeOf(arn)).toMatchObject({
      Status: 'ACTIVE',
      NotAfter: new Date(START_MS + 30 * DAY_MS),
      Serial: expect.stringMatching(/^([0-9a-f]{2}:){15}[0-9a-f]{2}$/) as unknown,
    })
    const issued = await world.issue(arn, await client(), { Validity: { Type: 'DAYS', Value: 7 } })
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
    const arn = await world.activeRoot('Root', algorithm)
    const SigningAlgorithm = algorithm.split(' ')[1] as SigningAlgorithm
    const { pem, chain } = await world.issue(arn, await client(), { SigningAlgorithm })
    const root = new X509Certificate(chain ?? '')
    expect([root.verify(root.publicKey), new X509Certificate(pem).verify(root.publicKey)]).toEqual([true, true])
  })

  it('keeps its private key sealed', async () => {
    await world.create('Rides Root')
    const { document } = await world.database.selectFrom('pca_authorities').select('document').executeTakeFirstOrThrow()
    const { sealedKey } = JSON.parse(document) as { sealedKey: string }
    // A PKCS #8 EC key names its algorithm; a sealed one does not.
    expect(Buffer.from(sealedKey, 'base64').includes(Buffer.from('06072a8648ce3d0201', 'hex'))).toBe(false)
  })

  it('is disabled, enabled, deleted and restored by its rules, and gone after its time', async () => {
    const arn = await world.activeRoot()
    const input = { CertificateAuthorityArn: arn }
    await expect(world.api.DeleteCertificateAuthority(input, context)).rejects.toEqual(
      failure('InvalidStateException', /disable/),
    )
    await world.api.UpdateCertificateAuthority({ ...input, Status: 'DISABLED' }, context)
    await expect(world.issue(arn, await client())).rejects.toEqual(failure('InvalidStateException'))
    await world.api.UpdateCertificateAuthority({ ...input, Status: 'ACTIVE' }, context)
    await world.issue(arn, await client())
    await expect(world.api.RestoreCertificateAuthority(input, context)).rejects.toEqual(
      failure('InvalidStateException'),
    )
    await world.api.UpdateCertificateAuthority({ ...input, Status: 'DISABLED' }, context)
    await world.api.DeleteCertificateAuthority({ ...input, PermanentDeletionTimeInDays: 7 }, context)
    expect(await world.describeOf(arn)).toMatchObject({
      Status: 'DELETED',
      RestorableUntil: new Date(world.nowMs + 7 * DAY_MS),
    })
    await world.api.RestoreCertificateAuthority(input, context)
    expect(await world.describeOf(arn)).toMatchObject({ Status: 'DISABLED' })
    await world.api.DeleteCertificateAuthority({ ...input, PermanentDeletionTimeInDays: 7 }, context)
    world.nowMs += 8 * DAY_MS
    await expect(world.describeOf(arn)).rejects.toEqual(failure('ResourceNotFoundException'))
    expect(await world.database.selectFrom('pca_certificates').selectAll().execute()).toEqual([])
  })

  it('expires with its certificate', async () => {
    const arn = await world.activeRoot()
    world.nowMs += 3700 * DAY_MS
    expect(await world.describeOf(arn)).toMatchObject({ Status: 'EXPIRED' })
    await expect(world.issue(arn, await client())).rejects.toEqual(failure('InvalidStateException', /EXPIRED/))
  })

  it('is made once for the same token within five minutes, and not after that', async () => {
    const once = await world.create('A', { IdempotencyToken: 't' })
    expect(await world.create('A', { IdempotencyToken: 't' })).toBe(once)
    world.nowMs += 301_000
    expect(await world.create('A', { IdempotencyToken: 't' })).not.toBe(once)
    const { CertificateAuthorities: listed = [] } = await world.api.ListCertificateAuthorities({}, context)
    expect(listed).toHaveLength(2)
    const page = await world.api.ListCertificateAuthorities({ MaxResults: 1 }, context)
    const rest = await world.api.ListCertificateAuthorities({ NextToken: page.NextToken }, context)
    expect([...(page.CertificateAuthorities ?? []), ...(rest.CertificateAuthorities ?? [])]).toEqual(listed)
    expect(await world.vault.list({ accountId: '111111111111', region: 'us-east-1' })).toEqual([])
  })

  it('refuses what is not served, and keys that cannot sign so', async () => {
    await expect(world.create('A', {}, 'EC_prime256v1 SHA256WITHRSA')).rejects.toEqual(failure('InvalidArgsException'))
    await expect(world.create('A', {}, 'SM2 SM3WITHSM2')).rejects.toEqual(failure('InvalidArgsException', /not served/))
    const withList = { RevocationConfiguration: { CrlConfiguration: { Enabled: true } } }
    await expect(world.create('A', withList)).rejects.toEqual(failure('InvalidArgsException', /--mtls-revocation/))
    const nobody = {
      CertificateAuthorityConfiguration: { KeyAlgorithm: 'RSA_2048', SigningAlgorithm: 'SHA256WITHRSA', Subject: {} },
    } as const
    await expect(world.create('A', nobody)).rejects.toEqual(failure('InvalidArgsException', /no attribute/))
    const wrong = 'arn:aws:acm-pca:us-east-1:000000000000:certificate-authority/00000000-0000-0000-0000-000000000000'
    await expect(world.describeOf(wrong)).rejects.toEqual(failure('ResourceNotFoundException'))
    await expect(world.describeOf('arn:aws:kms:us-east-1:000000000000:key/1')).rejects.toEqual(
      failure('InvalidArnException'),
    )
  })

  it('has tags', async () => {
    const arn = await world.create('A', { Tags: [{ Key: 'team', Value: 'rides' }] })
    const input = { CertificateAuthorityArn: arn }
    await world.api.TagCertificateAuthority({ ...input, Tags: [{ Key: 'stage' }] }, context)
    const tags = async (): Promise<unknown> => (await world.api.ListTags(input, context)).Tags
    expect(await tags()).toEqual([
      { Key: 'stage', Value: '' },
      { Key: 'team', Value: 'rides' },
    ])
    await world.api.UntagCertificateAuthority(
      { ...input, Tags: [{ Key: 'team', Value: 'other' }, { Key: 'stage' }] },
      context,
    )
    expect(await tags()).toEqual([{ Key: 'team', Value: 'rides' }])
    await expect(world.api.TagCertificateAuthority({ ...input, Tags: [{ Key: 'aws:x' }] }, context)).rejects.toEqual(
      failure('InvalidTagException'),
    )
  })
})

test('a call is about its authority with its tags, and about the template of the certificate', async () => {
  const arn = await world.create('A', { Tags: [{ Key: 'Team', Value: 'rides' }] })
  const targets = acmPcaTargets(new AuthorityStore(world.database))
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
    const root = await world.activeRoot()
    const sub = await world.create('Rides Clients', { CertificateAuthorityType: 'SUBORDINATE' })
    const TemplateArn = 'arn:aws:acm-pca:::template/SubordinateCACertificate_PathLen0/V1'
    const signed = await world.issue(root, await world.csrOf(sub), {
      TemplateArn,
      Validity: { Type: 'YEARS', Value: 5 },
    })
    const input = { CertificateAuthorityArn: sub, Certificate: Buffer.from(signed.pem) }
    await expect(world.api.ImportCertificateAuthorityCertificate(input, context)).rejects.toEqual(
      failure('MalformedCertificateException', /chain/),
    )
    const CertificateChain = Buffer.from(signed.chain ?? '')
    await world.api.ImportCertificateAuthorityCertificate({ ...input, CertificateChain }, context)
    const leaf = await world.issue(sub, await client())
    const chain = (leaf.chain ?? '').split(/(?<=-----END CERTIFICATE-----)\n/).map((pem) => new X509Certificate(pem))
    expect(chain.map(({ subject }) => subject.split('\n').at(-1))).toEqual(['CN=Rides Clients', 'CN=Rides Root'])
    expect(new X509Certificate(leaf.pem).verify(chain[0]?.publicKey ?? ({} as never))).toBe(true)
    const deeper = await world.create('Deeper', { CertificateAuthorityType: 'SUBORDINATE' })
    await expect(world.issue(sub, await world.csrOf(deeper), { TemplateArn })).rejects.toEqual(
      failure('InvalidArgsException', /path length/),
    )
  })

  it('takes no certificate that is not its own, not signed by the chain, or of no authority', async () => {
    const [root, stranger] = [await world.activeRoot(), await world.activeRoot('Stranger')]
    const sub = await world.create('Sub', { CertificateAuthorityType: 'SUBORDINATE' })
    const TemplateArn = 'arn:aws:acm-pca:::template/SubordinateCACertificate_PathLen1/V1'
    const signed = await world.issue(root, await world.csrOf(sub), { TemplateArn })
    const strange = await world.issue(stranger, await client())
    const attempt = (arn: string, pem: string, chain?: string): Promise<unknown> =>
      world.api.ImportCertificateAuthorityCertificate(
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
    const asClient = await world.issue(root, await world.csrOf(sub))
    await expect(attempt(sub, asClient.pem, asClient.chain)).rejects.toEqual(
      failure('MalformedCertificateException', /basic constraints/),
    )
    const other = await world.create('Another root')
    const ofOther = await world.issue(root, await world.csrOf(other), { TemplateArn })
    await expect(attempt(other, ofOther.pem)).rejects.toEqual(failure('InvalidRequestException', /self-signed/))
    const foreign = { TemplateArn: ROOT_TEMPLATE }
    await expect(world.issue(root, await client(), foreign)).rejects.toEqual(
      failure('InvalidArgsException', /root CA itself/),
    )
  })
})
