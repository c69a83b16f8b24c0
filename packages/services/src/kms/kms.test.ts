/** The SDK's client as the judge of kms. */
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateGrantCommand,
  CreateKeyCommand,
  DecryptCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GenerateRandomCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  ListAliasesCommand,
  ListGrantsCommand,
  ListKeyRotationsCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
  PutKeyPolicyCommand,
  ReEncryptCommand,
  RetireGrantCommand,
  RevokeGrantCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-kms'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { scope, sealedWorld, type SealedWorld } from '../testing/sealed-world.ts'

let world: SealedWorld

beforeEach(async () => {
  world = await sealedWorld()
})
afterEach(() => world.close())

async function newKey(): Promise<{ readonly id: string; readonly arn: string }> {
  const { KeyMetadata } = await world.kmsClient.send(new CreateKeyCommand({}))
  return { id: KeyMetadata?.KeyId ?? '', arn: KeyMetadata?.Arn ?? '' }
}

const text = (plaintext: Uint8Array | undefined): string => Buffer.from(plaintext ?? []).toString()

describe('keys', () => {
  test('a key is described by id, ARN, alias and alias ARN', async () => {
    const { id, arn } = await newKey()
    await world.kmsClient.send(new CreateAliasCommand({ AliasName: 'alias/orders', TargetKeyId: id }))
    for (const KeyId of [id, arn, 'alias/orders', 'arn:aws:kms:us-east-1:000000000000:alias/orders']) {
      const { KeyMetadata } = await world.kmsClient.send(new DescribeKeyCommand({ KeyId }))
      expect(KeyMetadata).toMatchObject({
        Arn: arn,
        AWSAccountId: '000000000000',
        KeyState: 'Enabled',
        Enabled: true,
        KeyManager: 'CUSTOMER',
        KeySpec: 'SYMMETRIC_DEFAULT',
        KeyUsage: 'ENCRYPT_DECRYPT',
        CreationDate: new Date('2026-11-21T12:00:00Z'),
      })
    }
  })

  test.each([
    [{ KeySpec: 'RSA_2048' }, 'KeySpec RSA_2048'],
    [{ KeyUsage: 'SIGN_VERIFY' }, 'KeyUsage SIGN_VERIFY'],
    [{ Origin: 'EXTERNAL' }, 'Origin EXTERNAL'],
    [{ MultiRegion: true }, 'MultiRegion'],
  ] as const)('a key of another kind is refused by name: %j', async (input, named) => {
    await expect(world.kmsClient.send(new CreateKeyCommand(input))).rejects.toMatchObject({
      name: 'UnsupportedOperationException',
      message: expect.stringContaining(named),
    })
  })

  test('unknown keys and aliases are told apart', async () => {
    const refusal = (KeyId: string) => world.kmsClient.send(new DescribeKeyCommand({ KeyId })).catch((error) => error)
    expect(await refusal('11111111-2222-3333-4444-555555555555')).toMatchObject({
      name: 'NotFoundException',
      message: "Key 'arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555' does not exist",
      $metadata: { httpStatusCode: 400 },
    })
    expect(await refusal('nonsense')).toMatchObject({ message: "Invalid keyId 'nonsense'" })
    expect(await refusal('alias/x')).toMatchObject({
      message: 'Alias arn:aws:kms:us-east-1:000000000000:alias/x is not found.',
    })
  })

  test('keys are kept per account and region', async () => {
    const { arn } = await newKey()
    for (const [account, region, refusal] of [
      ['000000000000', 'eu-west-1', /Invalid arn/],
      ['111111111111', 'us-east-1', /because no resource-based policy allows the kms:DescribeKey action/],
    ] as const) {
      const other = world.elsewhere(account === '000000000000' ? 'test' : account, region).kms
      expect((await other.send(new ListKeysCommand({}))).Keys).toEqual([])
      await expect(other.send(new DescribeKeyCommand({ KeyId: arn }))).rejects.toThrow(refusal)
    }
  })

  test('lists are paged, and a marker of another list is refused', async () => {
    const keys = await Promise.all([newKey(), newKey(), newKey()])
    const first = await world.kmsClient.send(new ListKeysCommand({ Limit: 2 }))
    expect([first.Keys?.length, first.Truncated]).toEqual([2, true])
    const second = await world.kmsClient.send(new ListKeysCommand({ Limit: 2, Marker: first.NextMarker }))
    expect(second.Truncated).toBe(false)
    const listed = [...(first.Keys ?? []), ...(second.Keys ?? [])].map(({ KeyArn }) => KeyArn)
    expect(new Set(listed)).toEqual(new Set(keys.map(({ arn }) => arn)))
    await expect(world.kmsClient.send(new ListAliasesCommand({ Marker: first.NextMarker }))).rejects.toMatchObject({
      name: 'InvalidMarkerException',
    })
  })

  test('a disabled key encrypts and decrypts nothing until it is enabled', async () => {
    const { id, arn } = await newKey()
    const heard: string[] = []
    world.kms.keys.subscribe((keyArn) => heard.push(keyArn))
    const Plaintext = Buffer.from('hello')
    const { CiphertextBlob } = await world.kmsClient.send(new EncryptCommand({ KeyId: id, Plaintext }))
    await world.kmsClient.send(new DisableKeyCommand({ KeyId: id }))
    const disabled = { name: 'DisabledException', message: `${arn} is disabled.` }
    await expect(world.kmsClient.send(new EncryptCommand({ KeyId: id, Plaintext }))).rejects.toMatchObject(disabled)
    await expect(world.kmsClient.send(new DecryptCommand({ CiphertextBlob }))).rejects.toMatchObject(disabled)
    expect(await world.kms.keys.keyState(arn, scope)).toMatchObject({ status: 'Disabled', manager: 'CUSTOMER' })
    await world.kmsClient.send(new EnableKeyCommand({ KeyId: id }))
    expect(text((await world.kmsClient.send(new DecryptCommand({ CiphertextBlob }))).Plaintext)).toBe('hello')
    expect(heard).toEqual([arn, arn])
  })

  test('a key to be deleted is saved as a disabled one, or gone with its aliases when the window is over', async () => {
    const { id, arn } = await newKey()
    await world.kmsClient.send(new CreateAliasCommand({ AliasName: 'alias/orders', TargetKeyId: id }))
    const { CiphertextBlob } = await world.kmsClient.send(
      new EncryptCommand({ KeyId: id, Plaintext: Buffer.from('x') }),
    )
    await expect(
      world.kmsClient.send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 6 })),
    ).rejects.toMatchObject({ name: 'ValidationException' })
    const schedule = new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 7 })
    expect(await world.kmsClient.send(schedule)).toMatchObject({
      KeyId: arn,
      KeyState: 'PendingDeletion',
      DeletionDate: new Date('2026-11-28T12:00:00Z'),
      PendingWindowInDays: 7,
    })
    for (const command of [schedule, new DecryptCommand({ CiphertextBlob }), new EnableKeyCommand({ KeyId: id })]) {
      await expect(world.kmsClient.send(command as DecryptCommand)).rejects.toMatchObject({
        name: 'KMSInvalidStateException',
        message: `${arn} is pending deletion.`,
      })
    }
    await world.kmsClient.send(new CancelKeyDeletionCommand({ KeyId: id }))
    expect((await world.kmsClient.send(new DescribeKeyCommand({ KeyId: id }))).KeyMetadata?.KeyState).toBe('Disabled')
    await expect(world.kmsClient.send(new CancelKeyDeletionCommand({ KeyId: id }))).rejects.toThrow('not pending')
    await world.kmsClient.send(schedule)
    const heard: string[] = []
    world.kms.keys.subscribe((keyArn) => heard.push(keyArn))
    world.later(7)
    await expect(world.kmsClient.send(new DescribeKeyCommand({ KeyId: id }))).rejects.toThrow('does not exist')
    await expect(world.kmsClient.send(new DecryptCommand({ CiphertextBlob }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    })
    const { Aliases } = await world.kmsClient.send(new ListAliasesCommand({}))
    expect(Aliases?.some(({ AliasName }) => AliasName === 'alias/orders')).toBe(false)
    expect(heard).toEqual([arn])
  })
})

