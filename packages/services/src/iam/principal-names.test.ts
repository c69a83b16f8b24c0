import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteRoleCommand,
  DeleteUserCommand,
  GetRoleCommand,
  PutUserPolicyCommand,
  DeleteUserPolicyCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateUserCommand,
} from '@aws-sdk/client-iam'
import {
  CreateGrantCommand,
  CreateKeyCommand,
  EncryptCommand,
  GetKeyPolicyCommand,
  ListGrantsCommand,
  PutKeyPolicyCommand,
} from '@aws-sdk/client-kms'
import {
  CreateSecretCommand,
  GetResourcePolicyCommand,
  GetSecretValueCommand,
  PutResourcePolicyCommand,
} from '@aws-sdk/client-secrets-manager'
import { AssumeRoleCommand } from '@aws-sdk/client-sts'
import { UnknownPrincipalError } from '@millrace/policy/principal-names'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { identityWorld, policy, trust, type Clients, type IdentityWorld } from '../testing/identity-world.ts'

const arn = (resource: string): string => `arn:aws:iam::000000000000:${resource}`
const ADA = arn('user/ada')

let world: IdentityWorld
let ada: { readonly clients: Clients; readonly id: string; end(): Promise<void> }

/** With a policy of its own that allows everything: what resources say decides. */
async function newAda(): Promise<typeof ada> {
  const { iam } = world.root
  const UserName = 'ada'
  const { User } = await iam.send(new CreateUserCommand({ UserName }))
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }))
  const PolicyDocument = policy({ Action: '*' })
  await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'all', PolicyDocument }))
  return {
    clients: world.as(AccessKey ?? {}),
    id: User?.UserId ?? '',
    async end() {
      await iam.send(new DeleteUserPolicyCommand({ UserName, PolicyName: 'all' }))
      await iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId: AccessKey?.AccessKeyId ?? '' }))
      await iam.send(new DeleteUserCommand({ UserName }))
    },
  }
}

beforeEach(async () => {
  world = await identityWorld()
  ada = await newAda()
})
afterEach(() => world.close())

/** Her successor, of the same name. */
async function replaceAda(): Promise<void> {
  await ada.end()
  ada = await newAda()
}

const trustOf = async (RoleName: string): Promise<string> => {
  const { Role } = await world.root.iam.send(new GetRoleCommand({ RoleName }))
  return decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')
}

