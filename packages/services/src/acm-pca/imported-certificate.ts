/** Whether a certificate may become an authority's own. Source: ImportCertificateAuthorityCertificate in the API reference. */
import { createPublicKey, X509Certificate } from 'node:crypto'
import { AwsError } from '@millrace/aws/errors'
import type { Authority, AuthorityCertificate } from './authority.ts'
import { plainSerial } from './plain-serial.ts'

const PEM = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g

/**
 * @param publicKey of the authority, SubjectPublicKeyInfo, DER
 * @throws MalformedCertificateException, CertificateMismatchException, InvalidRequestException
 */
export function importedCertificate(options: {
  readonly authority: Authority
  readonly publicKey: Buffer
  readonly certificate: Uint8Array
  readonly chain: Uint8Array | undefined
  readonly now: Date
}): AuthorityCertificate {
  const { authority, publicKey, now } = options
  const [certificate, ...more] = certificatesOf(options.certificate)
  if (certificate === undefined || more.length > 0) throw malformed('Give one certificate in PEM.')
  const chain = options.chain === undefined ? [] : certificatesOf(options.chain)
  const ownKey = createPublicKey({ key: publicKey, format: 'der', type: 'spki' })
  if (!certificate.publicKey.equals(ownKey)) {
    throw new AwsError('CertificateMismatchException', {
      message: "The certificate is not for the authority's key: sign the request of GetCertificateAuthorityCsr.",
    })
  }
  if (!certificate.ca) throw malformed('The certificate is not one of an authority (basic constraints).')
  if (Date.parse(certificate.validTo) <= now.getTime()) throw malformed('The certificate has expired.')
  const selfSigned = certificate.checkIssued(certificate)
  if (authority.type === 'ROOT') {
    if (!selfSigned || !certificate.verify(certificate.publicKey))
      throw invalidRequest('Only a self-signed certificate can be imported as a root CA.')
    if (chain.length > 0) throw invalidRequest('A root CA has no certificate chain.')
  } else {
    if (selfSigned) throw invalidRequest('A self-signed certificate cannot be imported as a subordinate CA.')
    checkChain(certificate, chain)
  }
  return {
    certificatePem: certificate.toString(),
    chainPem: chain.length === 0 ? null : chain.map(String).join(''),
    serial: plainSerial(certificate.serialNumber).padStart(32, '0'),
    notBefore: new Date(certificate.validFrom).toISOString(),
    notAfter: new Date(certificate.validTo).toISOString(),
  }
}

/** Each signed by the next, the root last. */
function checkChain(certificate: X509Certificate, chain: readonly X509Certificate[]): void {
  if (chain.length === 0) throw malformed('A subordinate CA needs the certificate chain above it.')
  let below = certificate
  for (const above of chain) {
    if (!above.ca || !below.checkIssued(above) || !below.verify(above.publicKey))
      throw malformed('The certificate chain does not lead from the certificate to its root, each signed by the next.')
    below = above
  }
  if (!below.checkIssued(below)) throw malformed('The last certificate of the chain is not a root.')
}

function certificatesOf(pem: Uint8Array): X509Certificate[] {
  try {
    return (Buffer.from(pem).toString('latin1').match(PEM) ?? []).map((text) => new X509Certificate(text))
  } catch (cause) {
    throw malformed('The certificate cannot be read.', cause)
  }
}

function malformed(message: string, cause?: unknown): AwsError {
  return new AwsError('MalformedCertificateException', { message, cause })
}

function invalidRequest(message: string): AwsError {
  return new AwsError('InvalidRequestException', { message })
}