describe('ciphertexts', () => {
  test('are bound to their key and to the encryption context, in whatever order its pairs are given', async () => {
    const [key, other] = await Promise.all([newKey(), newKey()])
    const { CiphertextBlob } = await world.kmsClient.send(
      new EncryptCommand({ KeyId: key.id, Plaintext: Buffer.from('hi'), EncryptionContext: { a: '1', b: '2' } }),
    )
    const decrypt = (input: object) => world.kmsClient.send(new DecryptCommand({ CiphertextBlob, ...input }))
    expect(await decrypt({ EncryptionContext: { b: '2', a: '1' }, KeyId: key.arn })).toMatchObject({
      KeyId: key.arn,
      EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    })
    for (const EncryptionContext of [{ a: '1' }, { a: '1', b: '3' }, undefined]) {
      await expect(decrypt({ EncryptionContext })).rejects.toMatchObject({ name: 'InvalidCiphertextException' })
    }
    await expect(decrypt({ EncryptionContext: { a: '1', b: '2' }, KeyId: other.id })).rejects.toMatchObject({
      name: 'IncorrectKeyException',
    })
  })

  test('with any byte changed do not decrypt', async () => {
    const { id } = await newKey()
    const { CiphertextBlob } = await world.kmsClient.send(
      new EncryptCommand({ KeyId: id, Plaintext: Buffer.from('hi') }),
    )
    const original = Buffer.from(CiphertextBlob ?? [])
    for (let at = 0; at < original.length; at++) {
      const changed = Buffer.from(original)
      changed[at] = (changed[at] ?? 0) ^ 1
      await expect(
        world.kms.keys.decryptDataKey(scope, {}, changed),
        `byte ${at} of ${original.length}`,
      ).rejects.toThrow(/ciphertext/)
    }
    await expect(
      world.kmsClient.send(new DecryptCommand({ CiphertextBlob: Buffer.from('nonsense') })),
    ).rejects.toMatchObject({ name: 'InvalidCiphertextException' })
  })

  test('are encrypted anew by another key and context', async () => {
    const [from, to] = await Promise.all([newKey(), newKey()])
    const { CiphertextBlob } = await world.kmsClient.send(
      new EncryptCommand({ KeyId: from.id, Plaintext: Buffer.from('hi'), EncryptionContext: { a: '1' } }),
    )
    const again = await world.kmsClient.send(
      new ReEncryptCommand({
        CiphertextBlob,
        SourceEncryptionContext: { a: '1' },
        DestinationKeyId: to.id,
        DestinationEncryptionContext: { b: '2' },
      }),
    )
    expect(again).toMatchObject({ SourceKeyId: from.arn, KeyId: to.arn })
    const decrypted = await world.kmsClient.send(
      new DecryptCommand({ CiphertextBlob: again.CiphertextBlob, EncryptionContext: { b: '2' } }),
    )
    expect([text(decrypted.Plaintext), decrypted.KeyId]).toEqual(['hi', to.arn])
  })
})

