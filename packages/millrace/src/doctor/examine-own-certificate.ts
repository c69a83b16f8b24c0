/** What can be said of a client's certificate before it is shown to anybody. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { Finding } from './finding.ts'
import type { ClientCertificate } from './open-address.ts'

/** id-kp-clientAuth (RFC 5280 §4.2.1.12) */
const CLIENT_AUTHENTICATION = '1.3.6.1.5.5.7.3.2'

/** The certificate in words: `CN=alice, O=Example, by CN=Example Clients, until …`. */
export function certificateInWords(certificate: X509Certificate): string {
  return `${nameOf(certificate.subject)}, by ${nameOf(certificate.issuer)}, until ${certificate.validTo}`
}

export function examineOwnCertificate({ cert, key }: ClientCertificate, nowMs: number): Finding {
  const finding = { address: '', step: 'client-certificate' } as const
  const fails = (seen: string, next: string): Finding => ({ ...finding, ok: false, seen, next, trouble: 'certificate' })
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(cert)
  } catch {
    return fails('--cert holds no certificate in PEM.', 'Name a file that begins with -----BEGIN CERTIFICATE-----.')
  }
  const shown = `The client's certificate is of ${certificateInWords(certificate)}`
  let belongs: boolean
  try {
    belongs = certificate.checkPrivateKey(createPrivateKey(key))
  } catch {
    return fails('--key holds no private key in PEM, or an encrypted one.', 'openssl pkey -in FILE decrypts one.')
  }
  if (!belongs)
    return fails(`${shown}; the key is not that of this certificate.`, 'Name the two files that were made together.')
  const [from, until] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)]
  if (nowMs < from)
    return fails(
      `${shown}; it is good from ${certificate.validFrom} on.`,
      'Wait, or look at the clock of this machine.',
    )
  if (nowMs >= until) return fails(`${shown}; that is over.`, 'Let its authority issue another one.')
  const uses = certificate.keyUsage as readonly string[] | undefined
  if (uses !== undefined && uses.length > 0 && !uses.includes(CLIENT_AUTHENTICATION))
    return fails(
      `${shown}; it is not meant for clients.`,
      'Let it be issued for client authentication (EndEntityClientAuthCertificate/V1 of AWS Private CA).',
    )
  return { ...finding, ok: true, seen: `${shown}.`, next: null, trouble: null }
}

function nameOf(lines: string): string {
  return lines.split('\n').join(', ')
}
