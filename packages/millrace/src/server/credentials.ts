/**
 * Root credentials. On loopback `test`/`test` opens the door, as with every AWS emulator. Beyond loopback anybody on the
 * network could use them, so they are refused there and a pair of our own is made and kept in the data directory.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { RootCredentials, TEST_ACCOUNT_ID } from '@millrace/aws/credentials'

export interface RootKey {
  readonly accessKeyId: string
  readonly secret: string
  readonly accountId: string
}

export interface ServerCredentials {
  readonly store: RootCredentials
  /** To be told to the user; null when `test`/`test` is accepted. */
  readonly generated: RootKey | null
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

export function serverCredentials(dataDir: string, host: string): ServerCredentials {
  if (isLoopback(host) || process.env['MILLRACE_ALLOW_TEST_CREDENTIALS'] === '1') {
    return { store: new RootCredentials({ acceptTest: true }), generated: null }
  }
  const path = join(dataDir, 'root-credentials.json')
  if (!existsSync(path)) {
    const key: RootKey = {
      accessKeyId: `AKIA${randomBytes(10).toString('hex').toUpperCase().slice(0, 16)}`,
      secret: randomBytes(30).toString('base64'),
      accountId: TEST_ACCOUNT_ID,
    }
    writeFileSync(path, `${JSON.stringify(key)}\n`, { mode: 0o600 })
  }
  const generated = JSON.parse(readFileSync(path, 'utf8')) as RootKey
  return { store: new RootCredentials({ acceptTest: false, keys: [generated] }), generated }
}