test('data keys have the length that was asked for, and decrypt to themselves', async () => {
  const { id } = await newKey()
  const generate = (input: object) => world.kmsClient.send(new GenerateDataKeyCommand({ KeyId: id, ...input }))
  expect((await generate({ KeySpec: 'AES_128' })).Plaintext).toHaveLength(16)
  expect((await generate({ NumberOfBytes: 64 })).Plaintext).toHaveLength(64)
  const { Plaintext, CiphertextBlob } = await generate({ KeySpec: 'AES_256' })
  expect((await world.kmsClient.send(new DecryptCommand({ CiphertextBlob }))).Plaintext).toEqual(Plaintext)
  for (const input of [{}, { KeySpec: 'AES_256', NumberOfBytes: 32 }])
    await expect(generate(input)).rejects.toThrow('either number of bytes or key spec')
  await expect(generate({ KeySpec: 'AES_256', DryRun: true })).rejects.toMatchObject({
    name: 'DryRunOperationException',
  })
  const sealed = await world.kmsClient.send(new GenerateDataKeyWithoutPlaintextCommand({ KeyId: id }))
  const opened = await world.kmsClient.send(new DecryptCommand({ CiphertextBlob: sealed.CiphertextBlob }))
  expect(opened.Plaintext).toHaveLength(32)
  expect((await world.kmsClient.send(new GenerateRandomCommand({ NumberOfBytes: 24 }))).Plaintext).toHaveLength(24)
})

