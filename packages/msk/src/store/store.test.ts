import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqlite } from '@millrace/engine/sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ControlPlane } from '../testing/control-plane.ts'
import { DataDirectoryInUseError, lockDataDirectory } from './control-plane-lock.ts'
import { openDatabase } from './database.ts'
import { Store } from './store.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'store-'))
})

afterEach(() => rmSync(directory, { recursive: true, force: true }))

test('what was written is there again after the database was closed', async () => {
  const plane = await ControlPlane.open()
  await plane.start()
  const cluster = await plane.activeCluster()
  await plane.close()
  const path = join(directory, 'millrace.db')
  const first = new Store(await openDatabase(path))
  await first.insertCluster(cluster)
  await first.close()
  const second = new Store(await openDatabase(path))
  expect(await second.cluster(cluster.arn)).toEqual(cluster)
  await second.close()
})

test('a transaction that fails leaves nothing', async () => {
  const store = new Store(await openDatabase(':memory:'))
  const revision = {
    configurationArn: 'a',
    revision: 1,
    description: '',
    createdAt: '2026-01-01T00:00:00.000Z',
    properties: '',
  }
  await expect(
    store.transaction(async (transaction) => {
      await transaction.insertRevision(revision)
      throw new Error('changed my mind')
    }),
  ).rejects.toThrow('changed my mind')
  expect(await store.revision('a', 1)).toBeNull()
  await store.close()
})

test('a database of a newer version is refused with what to do', async () => {
  const path = join(directory, 'millrace.db')
  await (await openDatabase(path)).destroy()
  const sqlite = openSqlite(path)
  sqlite.exec('insert into schema_version (version) values (999)')
  sqlite.close()
  await expect(openDatabase(path)).rejects.toThrow('use the newer Millrace that wrote it')
})

test('a data directory has one control plane, and is free again when that one lets go', () => {
  const lock = lockDataDirectory(directory)
  expect(() => lockDataDirectory(directory)).toThrow(DataDirectoryInUseError)
  expect(() => lockDataDirectory(directory)).toThrow(`in use by process ${process.pid}`)
  lock.release()
  lockDataDirectory(directory).release()
})
