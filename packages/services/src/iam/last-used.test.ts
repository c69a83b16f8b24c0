import type { ApiCallEvent } from '@millrace/aws/audit'
import { RootCredentials } from '@millrace/aws/credentials'
import { silentLogger } from '@millrace/base/logger'
import { expect, test } from 'vitest'
import { openTestDatabase } from '../testing/memory-database.ts'
import { openIdentity } from './identity.ts'
import { LastUsed } from './last-used.ts'

const accountId = '000000000000'

test('a key was last used when a call signed by it was told; within a minute that is not written again', async () => {
  const database = await openTestDatabase()
  const root = new RootCredentials({ acceptTest: true })
  const options = { database, masterKey: Buffer.alloc(32, 7), root, clock: () => new Date() }
  const { store } = await openIdentity(options)
  const key = { name: 'AKIA', userName: 'ada', status: 'Active', createdAt: '', secret: 's', lastUsed: null } as const
  await store.change(accountId, () => ({ writes: [{ put: 'access-key', entity: key }], answer: null }))
  let told = 0
  store.onChange(() => told++)
  const lastUsed = new LastUsed(store, silentLogger)
  const used = async (timeMs: number, service: string) => {
    lastUsed.onApiCall({
      timeMs,
      service,
      region: 'eu-west-1',
      accessKeyId: 'AKIA',
      principal: { type: 'user', arn: 'arn:aws:iam::000000000000:user/ada', userId: 'AIDA', accountId },
    } as ApiCallEvent)
    // In turn behind the write, if there is one.
    await store.change(accountId, () => ({ writes: [], answer: null }))
    return store.accessKey('AKIA')?.key.lastUsed
  }
  expect(await used(0, 'kafka')).toEqual({ at: '1970-01-01T00:00:00.000Z', service: 'kafka', region: 'eu-west-1' })
  expect(await used(59_000, 'iam')).toMatchObject({ service: 'kafka' })
  expect(await used(60_000, 'iam')).toMatchObject({ service: 'iam' })
  expect(told).toBe(0)
  const restarted = await openIdentity(options)
  expect(restarted.store.accessKey('AKIA')?.key.lastUsed).toMatchObject({ service: 'iam' })
  await database.destroy()
})
