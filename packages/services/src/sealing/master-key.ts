/**
 * The master key: 32 random bytes that seal the material of every KMS key, and by these everything else. In a file of its
 * own, base64, 0600. Outside the data directory (MILLRACE_MASTER_KEY_FILE) a copy of the data directory tells no secret;
 * inside it, which is what happens when nobody chose a place, it protects only against a copy of the database alone.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { KEY_BYTES } from './seal.ts'

/** The file is there and holds no key. Its text is not told. */
export class MasterKeyError extends Error {
  override readonly name = 'MasterKeyError'
}

/** Reads the key, or makes it (and its folder) when there is no file. @throws MasterKeyError */
export function loadMasterKey(path: string): Buffer {
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileSync(path, `${randomBytes(KEY_BYTES).toString('base64')}\n`, { mode: 0o600, flag: 'wx', flush: true })
  }
  const text = readFileSync(path, 'utf8').trim()
  const key = Buffer.from(text, 'base64')
  if (key.length !== KEY_BYTES || key.toString('base64') !== text) {
    throw new MasterKeyError(
      `${path} holds no master key: expected ${KEY_BYTES} bytes in base64. Give the file that the state was sealed with, or a path where none exists to have one made.`,
    )
  }
  return key
}