test('aliases move between keys, exist once, and belong to the services below alias/aws/', async () => {
  const [one, two] = await Promise.all([newKey(), newKey()])
  const AliasName = 'alias/orders'
  await world.kmsClient.send(new CreateAliasCommand({ AliasName, TargetKeyId: one.id }))
  await expect(world.kmsClient.send(new CreateAliasCommand({ AliasName, TargetKeyId: two.id }))).rejects.toMatchObject({
    name: 'AlreadyExistsException',
  })
  await world.kmsClient.send(new UpdateAliasCommand({ AliasName, TargetKeyId: two.arn }))
  expect((await world.kmsClient.send(new ListAliasesCommand({ KeyId: two.id }))).Aliases).toMatchObject([
    { AliasName, TargetKeyId: two.id },
  ])
  await world.kmsClient.send(new DeleteAliasCommand({ AliasName }))
  await expect(world.kmsClient.send(new DeleteAliasCommand({ AliasName }))).rejects.toThrow('is not found')
  const create = (name: string) =>
    world.kmsClient.send(new CreateAliasCommand({ AliasName: name, TargetKeyId: one.id }))
  await expect(create('orders')).rejects.toThrow('Invalid identifier')
  await expect(create('alias/aws/mine')).rejects.toMatchObject({ name: 'InvalidAliasNameException' })
  await expect(world.kmsClient.send(new DisableKeyCommand({ KeyId: 'alias/aws/kafka' }))).rejects.toMatchObject({
    name: 'NotFoundException',
  })
})

test('an AWS managed key is made when first asked for, once, and only its service may use it', async () => {
  const describe = () => world.kmsClient.send(new DescribeKeyCommand({ KeyId: 'alias/aws/kafka' }))
  const unmade = (await world.kmsClient.send(new ListAliasesCommand({}))).Aliases
  expect(unmade?.find(({ AliasName }) => AliasName === 'alias/aws/kafka')?.TargetKeyId).toBeUndefined()
  const [first, second] = await Promise.all([describe(), describe()])
  expect(first.KeyMetadata).toMatchObject({ KeyManager: 'AWS', KeyState: 'Enabled' })
  expect(second.KeyMetadata?.KeyId).toBe(first.KeyMetadata?.KeyId)
  const KeyId = first.KeyMetadata?.KeyId ?? ''
  for (const command of [
    new EncryptCommand({ KeyId, Plaintext: Buffer.from('x') }),
    new DisableKeyCommand({ KeyId }),
    new ScheduleKeyDeletionCommand({ KeyId }),
  ]) {
    await expect(world.kmsClient.send(command as EncryptCommand)).rejects.toMatchObject({
      name: 'AccessDeniedException',
    })
  }
  const dataKey = await world.kms.keys.generateDataKey('alias/aws/kafka', scope, { cluster: 'demo' })
  expect(await world.kms.keys.decryptDataKey(scope, { cluster: 'demo' }, dataKey.ciphertext)).toEqual(dataKey.plaintext)
  await expect(
    world.kmsClient.send(
      new DecryptCommand({ CiphertextBlob: dataKey.ciphertext, EncryptionContext: { cluster: 'demo' } }),
    ),
  ).rejects.toMatchObject({ name: 'AccessDeniedException' })
})

