import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  ListUsersCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import {
  AssumeRoleCommand,
  GetCallerIdentityCommand,
  GetFederationTokenCommand,
  GetSessionTokenCommand,
  type AssumeRoleCommandInput,
} from '@aws-sdk/client-sts'
import {
  CreateGrantCommand,
  CreateKeyCommand,
  DescribeKeyCommand,
  EncryptCommand,
  PutKeyPolicyCommand,
} from '@aws-sdk/client-kms'
import { CreateSecretCommand, GetSecretValueCommand, PutResourcePolicyCommand } from '@aws-sdk/client-secrets-manager'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { identityWorld, policy, trust, type Clients, type IdentityWorld } from '../testing/identity-world.ts'

let world: IdentityWorld
let ada: Clients
const adaArn = 'arn:aws:iam::000000000000:user/ada'
const roleArn = 'arn:aws:iam::000000000000:role/ops/deploy'

beforeEach(async () => {
  world = await identityWorld()
  ada = await newUser('ada')
})
afterEach(() => world.close())

async function newUser(UserName: string): Promise<Clients> {
  await world.root.iam.send(new CreateUserCommand({ UserName }))
  const { AccessKey } = await world.root.iam.send(new CreateAccessKeyCommand({ UserName }))
  return world.as(AccessKey ?? {})
}

function allow(UserName: string, ...statements: readonly object[]): Promise<unknown> {
  return world.root.iam.send(
    new PutUserPolicyCommand({ UserName, PolicyName: 'own', PolicyDocument: policy(...statements) }),
  )
}

async function newRole(trusted: string, more: { readonly MaxSessionDuration?: number } = {}): Promise<void> {
  await world.root.iam.send(
    new CreateRoleCommand({ RoleName: 'deploy', Path: '/ops/', AssumeRolePolicyDocument: trusted, ...more }),
  )
  const PolicyDocument = policy({ Action: 'iam:ListUsers' })
  await world.root.iam.send(new PutRolePolicyCommand({ RoleName: 'deploy', PolicyName: 'look', PolicyDocument }))
}

function assume(by: Clients, more: Partial<AssumeRoleCommandInput> = {}) {
  return by.sts.send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'now', ...more }))
}

const denied = {
  name: 'AccessDenied',
  message: expect.stringContaining('is not authorized to perform: sts:AssumeRole'),
}

