/** The SDK's client as the judge of secretsmanager. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateKeyCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import {
  BatchGetSecretValueCommand,
  CreateSecretCommand,
  DeleteResourcePolicyCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetResourcePolicyCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  ListSecretVersionIdsCommand,
  PutResourcePolicyCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
  UpdateSecretVersionStageCommand,
  type ListSecretsCommandInput,
} from '@aws-sdk/client-secrets-manager'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { scope, sealedWorld, type SealedWorld } from '../testing/sealed-world.ts'

let world: SealedWorld

beforeEach(async () => {
  world = await sealedWorld()
})
afterEach(() => world.close())

const token = (digit: number): string => `00000000-0000-0000-0000-00000000000${digit}`

async function create(name: string, input: object = { SecretString: 'first' }): Promise<string> {
  return (await world.secretsClient.send(new CreateSecretCommand({ Name: name, ...input }))).ARN ?? ''
}

async function put(name: string, value: string, input: object = {}): Promise<string> {
  const { VersionId } = await world.secretsClient.send(
    new PutSecretValueCommand({ SecretId: name, SecretString: value, ...input }),
  )
  return VersionId ?? ''
}

async function get(SecretId: string, input: object = {}): Promise<string | undefined> {
  return (await world.secretsClient.send(new GetSecretValueCommand({ SecretId, ...input }))).SecretString
}

async function stages(name: string): Promise<Readonly<Record<string, string[]>> | undefined> {
  return (await world.secretsClient.send(new DescribeSecretCommand({ SecretId: name }))).VersionIdsToStages
}

async function newKey(): Promise<string> {
  return (await world.kmsClient.send(new CreateKeyCommand({}))).KeyMetadata?.Arn ?? ''
}

describe('a secret', () => {
  test('is found by name, ARN, and ARN without its six random characters', async () => {
    const arn = await create('AmazonMSK_alice')
    expect(arn).toMatch(/^arn:aws:secretsmanager:us-east-1:000000000000:secret:AmazonMSK_alice-[A-Za-z0-9]{6}$/)
    for (const id of ['AmazonMSK_alice', arn, arn.slice(0, -7)]) expect(await get(id)).toBe('first')
    await expect(get('AmazonMSK_bob')).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: "Secrets Manager can't find the specified secret.",
      $metadata: { httpStatusCode: 400 },
    })
  })

  test('holds text or bytes, not both, and may have no value yet', async () => {
    await create('binary', { SecretBinary: Buffer.from([0, 255, 1]) })
    const read = await world.secretsClient.send(new GetSecretValueCommand({ SecretId: 'binary' }))
    expect([Buffer.from(read.SecretBinary ?? []), read.SecretString]).toEqual([Buffer.from([0, 255, 1]), undefined])
    await expect(create('both', { SecretString: 'a', SecretBinary: Buffer.from('b') })).rejects.toMatchObject({
      name: 'InvalidParameterException',
    })
    await create('empty', {})
    await expect(get('empty')).rejects.toThrow('staging label: AWSCURRENT')
    await put('empty', 'now', { VersionStages: ['mine'] })
    expect(await get('empty')).toBe('now')
  })

  test('exists once per name, account and region', async () => {
    await create('db')
    await expect(create('db')).rejects.toMatchObject({ name: 'ResourceExistsException' })
    const other = world.elsewhere('111111111111', 'us-east-1').secrets
    await expect(other.send(new GetSecretValueCommand({ SecretId: 'db' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
    const { ARN } = await other.send(new CreateSecretCommand({ Name: 'db', SecretString: 'theirs' }))
    expect(ARN).toContain(':111111111111:')
    await expect(create('a b')).rejects.toMatchObject({ name: 'ValidationException' })
  })

  test('is described without its value, with the days it was used', async () => {
    const arn = await create('db', { SecretString: 'x', Description: 'd', Tags: [{ Key: 'team', Value: 'a' }] })
    const described = () => world.secretsClient.send(new DescribeSecretCommand({ SecretId: 'db' }))
    expect((await described()).LastAccessedDate).toBeUndefined()
    world.later(1)
    await get('db')
    const { $metadata, VersionIdsToStages, ...rest } = await described()
    expect(rest).toEqual({
      ARN: arn,
      Name: 'db',
      Description: 'd',
      Tags: [{ Key: 'team', Value: 'a' }],
      CreatedDate: new Date('2026-11-21T12:00:00Z'),
      LastChangedDate: new Date('2026-11-21T12:00:00Z'),
      LastAccessedDate: new Date('2026-11-22T00:00:00Z'),
    })
    expect([$metadata.httpStatusCode, Object.values(VersionIdsToStages ?? {})]).toEqual([200, [['AWSCURRENT']]])
  })
})

describe('versions', () => {
  test('the new value is current, the one before it previous, older ones lose their label', async () => {
    await create('db', { SecretString: 'one', ClientRequestToken: token(1) })
    await put('db', 'two', { ClientRequestToken: token(2) })
    await put('db', 'three', { ClientRequestToken: token(3) })
    expect(await stages('db')).toEqual({ [token(3)]: ['AWSCURRENT'], [token(2)]: ['AWSPREVIOUS'] })
    expect(await get('db')).toBe('three')
    expect(await get('db', { VersionStage: 'AWSPREVIOUS' })).toBe('two')
    expect(await get('db', { VersionId: token(1) })).toBe('one')
    await expect(get('db', { VersionId: token(3), VersionStage: 'AWSPREVIOUS' })).rejects.toMatchObject({
      name: 'InvalidRequestException',
    })
    await expect(get('db', { VersionId: token(9) })).rejects.toThrow(`for VersionId: ${token(9)}`)
    const list = async (IncludeDeprecated: boolean) =>
      (await world.secretsClient.send(new ListSecretVersionIdsCommand({ SecretId: 'db', IncludeDeprecated }))).Versions
    expect(await list(false)).toHaveLength(2)
    expect((await list(true))?.find(({ VersionId }) => VersionId === token(1))).toMatchObject({
      KmsKeyIds: ['DefaultEncryptionKey'],
    })
  })

  test('a rotation: pending beside current, then promoted', async () => {
    await create('db', { SecretString: 'old', ClientRequestToken: token(1) })
    await put('db', 'new', { ClientRequestToken: token(2), VersionStages: ['AWSPENDING'] })
    expect(await get('db')).toBe('old')
    expect(await get('db', { VersionStage: 'AWSPENDING' })).toBe('new')
    const move = (input: object) =>
      world.secretsClient.send(
        new UpdateSecretVersionStageCommand({ SecretId: 'db', VersionStage: 'AWSCURRENT', ...input }),
      )
    await expect(move({ MoveToVersionId: token(2) })).rejects.toThrow("RemoveFromVersionId can't be empty")
    await expect(move({ RemoveFromVersionId: token(1) })).rejects.toThrow("can't be completely removed")
    await expect(move({ RemoveFromVersionId: token(2), MoveToVersionId: token(2) })).rejects.toThrow('is not attached')
    await move({ RemoveFromVersionId: token(1), MoveToVersionId: token(2) })
    expect(await get('db')).toBe('new')
    expect(await stages('db')).toEqual({ [token(1)]: ['AWSPREVIOUS'], [token(2)]: ['AWSPENDING', 'AWSCURRENT'] })
    await world.secretsClient.send(
      new UpdateSecretVersionStageCommand({
        SecretId: 'db',
        VersionStage: 'AWSPENDING',
        RemoveFromVersionId: token(2),
      }),
    )
    expect(await stages('db')).toEqual({ [token(1)]: ['AWSPREVIOUS'], [token(2)]: ['AWSCURRENT'] })
  })

  test('a write with the same token and value is the same write, with another value refused', async () => {
    const input = { SecretString: 'one', ClientRequestToken: token(1) }
    expect(await create('db', input)).toBe(await create('db', input))
    await put('db', 'two', { ClientRequestToken: token(2) })
    expect(await put('db', 'two', { ClientRequestToken: token(2) })).toBe(token(2))
    expect(Object.keys((await stages('db')) ?? {})).toHaveLength(2)
    await expect(put('db', 'three', { ClientRequestToken: token(2) })).rejects.toMatchObject({
      name: 'ResourceExistsException',
      message: expect.stringContaining(token(2)),
    })
  })
})

test('writes at the same time follow one another: one is current, one previous, none is lost', async () => {
  await create('db')
  const written = await Promise.all(Array.from({ length: 8 }, (_, index) => put('db', `value ${index}`)))
  const labels = Object.values((await stages('db')) ?? {}).flat()
  expect(labels.toSorted()).toEqual(['AWSCURRENT', 'AWSPREVIOUS'])
  const values = await Promise.all(written.map((VersionId) => get('db', { VersionId })))
  expect(values).toEqual(written.map((_, index) => `value ${index}`))
})

describe('deletion', () => {
  const remove = (input: object) => world.secretsClient.send(new DeleteSecretCommand({ SecretId: 'db', ...input }))

  test('with a recovery window: refused until restored, gone when it is over', async () => {
    await create('db')
    await expect(remove({ RecoveryWindowInDays: 6 })).rejects.toMatchObject({ name: 'InvalidParameterException' })
    await expect(remove({ RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true })).rejects.toMatchObject({
      name: 'InvalidParameterException',
    })
    expect((await remove({ RecoveryWindowInDays: 7 })).DeletionDate).toEqual(new Date('2026-11-28T12:00:00Z'))
    for (const refused of [() => get('db'), () => put('db', 'x'), () => remove({}), () => create('db')])
      await expect(refused()).rejects.toMatchObject({ name: 'InvalidRequestException' })
    const list = async (IncludePlannedDeletion: boolean) =>
      (await world.secretsClient.send(new ListSecretsCommand({ IncludePlannedDeletion }))).SecretList?.length
    expect([await list(false), await list(true)]).toEqual([0, 1])
    await world.secretsClient.send(new RestoreSecretCommand({ SecretId: 'db' }))
    expect(await get('db')).toBe('first')
    await remove({ RecoveryWindowInDays: 7 })
    world.later(7)
    await expect(get('db')).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    await create('db')
  })

  test('without recovery: gone at once, also when it was marked or never there', async () => {
    const arn = await create('db')
    await remove({})
    expect(await remove({ ForceDeleteWithoutRecovery: true })).toMatchObject({ ARN: arn, Name: 'db' })
    expect(await remove({ ForceDeleteWithoutRecovery: true })).toMatchObject({ Name: 'db' })
    expect(await create('db')).not.toBe(arn)
  })
})

describe('the KMS key of a secret', () => {
  test('disabled, it closes the secret; enabled again, it opens it', async () => {
    const KmsKeyId = await newKey()
    const arn = await create('db', { SecretString: 'x', KmsKeyId })
    expect((await world.secretsClient.send(new DescribeSecretCommand({ SecretId: 'db' }))).KmsKeyId).toBe(KmsKeyId)
    await world.kmsClient.send(new DisableKeyCommand({ KeyId: KmsKeyId }))
    await expect(get('db')).rejects.toMatchObject({
      name: 'DecryptionFailure',
      message: expect.stringContaining(`${KmsKeyId} is disabled`),
    })
    await expect(put('db', 'y')).rejects.toMatchObject({ name: 'EncryptionFailure' })
    expect(await world.secretsManager.secrets.readSecret(arn, scope)).toMatchObject({
      kmsKeyId: KmsKeyId,
      secretString: null,
      unreadable: expect.stringContaining('is disabled'),
    })
    await world.kmsClient.send(new EnableKeyCommand({ KeyId: KmsKeyId }))
    expect(await get('db')).toBe('x')
  })

  test('is the AWS managed one unless the owner names another; changing it seals labelled versions anew', async () => {
    await create('db', { SecretString: 'one', ClientRequestToken: token(1) })
    await put('db', 'two', { ClientRequestToken: token(2) })
    const KmsKeyId = await newKey()
    await world.secretsClient.send(new UpdateSecretCommand({ SecretId: 'db', KmsKeyId }))
    await world.kmsClient.send(new DisableKeyCommand({ KeyId: KmsKeyId }))
    await expect(get('db')).rejects.toThrow('is disabled')
    await expect(get('db', { VersionStage: 'AWSPREVIOUS' })).rejects.toThrow('is disabled')
    await world.kmsClient.send(new EnableKeyCommand({ KeyId: KmsKeyId }))
    expect(await get('db', { VersionStage: 'AWSPREVIOUS' })).toBe('one')
    await world.secretsClient.send(new UpdateSecretCommand({ SecretId: 'db', KmsKeyId: '', SecretString: 'three' }))
    await world.kmsClient.send(new ScheduleKeyDeletionCommand({ KeyId: KmsKeyId }))
    expect([await get('db'), await get('db', { VersionStage: 'AWSPREVIOUS' })]).toEqual(['three', 'two'])
  })

  test('must exist when a value is sealed', async () => {
    await expect(create('db', { SecretString: 'x', KmsKeyId: 'alias/none' })).rejects.toMatchObject({
      name: 'EncryptionFailure',
      message: expect.stringContaining('alias/none is not found'),
    })
  })
})

test('listeners hear of creation, a new current value, another key, deletion and restoration, and of nothing else', async () => {
  const heard: string[] = []
  const stop = world.secretsManager.secrets.subscribe((arn) => heard.push(arn))
  const arn = await create('db', { SecretString: 'one', ClientRequestToken: token(1) })
  await put('db', 'two')
  await world.secretsClient.send(new UpdateSecretCommand({ SecretId: 'db', KmsKeyId: await newKey() }))
  await world.secretsClient.send(new DeleteSecretCommand({ SecretId: 'db' }))
  await world.secretsClient.send(new RestoreSecretCommand({ SecretId: 'db' }))
  expect(heard).toEqual(Array(5).fill(arn))
  await put('db', 'pending', { VersionStages: ['AWSPENDING'] })
  await get('db')
  await world.secretsClient.send(new TagResourceCommand({ SecretId: 'db', Tags: [{ Key: 'a', Value: 'b' }] }))
  expect(heard).toHaveLength(5)
  await world.secretsClient.send(new DeleteSecretCommand({ SecretId: 'db', ForceDeleteWithoutRecovery: true }))
  expect(heard).toHaveLength(6)
  stop()
  await create('db')
  expect(heard).toHaveLength(6)
})

test('readSecret tells the current value, of a secret to be deleted only that it is', async () => {
  const { secrets } = world.secretsManager
  const arn = await create('AmazonMSK_a', { SecretString: '{"username":"a"}', ClientRequestToken: token(1) })
  expect(await secrets.readSecret(arn, scope)).toEqual({
    name: 'AmazonMSK_a',
    arn,
    kmsKeyId: null,
    secretString: '{"username":"a"}',
    versionId: token(1),
    deleted: false,
    unreadable: null,
  })
  expect(await secrets.readSecret(arn, { ...scope, region: 'eu-west-1' })).toBeNull()
  await world.secretsClient.send(new DeleteSecretCommand({ SecretId: arn }))
  expect(await secrets.readSecret(arn, scope)).toMatchObject({ deleted: true, secretString: null })
})

test('readSecret knows an AWS managed key by its ARN too', async () => {
  const described = await world.kmsClient.send(new DescribeKeyCommand({ KeyId: 'alias/aws/secretsmanager' }))
  const arn = await create('db', { SecretString: 'x', KmsKeyId: described.KeyMetadata?.Arn })
  expect(await world.secretsManager.secrets.readSecret(arn, scope)).toMatchObject({ kmsKeyId: null, secretString: 'x' })
})

describe('lists', () => {
  const names = async (input: ListSecretsCommandInput) =>
    (await world.secretsClient.send(new ListSecretsCommand(input))).SecretList?.map(({ Name }) => Name)

  beforeEach(async () => {
    await create('prod/db', { SecretString: 'p', Description: 'Orders database', Tags: [{ Key: 'team', Value: 'a' }] })
    world.later(1)
    await create('prod/api', { SecretString: 'q', Tags: [{ Key: 'team', Value: 'b' }] })
    world.later(1)
    await create('test/db', { SecretString: 'r' })
  })

  test.each([
    [[{ Key: 'name', Values: ['prod/'] }], ['prod/db', 'prod/api']],
    [[{ Key: 'name', Values: ['!prod/'] }], ['test/db']],
    [[{ Key: 'name', Values: ['prod/db', 'test'] }], ['prod/db', 'test/db']],
    [[{ Key: 'description', Values: ['orders'] }], ['prod/db']],
    [
      [
        { Key: 'tag-key', Values: ['team'] },
        { Key: 'tag-value', Values: ['b'] },
      ],
      ['prod/api'],
    ],
    [[{ Key: 'all', Values: ['DATABASE orders'] }], ['prod/db']],
    [[{ Key: 'primary-region', Values: ['eu-west-1'] }], []],
  ] as const)('filters %j find %j', async (filters, expected) => {
    expect(await names({ Filters: filters.map(({ Key, Values }) => ({ Key, Values: [...Values] })) })).toEqual(expected)
  })

  test('are sorted and paged as asked', async () => {
    expect(await names({})).toEqual(['prod/db', 'prod/api', 'test/db'])
    expect(await names({ SortBy: 'name' })).toEqual(['prod/api', 'prod/db', 'test/db'])
    const input = { SortOrder: 'desc', MaxResults: 2 } as const
    const first = await world.secretsClient.send(new ListSecretsCommand(input))
    expect(first.SecretList?.map(({ Name }) => Name)).toEqual(['test/db', 'prod/api'])
    expect(await names({ ...input, NextToken: first.NextToken })).toEqual(['prod/db'])
    await expect(names({ NextToken: first.NextToken })).rejects.toMatchObject({ name: 'InvalidNextTokenException' })
  })

  test('values come in batches, with what failed beside them', async () => {
    const byId = await world.secretsClient.send(
      new BatchGetSecretValueCommand({ SecretIdList: ['test/db', 'nobody', 'prod/db'] }),
    )
    expect(byId.SecretValues?.map(({ SecretString }) => SecretString)).toEqual(['r', 'p'])
    expect(byId.Errors).toMatchObject([{ SecretId: 'nobody', ErrorCode: 'ResourceNotFoundException' }])
    const byFilter = await world.secretsClient.send(
      new BatchGetSecretValueCommand({ Filters: [{ Key: 'name', Values: ['prod/'] }] }),
    )
    expect(byFilter.SecretValues?.map(({ Name }) => Name)).toEqual(['prod/api', 'prod/db'])
  })
})

test('tags and resource policies come and go', async () => {
  await create('db')
  const described = async () => (await world.secretsClient.send(new DescribeSecretCommand({ SecretId: 'db' }))).Tags
  await world.secretsClient.send(
    new TagResourceCommand({ SecretId: 'db', Tags: [{ Key: 'a', Value: '1' }, { Key: 'b' }] }),
  )
  await world.secretsClient.send(new UntagResourceCommand({ SecretId: 'db', TagKeys: ['a'] }))
  expect(await described()).toEqual([{ Key: 'b', Value: '' }])

  const statement = { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: '*' }
  const policy = (Principal: unknown) =>
    JSON.stringify({ Version: '2012-10-17', Statement: [{ ...statement, Principal }] })
  const putPolicy = (ResourcePolicy: string) =>
    world.secretsClient.send(new PutResourcePolicyCommand({ SecretId: 'db', ResourcePolicy, BlockPublicPolicy: true }))
  await expect(putPolicy('{"Statement":1}')).rejects.toMatchObject({ name: 'MalformedPolicyDocumentException' })
  await expect(putPolicy(policy('*'))).rejects.toMatchObject({ name: 'PublicPolicyException' })
  const kafka = policy({ Service: 'kafka.amazonaws.com' })
  await putPolicy(kafka)
  const read = async () =>
    (await world.secretsClient.send(new GetResourcePolicyCommand({ SecretId: 'db' }))).ResourcePolicy
  expect(await read()).toBe(kafka)
  await world.secretsClient.send(new DeleteResourcePolicyCommand({ SecretId: 'db' }))
  expect(await read()).toBeUndefined()
})

test('random passwords have the length and the characters that were asked for', async () => {
  const password = async (input: object) =>
    (await world.secretsClient.send(new GetRandomPasswordCommand(input))).RandomPassword ?? ''
  expect(await password({})).toHaveLength(32)
  const onlyLetters = { ExcludeNumbers: true, ExcludePunctuation: true, ExcludeCharacters: 'xX' }
  expect(await password({ ...onlyLetters, PasswordLength: 500 })).toMatch(/^[a-wyzA-WYZ]{500}$/)
  expect(await password({ PasswordLength: 4 })).toMatch(/^(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])(?=.*[!-/:-@[-`{-~]).{4}$/)
  await expect(password({ PasswordLength: 3 })).rejects.toMatchObject({ name: 'InvalidParameterException' })
})

test('values survive a restart, and neither values nor data keys are on disk in the clear', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'secrets-'))
  const path = join(directory, 'services.db')
  await world.close()
  world = await sealedWorld(path)
  const value = 'correct horse battery staple'
  await create('db', { SecretString: value, KmsKeyId: await newKey() })
  await put('db', `${value} again`)
  for (const file of readdirSync(directory)) {
    const bytes = readFileSync(join(directory, file))
    expect([file, bytes.includes(value), bytes.includes(Buffer.from(value).toString('base64').slice(0, 36))]).toEqual([
      file,
      false,
      false,
    ])
  }
  await world.close()
  world = await sealedWorld(path)
  expect(await get('db', { VersionStage: 'AWSPREVIOUS' })).toBe(value)
  rmSync(directory, { recursive: true, force: true })
})

test('no error tells a value', async () => {
  const value = 'hunter2'
  await create('db', { SecretString: value, ClientRequestToken: token(1) })
  const failures = await Promise.all(
    [
      () => create('db', { SecretString: value, ClientRequestToken: token(2) }),
      () => create('other', { SecretString: value, KmsKeyId: 'alias/none' }),
      () => create('both', { SecretString: value, SecretBinary: Buffer.from(value) }),
      () => put('none', value),
      () => put('db', `${value}!`, { ClientRequestToken: token(1) }),
      () => put('db', value.repeat(10_000)),
    ].map((call) =>
      call().then(
        () => null,
        (error: unknown) => error,
      ),
    ),
  )
  for (const error of failures) {
    expect(error).toBeInstanceOf(Error)
    expect(JSON.stringify(error) + String(error)).not.toContain(value)
  }
})
