/** The SDK's client as the judge of how KMS keys seal secrets. */
import {
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import { DescribeSecretCommand, UpdateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { scope, sealedWorld, type SealedWorld } from '../testing/sealed-world.ts'
import { SecretCalls, token } from '../testing/secret-calls.ts'

let world: SealedWorld
const { create, put, get, newKey } = new SecretCalls(() => world)

beforeEach(async () => {
  world = await sealedWorld()
})
afterEach(() => world.close())

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

test('readSecret knows an AWS managed key by its ARN too', async () => {
  const described = await world.kmsClient.send(new DescribeKeyCommand({ KeyId: 'alias/aws/secretsmanager' }))
  const arn = await create('db', { SecretString: 'x', KmsKeyId: described.KeyMetadata?.Arn })
  expect(await world.secretsManager.secrets.readSecret(arn, scope)).toMatchObject({ kmsKeyId: null, secretString: 'x' })
})
