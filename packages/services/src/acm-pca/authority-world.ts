/** Private authorities over a database in memory, with a clock of the test's. Tests only. */
import type { Input } from '@millrace/aws/operation-types'
import { newSigningRequest, type NamePart } from '@millrace/pki/signing-request'
import type { KeyAlgorithm, SigningAlgorithm } from '@millrace/pki/signing-keys'
import { expect } from 'vitest'
import { Pages } from '../pages.ts'
import type { Database } from '../store/database.ts'
import { openTestDatabase } from '../testing/memory-database.ts'
import { acmPcaOperations } from './acm-pca-service.ts'
import { AuthorityStore } from './authority-store.ts'
import { AuthorityVault } from './authority-vault.ts'

/** Who asks. */
export const context = { accountId: '000000000000', region: 'us-east-1' } as never
export const START_MS: number = Date.parse('2026-11-21T12:00:00Z')
export const DAY_MS = 86_400_000
export const ROOT_TEMPLATE = 'arn:aws:acm-pca:::template/RootCACertificate/V1'
const P256 = 'EC_prime256v1 SHA256WITHECDSA'

type Api = Required<ReturnType<typeof acmPcaOperations>>
type Creation = Partial<Input<'acm-pca', 'CreateCertificateAuthority'>>
type Described = Awaited<ReturnType<Api['DescribeCertificateAuthority']>>['CertificateAuthority']

export interface IssuedCertificate {
  readonly arn: string
  readonly pem: string
  readonly chain: string | undefined
}

export interface AuthorityWorld {
  nowMs: number
  readonly database: Database
  readonly vault: AuthorityVault
  readonly api: Api
  /** @returns the ARN of an authority without a certificate */
  create(commonName: string, more?: Creation, algorithm?: string): Promise<string>
  issue(arn: string, csr: string, more?: Partial<Input<'acm-pca', 'IssueCertificate'>>): Promise<IssuedCertificate>
  csrOf(arn: string): Promise<string>
  /** A root with its own certificate, ready to issue. */
  activeRoot(name?: string, algorithm?: string): Promise<string>
  describeOf(arn: string): Promise<Described>
  close(): Promise<void>
}

export async function openAuthorities(): Promise<AuthorityWorld> {
  const database = await openTestDatabase()
  const clock = (): Date => new Date(world.nowMs)
  const store = new AuthorityStore(database)
  const vault = new AuthorityVault({ store, masterKey: Buffer.alloc(32, 7), clock })
  const api = acmPcaOperations({ vault, store, clock, pages: new Pages('InvalidNextTokenException') }) as Api
  const world: AuthorityWorld = {
    nowMs: START_MS,
    database,
    vault,
    api,
    async create(commonName, more = {}, algorithm = P256) {
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
    },
    async issue(arn, csr, more = {}) {
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
    },
    csrOf: async (arn) => (await api.GetCertificateAuthorityCsr({ CertificateAuthorityArn: arn }, context)).Csr ?? '',
    async activeRoot(name = 'Rides Root', algorithm = P256) {
      const arn = await world.create(name, {}, algorithm)
      const SigningAlgorithm = algorithm.split(' ')[1] as SigningAlgorithm
      const own = { TemplateArn: ROOT_TEMPLATE, Validity: { Type: 'YEARS', Value: 10 }, SigningAlgorithm } as const
      const { pem } = await world.issue(arn, await world.csrOf(arn), own)
      const certificate = { CertificateAuthorityArn: arn, Certificate: Buffer.from(pem) }
      await api.ImportCertificateAuthorityCertificate(certificate, context)
      return arn
    },
    describeOf: async (arn) =>
      (await api.DescribeCertificateAuthority({ CertificateAuthorityArn: arn }, context)).CertificateAuthority,
    close: () => database.destroy(),
  }
  return world
}

/** A client's request for a certificate, PEM. */
export async function client(subject: readonly NamePart[] = [['2.5.4.3', 'alice']]): Promise<string> {
  const request = { subject, keyAlgorithm: 'EC_prime256v1', signingAlgorithm: 'SHA256WITHECDSA' } as const
  return (await newSigningRequest(request)).requestPem
}

/** What an error of this name, with these words in it, equals. */
export function failure(name: string, text: string | RegExp = ''): unknown {
  return expect.objectContaining({ name, message: expect.stringMatching(text) as unknown })
}