test('a key rotates on demand and by the calendar, and decrypts what its older materials encrypted', async () => {
  const { id } = await newKey()
  const encrypt = async () =>
    (await world.kmsClient.send(new EncryptCommand({ KeyId: id, Plaintext: Buffer.from('old') }))).CiphertextBlob
  const ciphertexts = [await encrypt()]
  await world.kmsClient.send(new EnableKeyRotationCommand({ KeyId: id, RotationPeriodInDays: 90 }))
  expect(await world.kmsClient.send(new GetKeyRotationStatusCommand({ KeyId: id }))).toMatchObject({
    KeyRotationEnabled: true,
    RotationPeriodInDays: 90,
    NextRotationDate: new Date('2027-02-19T12:00:00Z'),
  })
  await world.kmsClient.send(new RotateKeyOnDemandCommand({ KeyId: id }))
  ciphertexts.push(await encrypt())
  world.later(90)
  ciphertexts.push(await encrypt(), await encrypt())
  const { Rotations } = await world.kmsClient.send(new ListKeyRotationsCommand({ KeyId: id }))
  expect(Rotations?.map(({ RotationType }) => RotationType)).toEqual(['ON_DEMAND', 'AUTOMATIC'])
  const decrypted = await Promise.all(
    ciphertexts.map((CiphertextBlob) => world.kmsClient.send(new DecryptCommand({ CiphertextBlob }))),
  )
  expect(decrypted.map(({ Plaintext }) => text(Plaintext))).toEqual(['old', 'old', 'old', 'old'])
  expect(new Set(decrypted.map(({ KeyMaterialId }) => KeyMaterialId)).size).toBe(3)
})

test('policies are checked and kept; the first one lets the account decide', async () => {
  const { id } = await newKey()
  const get = async () => (await world.kmsClient.send(new GetKeyPolicyCommand({ KeyId: id }))).Policy ?? ''
  expect(JSON.parse(await get())).toMatchObject({
    Statement: [{ Principal: { AWS: 'arn:aws:iam::000000000000:root' }, Action: 'kms:*' }],
  })
  await expect(world.kmsClient.send(new PutKeyPolicyCommand({ KeyId: id, Policy: '{}' }))).rejects.toMatchObject({
    name: 'MalformedPolicyDocumentException',
  })
  const Policy =
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}]}'
  await world.kmsClient.send(new PutKeyPolicyCommand({ KeyId: id, Policy }))
  expect(await get()).toBe(Policy)
})

test('tags come and go', async () => {
  const { id } = await newKey()
  const list = async () => (await world.kmsClient.send(new ListResourceTagsCommand({ KeyId: id }))).Tags
  const tag = (TagKey: string, TagValue: string) =>
    world.kmsClient.send(new TagResourceCommand({ KeyId: id, Tags: [{ TagKey, TagValue }] }))
  await tag('team', 'orders')
  await tag('stage', 'test')
  await tag('team', 'payments')
  await expect(tag('aws:x', 'y')).rejects.toMatchObject({ name: 'TagException' })
  expect(await list()).toEqual([
    { TagKey: 'stage', TagValue: 'test' },
    { TagKey: 'team', TagValue: 'payments' },
  ])
  await world.kmsClient.send(new UntagResourceCommand({ KeyId: id, TagKeys: ['stage'] }))
  expect(await list()).toEqual([{ TagKey: 'team', TagValue: 'payments' }])
})

test('grants are made once per name, listed, retired by token and revoked by id', async () => {
  const { id, arn } = await newKey()
  const create = (Name: string) =>
    world.kmsClient.send(
      new CreateGrantCommand({
        KeyId: id,
        Name,
        GranteePrincipal: 'arn:aws:iam::000000000000:root',
        Operations: ['Decrypt'],
      }),
    )
  const [one, two] = [await create('one'), await create('two')]
  expect((await create('one')).GrantId).toBe(one.GrantId)
  const list = async () => (await world.kmsClient.send(new ListGrantsCommand({ KeyId: id }))).Grants ?? []
  expect(new Set((await list()).map(({ Name, KeyId }) => [Name, KeyId].join()))).toEqual(
    new Set([`one,${arn}`, `two,${arn}`]),
  )
  await world.kmsClient.send(new RetireGrantCommand({ GrantToken: one.GrantToken }))
  await world.kmsClient.send(new RevokeGrantCommand({ KeyId: id, GrantId: two.GrantId }))
  expect(await list()).toEqual([])
  await expect(world.kmsClient.send(new RevokeGrantCommand({ KeyId: id, GrantId: two.GrantId }))).rejects.toMatchObject(
    { name: 'NotFoundException' },
  )
})
