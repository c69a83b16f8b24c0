import { RootCredentials } from '@millrace/aws/credentials'
import { expect, test } from 'vitest'
import { openTestDatabase } from '../testing/memory-database.ts'
import type { AccessKey } from './access-key.ts'
import type { User } from './entities.ts'
import { openIdentity } from './identity.ts'

const account = '000000000000'
const masterKey = Buffer.alloc(32, 7)
const ada: User = {
  path: '/',
  name: 'Ada',
  id: 'AIDAADA',
  arn: `arn:aws:iam::${account}:user/Ada`,
  createdAt: '2026-11-21T12:00:00.000Z',
  tags: { Team: 'one' },
  inline: { look: '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"kafka:List*","Resource":"*"}}' },
  attached: ['arn:aws:iam::aws:policy/AmazonMSKReadOnlyAccess'],
  boundary: null,
  groups: [],
}
const key: AccessKey = {
  name: 'AKIAADA',
  userName: 'Ada',
  status: 'Active',
  createdAt: ada.createdAt,
  secret: 'a very secret key',
  lastUsed: null,
}

async function directoryOf(database: Awaited<ReturnType<typeof openTestDatabase>>) {
  return openIdentity({ database, masterKey, root: new RootCredentials({ acceptTest: true }), clock: () => new Date() })
}

const put = (entity: User) => ({ writes: [{ put: 'user', entity }] as const, answer: undefined })

test('a key leads to its user with the policies and condition keys of this moment', async () => {
  const database = await openTestDatabase()
  const { store, directory } = await directoryOf(database)
  expect(directory.lookup('AKIAADA')).toBeNull()
  let changes = 0
  directory.onChange(() => changes++)
  await store.change(account, () => ({
    writes: [
      { put: 'user', entity: ada },
      { put: 'access-key', entity: key },
    ],
    answer: undefined,
  }))
  expect(changes).toBe(1)
  expect(directory.lookup('AKIAADA')).toMatchObject({
    secret: 'a very secret key',
    principal: { type: 'user', arn: ada.arn, userId: 'AIDAADA', accountId: account },
    values: { 'aws:username': ['Ada'], 'aws:principaltag/team': ['one'], 'aws:principaltype': ['User'] },
  })
  const names = () => directory.lookup('AKIAADA')?.policies.identity.map(({ name }) => name)
  expect(names()).toEqual(['look', 'arn:aws:iam::aws:policy/AmazonMSKReadOnlyAccess'])
  await store.change(account, () => put({ ...ada, inline: {}, boundary: 'arn:aws:iam::000000000000:policy/gone' }))
  expect(names()).toEqual(['arn:aws:iam::aws:policy/AmazonMSKReadOnlyAccess'])
  expect(directory.lookup('AKIAADA')?.policies.boundary?.document.statements).toEqual([])
  await store.change(account, () => ({
    writes: [{ put: 'access-key', entity: { ...key, status: 'Inactive' } }],
    answer: 0,
  }))
  expect(directory.lookup('AKIAADA')).toBeNull()
  await database.destroy()
})

test('users and keys are there after a restart; the secret lies sealed in the database', async () => {
  const database = await openTestDatabase()
  const first = await directoryOf(database)
  await first.store.change(account, () => ({
    writes: [
      { put: 'user', entity: ada },
      { put: 'access-key', entity: key },
    ],
    answer: undefined,
  }))
  const rows = await database.selectFrom('iam_entities').selectAll().execute()
  expect(JSON.stringify(rows)).not.toContain('very secret')
  const { directory } = await directoryOf(database)
  expect(directory.lookup('AKIAADA')?.secret).toBe('a very secret key')
  expect([...directory.credentials()].map(({ accessKeyId }) => accessKeyId)).toEqual(['test', 'AKIAADA'])
  expect([...directory.credentials('111111111111')].map(({ accessKeyId }) => accessKeyId)).toEqual(['111111111111'])
  await database.destroy()
})
