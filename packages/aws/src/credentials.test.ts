import { expect, test } from 'vitest'
import { RootCredentials } from './credentials.ts'

test('test is root of account 000000000000, and twelve digits are root of that account', () => {
  const credentials = new RootCredentials({ acceptTest: true })
  expect(credentials.lookup('test')).toMatchObject({
    secret: 'test',
    principal: { arn: 'arn:aws:iam::000000000000:root' },
  })
  expect(credentials.lookup('123456789012')).toMatchObject({
    secret: 'test',
    principal: { accountId: '123456789012', type: 'root' },
  })
  for (const id of ['', 'TEST', '12345678901', '1234567890123', 'AKIA']) expect(credentials.lookup(id)).toBeNull()
})

test('without test credentials only generated keys are known', () => {
  const credentials = new RootCredentials({
    acceptTest: false,
    keys: [{ accessKeyId: 'AKIAROOT', secret: 's', accountId: '000000000000' }],
  })
  expect(credentials.lookup('AKIAROOT')).toMatchObject({ secret: 's' })
  expect(credentials.lookup('test')).toBeNull()
  expect(credentials.lookup('123456789012')).toBeNull()
})
