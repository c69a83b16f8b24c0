/** `millrace ca`: the certificate of the authority that signs the brokers' certificates, for whoever is to trust them. */
import { X509Certificate } from 'node:crypto'
import { copyFileSync } from 'node:fs'
import { localAuthority, TRUST_STORE_PASSWORD, writeTrustStore } from '../local-authority.ts'
import { printJson } from '../output.ts'
import { UserError } from '../user-error.ts'

export interface CaCommandOptions {
  readonly dataDir?: string
  readonly format: string
  readonly out?: string
  readonly json?: boolean
}

export async function ca(options: CaCommandOptions): Promise<void> {
  const local = await localAuthority(options.dataDir)
  if (options.format === 'jks') {
    if (options.out === undefined) throw new UserError('A Java trust store is a binary file: name one with --out.')
    writeTrustStore(local)
    copyFileSync(local.trustStoreFile, options.out)
    process.stderr.write(`Wrote ${options.out}, password ${TRUST_STORE_PASSWORD}: ours and the public authorities.\n`)
    return
  }
  if (options.out !== undefined) copyFileSync(local.certificateFile, options.out)
  const certificate = new X509Certificate(local.authority.certificatePem)
  if (options.json === true) {
    printJson({
      subject: certificate.subject,
      validTo: new Date(certificate.validTo).toISOString(),
      fingerprint256: certificate.fingerprint256,
      file: options.out ?? local.certificateFile,
      pem: local.authority.certificatePem,
    })
  } else if (options.out === undefined) process.stdout.write(local.authority.certificatePem)
}
