import { CreateGrantCommand, CreateKeyCommand, ListGrantsCommand, RevokeGrantCommand } from '@aws-sdk/client-kms'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { scope, sealedWorld, type SealedWorld } from '../testing/sealed-world.ts'
import { grantAllows, type Grant } from './grant.ts'

const service = 'kafka.us-east-1.amazonaws.com'
const encryptionContext = { cluster: 'orders' }
let world: SealedWorld
let keyArn: string
let told: string[]

beforeEach(async () => {
  world = await sealedWorld()
  keyArn = (await world.kmsClient.send(new CreateKeyCommand({}))).KeyMetadata?.Arn ?? ''
  told = []
  world.kms.keys.subscribe((arn) => told.push(arn))
})
afterEach(() => world.close())

const make = () => world.kms.grants.create({ keyArn, service, operations: ['Decrypt'], encryptionContext })
const allows = (operation: string, context: Readonly<Record<string, string>> = encryptionContext) =>
  world.kms.grants.allows({ keyArn, service, operation, encryptionContext: context })

test('a service uses a customer key as far as its grant goes, until it is revoked', async () => {
  expect(await allows('Decrypt')).toBe(false)
  const GrantId = (await make()) ?? ''
  expect(await allows('Decrypt', { ...encryptionContext, node: '1' })).toBe(true)
  expect(await allows('Decrypt', { cluster: 'others' })).toBe(false)
  expect(await allows('Encrypt')).toBe(false)
  await world.kmsClient.send(new RevokeGrantCommand({ KeyId: keyArn, GrantId }))
  expect(await allows('Decrypt')).toBe(false)
  expect(told).toEqual([keyArn, keyArn])
})

test('the owner sees the grant, and may give another', async () => {
  const grantId = (await make()) ?? ''
  const { Grants } = await world.kmsClient.send(new ListGrantsCommand({ KeyId: keyArn }))
  expect(Grants).toMatchObject([
    { GrantId: grantId, GranteePrincipal: service, RetiringPrincipal: service, Operations: ['Decrypt'] },
  ])
  await world.kms.grants.retire(keyArn, grantId)
  await world.kms.grants.retire(keyArn, grantId)
  expect(await allows('Decrypt')).toBe(false)
  const another = { KeyId: keyArn, GranteePrincipal: service, Operations: ['Decrypt' as const] }
  await world.kmsClient.send(new CreateGrantCommand(another))
  expect(await allows('Decrypt', {})).toBe(true)
})

test('a key that AWS holds needs no grant', async () => {
  const managed = await world.kms.keys.keyState('alias/aws/kafka', scope)
  const request = { keyArn: managed?.arn ?? '', service, operations: ['Decrypt'], encryptionContext }
  expect(await world.kms.grants.create(request)).toBeNull()
})

test.each<[Readonly<Record<string, object>> | null, Readonly<Record<string, string>>, boolean]>([
  [null, {}, true],
  [{ EncryptionContextSubset: { a: '1' } }, { a: '1', b: '2' }, true],
  [{ EncryptionContextSubset: { a: '1' } }, { b: '2' }, false],
  [{ EncryptionContextEquals: { a: '1' } }, { a: '1' }, true],
  [{ EncryptionContextEquals: { a: '1' } }, { a: '1', b: '2' }, false],
])('constraints %j with context %j: %s', (constraints, context, expected) => {
  expect(grantAllows({ operations: ['Decrypt'], constraints } as unknown as Grant, 'Decrypt', context)).toBe(expected)
})