describe('AssumeRole', () => {
  test('needs the trust of the role, and of an account that is trusted also a policy', async () => {
    await newRole(trust('000000000000'))
    await expect(assume(ada)).rejects.toMatchObject({
      ...denied,
      message: `User: ${adaArn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn} because no identity-based policy allows the sts:AssumeRole action`,
    })
    await allow('ada', { Action: 'sts:AssumeRole', Resource: roleArn })
    const { Credentials, AssumedRoleUser } = await assume(ada)
    expect(AssumedRoleUser?.Arn).toBe('arn:aws:sts::000000000000:assumed-role/deploy/now')
    const session = world.as(Credentials ?? {})
    expect(await session.sts.send(new GetCallerIdentityCommand({}))).toMatchObject({
      Arn: AssumedRoleUser?.Arn,
      UserId: AssumedRoleUser?.AssumedRoleId,
    })
    await expect(session.iam.send(new ListUsersCommand({}))).resolves.toBeDefined()
    await world.root.iam.send(new DeleteRolePolicyCommand({ RoleName: 'deploy', PolicyName: 'look' }))
    await expect(session.iam.send(new ListUsersCommand({}))).rejects.toMatchObject({ name: 'AccessDenied' })
  })

  test('by a user whom the trust policy names needs nothing else, and nobody else gets in', async () => {
    await newRole(trust(adaArn))
    await expect(assume(ada)).resolves.toBeDefined()
    const eve = await newUser('eve')
    await allow('eve', { Action: '*' })
    await expect(assume(eve)).rejects.toMatchObject({
      message: expect.stringContaining('because no resource-based policy allows the sts:AssumeRole action'),
    })
  })

  test('asks for the external id that the trust policy wants', async () => {
    await newRole(trust(adaArn, { Condition: { StringEquals: { 'sts:ExternalId': 'agreed' } } }))
    await expect(assume(ada)).rejects.toMatchObject(denied)
    await expect(assume(ada, { ExternalId: 'other' })).rejects.toMatchObject(denied)
    await expect(assume(ada, { ExternalId: 'agreed' })).resolves.toBeDefined()
  })

  test('across accounts needs trust and a policy of the other account', async () => {
    await newRole(trust('111111111111'))
    const other = world.as({ AccessKeyId: '111111111111', SecretAccessKey: 'test' })
    const { AssumedRoleUser } = await assume(other)
    expect(AssumedRoleUser?.Arn).toBe('arn:aws:sts::000000000000:assumed-role/deploy/now')
    const third = world.as({ AccessKeyId: '222222222222', SecretAccessKey: 'test' })
    await expect(assume(third)).rejects.toMatchObject(denied)
  })

  test('a session policy cuts down what the role may', async () => {
    await newRole(trust(adaArn))
    const { Credentials, PackedPolicySize } = await assume(ada, { Policy: policy({ Action: 'kafka:*' }) })
    expect(PackedPolicySize).toBeGreaterThan(0)
    const session = world.as(Credentials ?? {})
    await expect(session.iam.send(new ListUsersCommand({}))).rejects.toThrow(
      'because no session policy allows the iam:ListUsers action',
    )
  })

  test('lasts as long as the role lets it, and an hour when chained', async () => {
    await newRole(trust('000000000000'), { MaxSessionDuration: 7200 })
    await allow('ada', { Action: 'sts:*' })
    await expect(assume(ada, { DurationSeconds: 10_800 })).rejects.toThrow('exceeds the MaxSessionDuration')
    const { Credentials } = await assume(ada, { DurationSeconds: 7200 })
    expect(Credentials?.Expiration?.getTime()).toBeGreaterThan(Date.now() + 7_100_000)
    const PolicyDocument = policy({ Action: 'sts:AssumeRole' })
    await world.root.iam.send(new PutRolePolicyCommand({ RoleName: 'deploy', PolicyName: 'chain', PolicyDocument }))
    const session = world.as(Credentials ?? {})
    await expect(assume(session, { DurationSeconds: 7200 })).rejects.toThrow('1 hour session limit')
    await expect(assume(session)).resolves.toBeDefined()
  })

  test('session tags need leave to be passed and count as the principal’s', async () => {
    const both = trust(adaArn, { Action: ['sts:AssumeRole', 'sts:TagSession'] })
    await newRole(both)
    const PolicyDocument = policy({
      Action: 'iam:ListUsers',
      Condition: { StringEquals: { 'aws:PrincipalTag/team': 'one' } },
    })
    await world.root.iam.send(new PutRolePolicyCommand({ RoleName: 'deploy', PolicyName: 'look', PolicyDocument }))
    const look = async (Value: string) => {
      const { Credentials } = await assume(ada, { Tags: [{ Key: 'team', Value }] })
      return world.as(Credentials ?? {}).iam.send(new ListUsersCommand({}))
    }
    await expect(look('one')).resolves.toBeDefined()
    await expect(look('two')).rejects.toMatchObject({ name: 'AccessDenied' })
  })

  test('of a role that was deleted and made anew leaves old sessions outside', async () => {
    await newRole(trust(adaArn))
    const { Credentials } = await assume(ada)
    await world.root.iam.send(new DeleteRolePolicyCommand({ RoleName: 'deploy', PolicyName: 'look' }))
    await world.root.iam.send(new DeleteRoleCommand({ RoleName: 'deploy' }))
    await newRole(trust(adaArn))
    await expect(world.as(Credentials ?? {}).sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
      name: 'InvalidClientTokenId',
    })
  })
})

