/** Authorities and certificates of clients for tests, of any package and any badness. Never used outside tests. */
import { randomBytes } from 'node:crypto'
import { issueCertificate, type CertificateProfile } from '../issued-certificate.ts'
import { newSigningRequest, readSigningRequest, type NamePart } from '../signing-request.ts'

export interface TestCertificate {
  readonly keyPem: string
  readonly certificatePem: string
  /** From its issuer to the root, PEM; empty when it signs itself. */
  readonly chainPem: string
  /** As revocations name it. */
  readonly serial: string
}

export interface TestAuthority extends TestCertificate {
  readonly privateKey: Buffer
}

export interface TestCertificateOptions {
  /** Signs itself when left out. */
  readonly issuer?: TestAuthority
  readonly profile?: CertificateProfile
  /** From now. */
  readonly endsInMs?: number
}

const HOUR_MS = 3_600_000
const ALGORITHMS = { keyAlgorithm: 'EC_prime256v1', signingAlgorithm: 'SHA256WITHECDSA' } as const
export const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
export const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'

export function testAuthority(commonName: string, options: TestCertificateOptions = {}): Promise<TestAuthority> {
  return testCertificate(commonName, { profile: { kind: 'authority', pathLength: null }, ...options })
}

/** @param subject a common name, or the parts of a name */
export async function testCertificate(
  subject: string | readonly NamePart[],
  options: TestCertificateOptions = {},
): Promise<TestAuthority> {
  const { issuer, profile = { kind: 'end-entity', usages: [CLIENT_AUTH] }, endsInMs = HOUR_MS } = options
  const parts = typeof subject === 'string' ? ([['2.5.4.3', subject]] as const) : subject
  const { privateKey, requestPem } = await newSigningRequest({ subject: parts, ...ALGORITHMS })
  const serialNumber = `40${randomBytes(15).toString('hex')}`
  const certificatePem = await issueCertificate({
    request: await readSigningRequest(requestPem),
    profile,
    serialNumber,
    notBefore: new Date(Date.now() - 24 * HOUR_MS),
    notAfter: new Date(Date.now() + endsInMs),
    signer: {
      privateKey: issuer?.privateKey ?? privateKey,
      keyAlgorithm: ALGORITHMS.keyAlgorithm,
      certificatePem: issuer?.certificatePem ?? null,
    },
    signingAlgorithm: ALGORITHMS.signingAlgorithm,
  })
  const body = privateKey.toString('base64').replaceAll(/(.{64})(?=.)/g, '$1\n')
  return {
    privateKey,
    keyPem: `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----\n`,
    certificatePem,
    chainPem: issuer === undefined ? '' : issuer.certificatePem + issuer.chainPem,
    serial: serialNumber,
  }
}
