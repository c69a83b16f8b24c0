import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openTestDatabase } from '../testing/memory-database.ts'
import { checkMasterKey } from './check-master-key.ts'
import { loadMasterKey, MasterKeyError } from './master-key.ts'
import { openSealed, seal, SealBrokenError } from './seal.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sealing-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const key = Buffer.alloc(32, 1)
const about = Buffer.from('about')

test('what was sealed opens with the same key and subject only, and unchanged', () => {
  const sealed = seal(key, Buffer.from('hello'), about)
  expect(openSealed(key, sealed, about).toString()).toBe('hello')
  expect(sealed.includes('hello')).toBe(false)
  const broken = Buffer.from(sealed)
  broken.writeUInt8(broken.readUInt8(broken.length - 1) ^ 1, broken.length - 1)
  for (const attempt of [
    () => openSealed(Buffer.alloc(32, 2), sealed, about),
    () => openSealed(key, sealed, Buffer.from('another')),
    () => openSealed(key, broken, about),
    () => openSealed(key, sealed.subarray(0, 20), about),
  ])
    expect(attempt).toThrow(SealBrokenError)
})

test('the same value sealed twice looks different', () => {
  expect(seal(key, Buffer.from('x'), about)).not.toEqual(seal(key, Buffer.from('x'), about))
})

test('a master key is made once, for its owner only, and read again', () => {
  const path = join(directory, 'keys', 'master.key')
  const made = loadMasterKey(path)
  expect([made.length, statSync(path).mode & 0o777]).toEqual([32, 0o600])
  expect(loadMasterKey(path)).toEqual(made)
})

test('a file that holds no key is refused, left as it is, and its text not told', () => {
  const path = join(directory, 'master.key')
  writeFileSync(path, 'not a key')
  expect(() => loadMasterKey(path)).toThrow(MasterKeyError)
  expect(() => loadMasterKey(path)).not.toThrow(/not a key/)
  expect(readFileSync(path, 'utf8')).toBe('not a key')
})

test('a state sealed with another master key is refused at once', async () => {
  const database = await openTestDatabase()
  await checkMasterKey(database, key)
  await checkMasterKey(database, key)
  await expect(checkMasterKey(database, Buffer.alloc(32, 2))).rejects.toThrow('sealed with another master key')
  await database.destroy()
})