describe('a session', () => {
  test('wants its token, ends when it should, and outlives a restart', async () => {
    const { Credentials } = await ada.sts.send(new GetSessionTokenCommand({ DurationSeconds: 900 }))
    const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials ?? {}
    const who = (clients: Clients) => clients.sts.send(new GetCallerIdentityCommand({}))
    for (const token of [undefined, 'wrong'])
      await expect(who(world.as({ AccessKeyId, SecretAccessKey, SessionToken: token }))).rejects.toMatchObject({
        name: 'InvalidClientTokenId',
      })
    const keys = { AccessKeyId, SecretAccessKey, SessionToken }
    expect(await who(world.as(keys))).toMatchObject({ Arn: adaArn })
    const rows = await world.database.selectFrom('sts_sessions').selectAll().execute()
    expect(JSON.stringify(rows)).not.toContain(SecretAccessKey)
    const restarted = await identityWorld(world.database)
    expect(await who(restarted.as(keys))).toMatchObject({ Arn: adaArn })
    restarted.later(901)
    await expect(who(restarted.as(keys))).rejects.toMatchObject({ name: 'ExpiredToken' })
  })

  test('of a user calls neither iam nor for another session', async () => {
    await allow('ada', { Action: '*' })
    const { Credentials } = await ada.sts.send(new GetSessionTokenCommand({}))
    const session = world.as(Credentials ?? {})
    await expect(session.iam.send(new ListUsersCommand({}))).rejects.toMatchObject({ name: 'InvalidClientTokenId' })
    await expect(session.sts.send(new GetSessionTokenCommand({}))).rejects.toThrow(
      'Cannot call GetSessionToken with session credentials',
    )
  })

  test('of a federated user may what user and session policy both allow', async () => {
    await allow('ada', { Action: ['sts:GetFederationToken', 'kms:*'] })
    const { KeyMetadata } = await world.root.kms.send(new CreateKeyCommand({}))
    const KeyId = KeyMetadata?.KeyId
    const federated = async (Policy?: string) => {
      const { Credentials, FederatedUser } = await ada.sts.send(
        new GetFederationTokenCommand({ Name: 'bob', ...(Policy === undefined ? {} : { Policy }) }),
      )
      expect(FederatedUser?.Arn).toBe('arn:aws:sts::000000000000:federated-user/bob')
      return world.as(Credentials ?? {})
    }
    await expect((await federated()).kms.send(new DescribeKeyCommand({ KeyId }))).rejects.toThrow('no session policy')
    const looking = await federated(policy({ Action: 'kms:DescribeKey' }))
    await expect(looking.kms.send(new DescribeKeyCommand({ KeyId }))).resolves.toBeDefined()
    await expect(looking.kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('x') }))).rejects.toThrow(
      'no session policy allows the kms:Encrypt action',
    )
  })
})

