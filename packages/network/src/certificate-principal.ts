/** Who a client is by its certificate: `User:` and the whole subject, or what rules make of it, as Kafka's
 * DefaultKafkaPrincipalBuilder does. */
import type { PeerCertificate } from '@millrace/base/host'
import { subjectOf } from './distinguished-name.ts'
import type { PrincipalMapping } from './principal-mapping.ts'

export const ANONYMOUS = 'User:ANONYMOUS'

/** Null: it has shown none, or one whose subject cannot be read or has no name by the rules. */
export function certificatePrincipal(certificate: PeerCertificate | null, nameOf: PrincipalMapping): string | null {
  if (certificate === null) return null
  const { buffer, byteOffset, byteLength } = certificate.der
  try {
    const name = nameOf(subjectOf(Buffer.from(buffer, byteOffset, byteLength)))
    return name === null ? null : `User:${name}`
  } catch {
    // OpenSSL reads more than DER; who writes names in another way is turned away.
    return null
  }
}
