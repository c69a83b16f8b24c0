/** Revoked certificates, gathered by issuer. A revoked authority takes everything below it along. */
import { X509Certificate } from 'node:crypto'
import type { Authority } from './authority.ts'
import type { IssuedCertificate } from './authority-store.ts'
import { plainSerial } from './plain-serial.ts'
import type { Revocations } from './private-authorities.ts'

export function gatherRevocations(
  authorities: readonly Authority[],
  revoked: ReadonlyMap<string, readonly IssuedCertificate[]>,
): Revocations[] {
  const found: Revocations[] = []
  const certified = authorities.flatMap(({ arn, certificate }) =>
    certificate === null ? [] : [{ arn, parsed: new X509Certificate(certificate.certificatePem) }],
  )
  const dead: X509Certificate[] = []
  for (const { arn, parsed } of certified) {
    const certificates = revoked.get(arn) ?? []
    if (certificates.length === 0) continue
    found.push({ issuerPem: parsed.toString(), serials: certificates.map(({ serial }) => plainSerial(serial)) })
    dead.push(...certificates.map(({ certificatePem }) => new X509Certificate(certificatePem)).filter(({ ca }) => ca))
  }
  for (const authority of dead) {
    found.push({ issuerPem: authority.toString(), serials: null })
    for (const { parsed } of certified) {
      const isBelow = parsed.checkIssued(authority) && parsed.verify(authority.publicKey)
      const isKnown = dead.some(({ fingerprint256 }) => fingerprint256 === parsed.fingerprint256)
      // The loop goes on over what is added to the list here.
      if (isBelow && !isKnown) dead.push(parsed)
    }
  }
  return found
}