describe('the policy of a resource', () => {
  test('of a key decides also against its account, and lets in whom it names', async () => {
    const { KeyMetadata } = await world.root.kms.send(new CreateKeyCommand({}))
    const KeyId = KeyMetadata?.Arn
    const encrypt = () => ada.kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('x') }))
    await expect(encrypt()).rejects.toThrow(
      `on resource: ${KeyId} because no identity-based policy allows the kms:Encrypt action`,
    )
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: { AWS: adaArn }, Action: 'kms:Encrypt', Resource: '*' },
        { Effect: 'Allow', Principal: { AWS: '000000000000' }, Action: 'kms:PutKeyPolicy', Resource: '*' },
      ],
    })
    await world.root.kms.send(new PutKeyPolicyCommand({ KeyId, Policy }))
    await expect(encrypt()).resolves.toBeDefined()
    const lockedOut = Policy.replace('kms:PutKeyPolicy', 'kms:DescribeKey')
    await expect(world.root.kms.send(new PutKeyPolicyCommand({ KeyId, Policy: lockedOut }))).rejects.toMatchObject({
      name: 'MalformedPolicyDocumentException',
      message: 'The new key policy will not allow you to update the key policy in the future.',
    })
    await expect(world.root.kms.send(new DescribeKeyCommand({ KeyId }))).rejects.toThrow(
      'because no resource-based policy allows the kms:DescribeKey action',
    )
  })

  test('of a key is joined by grants', async () => {
    const { KeyMetadata } = await world.root.kms.send(new CreateKeyCommand({}))
    const KeyId = KeyMetadata?.Arn
    const encrypt = (context: Record<string, string>) =>
      ada.kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('x'), EncryptionContext: context }))
    await world.root.kms.send(
      new CreateGrantCommand({
        KeyId,
        GranteePrincipal: adaArn,
        Operations: ['Encrypt'],
        Constraints: { EncryptionContextSubset: { team: 'one' } },
      }),
    )
    await expect(encrypt({ team: 'one', more: 'x' })).resolves.toBeDefined()
    await expect(encrypt({ team: 'two' })).rejects.toMatchObject({ name: 'AccessDeniedException' })
    await expect(ada.kms.send(new DescribeKeyCommand({ KeyId }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    })
  })

  test('of a customer key is asked when a secret under it is read', async () => {
    const { KeyMetadata } = await world.root.kms.send(new CreateKeyCommand({}))
    const { ARN } = await world.root.secrets.send(
      new CreateSecretCommand({ Name: 'AmazonMSK_y', SecretString: 'deep', KmsKeyId: KeyMetadata?.KeyId }),
    )
    const read = () => ada.secrets.send(new GetSecretValueCommand({ SecretId: ARN }))
    await allow('ada', { Action: 'secretsmanager:*' })
    await expect(read()).rejects.toThrow(`perform: kms:Decrypt on resource: ${KeyMetadata?.Arn}`)
    const viaService = { StringEquals: { 'kms:ViaService': 'secretsmanager.us-east-1.amazonaws.com' } }
    await allow('ada', { Action: 'secretsmanager:*' }, { Action: 'kms:Decrypt', Condition: viaService })
    expect((await read()).SecretString).toBe('deep')
  })

  test('of a secret lets in another account, where that account lets its own out', async () => {
    const { ARN } = await world.root.secrets.send(
      new CreateSecretCommand({ Name: 'AmazonMSK_x', SecretString: 'deep' }),
    )
    const other = world.as({ AccessKeyId: '111111111111', SecretAccessKey: 'test' })
    const read = (by: Clients) => by.secrets.send(new GetSecretValueCommand({ SecretId: ARN }))
    await expect(read(other)).rejects.toThrow('because no resource-based policy allows')
    const ResourcePolicy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: '111111111111' },
          Action: 'secretsmanager:GetSecretValue',
          Resource: '*',
        },
      ],
    })
    await world.root.secrets.send(new PutResourcePolicyCommand({ SecretId: ARN, ResourcePolicy }))
    expect((await read(other)).SecretString).toBe('deep')
    await expect(read(ada)).rejects.toThrow('because no identity-based policy allows')
  })
})

test('every call is told once, with what policy said, and no secret in it', async () => {
  await expect(ada.iam.send(new ListUsersCommand({}))).rejects.toThrow()
  const { AccessKey } = await world.root.iam.send(new CreateAccessKeyCommand({ UserName: 'ada' }))
  const [refused, created] = world.events.slice(-2)
  expect(refused).toMatchObject({
    operation: 'ListUsers',
    principal: { arn: adaArn },
    status: 403,
    decision: { allowed: false, reason: 'no-statement-allows', set: 'identity' },
  })
  expect(created).toMatchObject({ operation: 'CreateAccessKey', decision: { reason: 'root' } })
  expect(JSON.stringify(world.events)).not.toContain(AccessKey?.SecretAccessKey)
})