describe('whom a policy of a resource names', () => {
  test('a trust policy: shown as it came, and of the deleted user by her id', async () => {
    const AssumeRolePolicyDocument = trust(ADA)
    await world.root.iam.send(new CreateRoleCommand({ RoleName: 'deploy', AssumeRolePolicyDocument }))
    const assume = () =>
      ada.clients.sts.send(new AssumeRoleCommand({ RoleArn: arn('role/deploy'), RoleSessionName: 'now' }))
    await assume()
    expect(await trustOf('deploy')).toBe(AssumeRolePolicyDocument)
    const { id } = ada
    await replaceAda()
    await expect(assume()).rejects.toMatchObject({ name: 'AccessDenied' })
    expect(await trustOf('deploy')).toBe(trust(id))
    const update = (PolicyDocument: string) =>
      world.root.iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'deploy', PolicyDocument }))
    await expect(update(trust(id))).rejects.toMatchObject({
      name: 'MalformedPolicyDocumentException',
      message: `Invalid principal in policy: "AWS":"${id}"`,
    })
    await update(AssumeRolePolicyDocument)
    await assume()
  })

  test('a key policy', async () => {
    const Policy = policy(
      { Principal: { AWS: arn('root') }, Action: ['kms:Put*', 'kms:Get*'] },
      { Principal: { AWS: ADA }, Action: 'kms:Encrypt' },
    )
    const { KeyMetadata } = await world.root.kms.send(new CreateKeyCommand({ Policy }))
    const KeyId = KeyMetadata?.KeyId
    const encrypt = () => ada.clients.kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('x') }))
    const shown = async () => (await world.root.kms.send(new GetKeyPolicyCommand({ KeyId }))).Policy
    await encrypt()
    expect(await shown()).toBe(Policy)
    const { id } = ada
    await replaceAda()
    await expect(encrypt()).rejects.toMatchObject({ name: 'AccessDeniedException' })
    expect(await shown()).toBe(Policy.replace(ADA, id))
    const again = new PutKeyPolicyCommand({ KeyId, Policy: Policy.replace(ADA, id) })
    await expect(world.root.kms.send(again)).rejects.toMatchObject({
      name: 'MalformedPolicyDocumentException',
      message: expect.stringMatching(/^Policy contains a statement with one or more invalid principals/),
    })
    await world.root.kms.send(new PutKeyPolicyCommand({ KeyId, Policy }))
    await encrypt()
  })

  test('a grant on a key', async () => {
    const Policy = policy({
      Principal: { AWS: arn('root') },
      Action: ['kms:CreateGrant', 'kms:List*', 'kms:PutKeyPolicy'],
    })
    // The account may make grants, and by them alone is the key used.
    const only = Policy.replace(
      '"Effect":"Allow"',
      '"Effect":"Allow","Condition":{"StringEquals":{"aws:PrincipalType":"Account"}}',
    )
    const { KeyMetadata } = await world.root.kms.send(new CreateKeyCommand({ Policy: only }))
    const KeyId = KeyMetadata?.KeyId
    const make = (GranteePrincipal: string) =>
      world.root.kms.send(new CreateGrantCommand({ KeyId, GranteePrincipal, Operations: ['Encrypt'] }))
    const grantees = async (GranteePrincipal?: string) =>
      ((await world.root.kms.send(new ListGrantsCommand({ KeyId, GranteePrincipal }))).Grants ?? []).map(
        (grant) => grant.GranteePrincipal,
      )
    const encrypt = () => ada.clients.kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('x') }))
    await expect(encrypt()).rejects.toMatchObject({ name: 'AccessDeniedException' })
    await make(ADA)
    await encrypt()
    expect([await grantees(), await grantees(ADA)]).toEqual([[ADA], [ADA]])
    const { id } = ada
    await replaceAda()
    await expect(encrypt()).rejects.toMatchObject({ name: 'AccessDeniedException' })
    expect([await grantees(), await grantees(ADA)]).toEqual([[id], []])
    await expect(make(arn('role/nobody'))).rejects.toMatchObject({ name: 'InvalidArnException' })
  })

  test('a policy of a secret', async () => {
    const { ARN: SecretId } = await world.root.secrets.send(new CreateSecretCommand({ Name: 's', SecretString: 'x' }))
    const ResourcePolicy = policy({ Effect: 'Deny', Principal: { AWS: ADA }, Action: 'secretsmanager:GetSecretValue' })
    await world.root.secrets.send(new PutResourcePolicyCommand({ SecretId, ResourcePolicy }))
    const shown = async () => (await world.root.secrets.send(new GetResourcePolicyCommand({ SecretId }))).ResourcePolicy
    const read = () => ada.clients.secrets.send(new GetSecretValueCommand({ SecretId }))
    await expect(read()).rejects.toMatchObject({ name: 'AccessDeniedException' })
    expect(await shown()).toBe(ResourcePolicy)
    const { id } = ada
    await replaceAda()
    await read()
    expect(await shown()).toBe(ResourcePolicy.replace(ADA, id))
    const put = new PutResourcePolicyCommand({ SecretId, ResourcePolicy: ResourcePolicy.replace(ADA, arn('user/bob')) })
    await expect(world.root.secrets.send(put)).rejects.toMatchObject({
      name: 'MalformedPolicyDocumentException',
      message: `This resource policy contains an unsupported principal: ${arn('user/bob')}`,
    })
  })

  test('who is renamed is still meant, and shown by the new name', async () => {
    await world.root.iam.send(new CreateRoleCommand({ RoleName: 'deploy', AssumeRolePolicyDocument: trust(ADA) }))
    await world.root.iam.send(new UpdateUserCommand({ UserName: 'ada', NewUserName: 'lovelace', NewPath: '/math/' }))
    await ada.clients.sts.send(new AssumeRoleCommand({ RoleArn: arn('role/deploy'), RoleSessionName: 'now' }))
    expect(await trustOf('deploy')).toBe(trust(arn('user/math/lovelace')))
  })
})

describe('principal names', () => {
  test('of roles and their sessions have the id of the role, in every account', async () => {
    const elsewhere = world.as({ AccessKeyId: '111122223333', SecretAccessKey: 'test' })
    const made = new CreateRoleCommand({
      RoleName: 'Deploy',
      Path: '/ops/',
      AssumeRolePolicyDocument: trust(arn('root')),
    })
    const { Role } = await elsewhere.iam.send(made)
    const { names } = world.identity
    const role = 'arn:aws:iam::111122223333:role/ops/Deploy'
    const session = 'arn:aws:sts::111122223333:assumed-role/Deploy/now'
    expect([names.stored(role), names.stored(session)]).toEqual([Role?.RoleId, `${Role?.RoleId}:now`])
    expect([names.shown(`${Role?.RoleId}`), names.shown(`${Role?.RoleId}:now`)]).toEqual([role, session])
    await elsewhere.iam.send(new DeleteRoleCommand({ RoleName: 'Deploy' }))
    expect(names.shown(`${Role?.RoleId}:now`)).toBe(`${Role?.RoleId}:now`)
  })

  test.each([
    '*',
    '111122223333',
    arn('root'),
    'arn:aws:iam::999999999999:root',
    'arn:aws:sts::000000000000:federated-user/bob',
  ])('%s has no id and stays', (name) => {
    expect(world.identity.names.stored(name)).toBe(name)
  })

  test.each([
    ['a user of another path', arn('user/math/ada')],
    ['a name in another case', arn('user/Ada')],
    ['a pattern', arn('user/*')],
    ['a group', arn('group/ada')],
    ['an account that has nothing', 'arn:aws:iam::999999999999:user/ada'],
    ['a session of no role', 'arn:aws:sts::000000000000:assumed-role/nobody/now'],
    ['an unknown id', 'AIDAAAAAAAAAAAAAAAAAA'],
    ['a thing of another service', 'arn:aws:kms:us-east-1:000000000000:key/k'],
    ['a word', 'ada'],
  ])('%s is nobody', (_what, name) => {
    expect(() => world.identity.names.stored(name)).toThrow(UnknownPrincipalError)
    expect([...world.identity.store.accounts()].map(({ accountId }) => accountId)).not.toContain('999999999999')
  })
})
