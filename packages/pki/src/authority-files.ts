/**
 * The local authority on disk, made when it is first needed and never replaced: clients trust it by its file.
 *
 *   DIR/ca-key.pem   0600, its key and certificate; whoever creates this file has made the authority
 *   DIR/ca.pem       the certificate alone, for everybody
 */
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createAuthority, type KeyAndCertificate } from './authority.ts'

export const CERTIFICATE_FILE = 'ca.pem'
const KEY = 'ca-key.pem'

/** The authority in `directory`; null when none has been made there. */
export function readAuthority(directory: string): KeyAndCertificate | null {
  const path = join(directory, KEY)
  if (!existsSync(path)) return null
  const both = readFileSync(path, 'utf8')
  const certificateAt = both.indexOf('-----BEGIN CERTIFICATE-----')
  return { keyPem: both.slice(0, certificateAt), certificatePem: both.slice(certificateAt) }
}

/** The authority in `directory`, made there if need be. Two processes at once get the same one. */
export async function ensureAuthority(directory: string, nowMs: number): Promise<KeyAndCertificate> {
  const known = readAuthority(directory)
  if (known !== null) return known
  const made = await createAuthority(nowMs)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  chmodSync(directory, 0o700)
  const draft = join(directory, `${KEY}.${process.pid}.tmp`)
  writeFileSync(draft, made.keyPem + made.certificatePem, { mode: 0o600 })
  try {
    linkSync(draft, join(directory, KEY))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(draft, { force: true })
  }
  const authority = readAuthority(directory)
  if (authority === null) throw new Error(`${join(directory, KEY)} has vanished`)
  writeFileSync(join(directory, CERTIFICATE_FILE), authority.certificatePem, { mode: 0o644 })
  return authority
}
