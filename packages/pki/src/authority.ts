/**
 * A certificate authority of our own: one P-256 key and its self-signed certificate. Issues what brokers show to their
 * clients. The X.509 library is loaded when the first certificate is made: a start without TLS never pays for it.
 */
import { randomBytes, webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import type { X509CertificateGenerator } from '@peculiar/x509'
import { endedPem as pem, loadX509 } from './x509-library.ts'

/** A private key (PKCS #8) and its certificate, both PEM; with a chain, the issuer's certificates follow. */
export interface KeyAndCertificate {
  readonly keyPem: string
  readonly certificatePem: string
}

export interface ServerCertificateRequest {
  readonly commonName: string
  /** DNS names and textual IP addresses that clients may reach the server by. */
  readonly names: readonly string[]
  readonly nowMs: number
  /** How long it is good for. */
  readonly validityMs: number
}

const DAY_MS = 86_400_000
const AUTHORITY_VALIDITY_MS = 3650 * DAY_MS
/** Clocks of clients may be behind. */
const BACKDATED_MS = DAY_MS
const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const
const SIGNING_ALGORITHM = { name: 'ECDSA', hash: 'SHA-256' } as const
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'

/** A new authority, good for ten years. The name tells whose machine it belongs to: it ends up in trust stores. */
export async function createAuthority(nowMs: number): Promise<KeyAndCertificate> {
  const x509 = await loadX509()
  const keys = await webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: distinguishedName([
      ['O', 'Millrace'],
      ['CN', `Millrace local CA (${hostname()})`],
    ]),
    notBefore: new Date(nowMs - BACKDATED_MS),
    notAfter: new Date(nowMs + AUTHORITY_VALIDITY_MS),
    signingAlgorithm: SIGNING_ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { keyPem: await exportedKey(keys.privateKey), certificatePem: pem(certificate.toString('pem')) }
}

/** A server certificate signed by `authority`, with its own new key; the certificate is followed by the authority's. */
export async function issueServerCertificate(
  authority: KeyAndCertificate,
  request: ServerCertificateRequest,
): Promise<KeyAndCertificate> {
  const x509 = await loadX509()
  const keys = await webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify'])
  const issuer = new x509.X509Certificate(authority.certificatePem)
  const parameters: Parameters<typeof X509CertificateGenerator.create>[0] = {
    serialNumber: serialNumber(),
    subject: distinguishedName([['CN', request.commonName]]),
    issuer: issuer.subjectName.toJSON(),
    notBefore: new Date(request.nowMs - BACKDATED_MS),
    notAfter: new Date(request.nowMs + request.validityMs),
    signingAlgorithm: SIGNING_ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: await importedKey(authority.keyPem),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([SERVER_AUTH]),
      new x509.SubjectAlternativeNameExtension(
        request.names.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value })),
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  }
  const certificate = await x509.X509CertificateGenerator.create(parameters)
  return {
    keyPem: await exportedKey(keys.privateKey),
    certificatePem: pem(certificate.toString('pem')) + authority.certificatePem,
  }
}

type NameParts = readonly (readonly [type: string, value: string])[]

function distinguishedName(parts: NameParts): Record<string, string[]>[] {
  return parts.map(([type, value]) => ({ [type]: [value] }))
}

/** Positive and of at most 20 bytes (RFC 5280 §4.1.2.2), not to be guessed. */
function serialNumber(): string {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return bytes.toString('hex')
}

async function exportedKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key))
  return pem(
    `-----BEGIN PRIVATE KEY-----\n${der.toString('base64').replaceAll(/(.{64})(?=.)/g, '$1\n')}\n-----END PRIVATE KEY-----`,
  )
}

async function importedKey(keyPem: string): Promise<webcrypto.CryptoKey> {
  const der = Buffer.from(keyPem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64')
  return webcrypto.subtle.importKey('pkcs8', der, KEY_ALGORITHM, false, ['sign'])
}
