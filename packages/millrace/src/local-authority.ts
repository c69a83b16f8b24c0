/**
 * The authority that signs the brokers' certificates, as this machine's clients find it: files in the data directory,
 * made when first asked for.
 */
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { authorityDirectory } from '@millrace/engine/embedded/broker-certificates'
import type { KeyAndCertificate } from '@millrace/pki/authority'
import { CERTIFICATE_FILE, ensureAuthority } from '@millrace/pki/authority-files'
import { jksTrustStore } from '@millrace/pki/jks'
import { dataDirectory } from './data-directory.ts'

/** Java's own default. It guards nothing: what is in a trust store is public. */
export const TRUST_STORE_PASSWORD = 'changeit'

export interface LocalAuthority {
  readonly authority: KeyAndCertificate
  /** Of the certificate, PEM. */
  readonly certificateFile: string
  /** Where the Java trust store belongs; `writeTrustStore` makes it. */
  readonly trustStoreFile: string
}

export async function localAuthority(dataDir: string | undefined): Promise<LocalAuthority> {
  const directory = authorityDirectory(dataDirectory(dataDir))
  return {
    authority: await ensureAuthority(directory, Date.now()),
    certificateFile: join(directory, CERTIFICATE_FILE),
    trustStoreFile: join(directory, 'truststore.jks'),
  }
}

/**
 * A Java trust store with the public authorities and ours, so that a JVM told to use it instead of its own still reaches
 * the world. Written when it is missing or older than the authority.
 */
export function writeTrustStore({ authority, certificateFile, trustStoreFile }: LocalAuthority): void {
  if (existsSync(trustStoreFile) && statSync(trustStoreFile).mtimeMs >= statSync(certificateFile).mtimeMs) return
  const everybody = [
    { alias: 'millrace', certificatePem: authority.certificatePem },
    ...rootCertificates.map((certificatePem, index) => ({ alias: `public-${index}`, certificatePem })),
  ]
  writeFileSync(trustStoreFile, jksTrustStore(everybody, TRUST_STORE_PASSWORD, Date.now()), { mode: 0o644 })
}
