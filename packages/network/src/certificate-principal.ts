/** Who a client is by its certificate: `User:` and the whole subject, as Kafka's DefaultKafkaPrincipalBuilder makes it. */
import type { PeerCertificate } from '@millrace/base/host'
import { subjectOf } from './distinguished-name.ts'

/** Null: it has shown none, or one whose subject cannot be read. */
export function certificatePrincipal(certificate: PeerCertificate | null): string | null {
  if (certificate === null) return null
  const { buffer, byteOffset, byteLength } = certificate.der
  try {
    return `User:${subjectOf(Buffer.from(buffer, byteOffset, byteLength))}`
  } catch {
    // OpenSSL reads more than DER; who writes names in another way is turned away.
    return null
  }
}
