/** A client's certificate and key in files, checked before a configuration with them is printed. */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { UserError } from '../user-error.ts'
import type { ClientCertificate } from './client-properties.ts'

/** @throws UserError for files that hold something else, or do not belong together */
export function readClientCertificate(certificate: string, key: string): ClientCertificate {
  const [certificateFile, keyFile] = [resolve(certificate), resolve(key)]
  const certificatePem = textOf(certificateFile)
  const parsed = attempt(`${certificateFile} holds no certificate in PEM`, () => new X509Certificate(certificatePem))
  const privateKey = attempt(`${keyFile} holds no private key in PEM, or an encrypted one`, () =>
    createPrivateKey(textOf(keyFile)),
  )
  if (!parsed.checkPrivateKey(privateKey)) throw new UserError(`${keyFile} is not the key of ${certificateFile}.`)
  return { certificateFile, keyFile, certificatePem, keyPem: pkcs8(privateKey) }
}

function pkcs8(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'pkcs8' }).toString()
}

function textOf(file: string): string {
  return attempt(`${file} cannot be read`, () => readFileSync(file, 'utf8'))
}

function attempt<T>(failure: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof UserError) throw error
    throw new UserError(`${failure}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
