/** The SDK's client as the judge of secretsmanager. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
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
  RestoreSecretCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { scope, sealedWorld, type SealedWorld } from '../testing/sealed-world.ts'
import { SecretCalls, token } from '../testing/secret-calls.ts'

let world: SealedWorld
const { create, put, get, newKey } = new SecretCalls(() => world)

beforeEach(async () => {
  world = await sealedWorld()
})
afterEach(() => world.close())

async function stages(name: string): Promise<Readonly<Record<string, string[]>> | undefined> {
  return (await world.secretsClient.send(new DescribeSecretCommand({ SecretId: name }))).VersionIdsToStages
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
