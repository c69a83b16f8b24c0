import {
  AddRoleToInstanceProfileCommand,
  AddUserToGroupCommand,
  AttachGroupPolicyCommand,
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreateAccountAliasCommand,
  CreateGroupCommand,
  CreateInstanceProfileCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  CreateServiceLinkedRoleCommand,
  CreateUserCommand,
  DeleteGroupCommand,
  DeleteInstanceProfileCommand,
  DeletePolicyCommand,
  DeleteRoleCommand,
  DeleteServiceLinkedRoleCommand,
  DeleteUserCommand,
  DetachRolePolicyCommand,
  DetachUserPolicyCommand,
  GetAccountAuthorizationDetailsCommand,
  GetGroupCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetServiceLinkedRoleDeletionStatusCommand,
  GetUserCommand,
  ListAccessKeysCommand,
  ListAccountAliasesCommand,
  ListAttachedUserPoliciesCommand,
  ListEntitiesForPolicyCommand,
  ListPoliciesCommand,
  ListUsersCommand,
  PutUserPermissionsBoundaryCommand,
  PutUserPolicyCommand,
  SetDefaultPolicyVersionCommand,
  SimulateCustomPolicyCommand,
  SimulatePrincipalPolicyCommand,
  TagUserCommand,
  UpdateAccessKeyCommand,
  UpdateUserCommand,
} from '@aws-sdk/client-iam'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { identityWorld, policy, trust, type Clients, type IdentityWorld } from '../testing/identity-world.ts'

let world: IdentityWorld
let iam: Clients['iam']

beforeEach(async () => {
  world = await identityWorld()
  ;({ iam } = world.root)
})
afterEach(() => world.close())

async function newUser(UserName: string, ...statements: readonly object[]): Promise<Clients> {
  await iam.send(new CreateUserCommand({ UserName }))
  if (statements.length > 0)
    await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'own', PolicyDocument: policy(...statements) }))
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }))
  return world.as(AccessKey ?? {})
}

const arn = (resource: string): string => `arn:aws:iam::000000000000:${resource}`

describe('users', () => {
  test('sign with their keys, and are nobody once the key is inactive', async () => {
    const ada = await newUser('Ada')
    expect(await ada.sts.send(new GetCallerIdentityCommand({}))).toMatchObject({ Arn: arn('user/Ada') })
    const { AccessKeyMetadata } = await iam.send(new ListAccessKeysCommand({ UserName: 'ada' }))
    const AccessKeyId = AccessKeyMetadata?.[0]?.AccessKeyId
    await iam.send(new UpdateAccessKeyCommand({ UserName: 'Ada', AccessKeyId, Status: 'Inactive' }))
    await expect(ada.sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({ name: 'InvalidClientTokenId' })
  })

  test('exist once, without regard to case, and go only when nothing hangs on them', async () => {
    await newUser('Ada', { Action: 'kafka:*' })
    const refused = (command: DeleteUserCommand | CreateUserCommand) =>
      expect(iam.send(command as DeleteUserCommand)).rejects
    await refused(new CreateUserCommand({ UserName: 'ADA' })).toMatchObject({
      name: 'EntityAlreadyExistsException',
      message: 'User with name ADA already exists.',
    })
    await refused(new DeleteUserCommand({ UserName: 'Ada' })).toMatchObject({
      name: 'DeleteConflictException',
      message: 'Cannot delete entity, must delete access keys first.',
    })
    await expect(iam.send(new GetUserCommand({ UserName: 'eve' }))).rejects.toMatchObject({
      name: 'NoSuchEntityException',
      message: 'The user with name eve cannot be found.',
    })
  })

  test('keep keys and policies under a new name', async () => {
    const ada = await newUser('Ada', { Action: 'iam:GetUser' })
    await iam.send(new UpdateUserCommand({ UserName: 'Ada', NewUserName: 'Countess', NewPath: '/lovelace/' }))
    expect((await ada.iam.send(new GetUserCommand({}))).User).toMatchObject({ Arn: arn('user/lovelace/Countess') })
  })

  test('are listed in pages', async () => {
    for (const UserName of ['a', 'b', 'c']) await iam.send(new CreateUserCommand({ UserName }))
    const first = await iam.send(new ListUsersCommand({ MaxItems: 2 }))
    expect([first.IsTruncated, first.Users?.map(({ UserName }) => UserName)]).toEqual([true, ['a', 'b']])
    const rest = await iam.send(new ListUsersCommand({ MaxItems: 2, Marker: first.Marker }))
    expect([rest.IsTruncated, rest.Users?.map(({ UserName }) => UserName)]).toEqual([false, ['c']])
  })

  test('have at most two keys', async () => {
    await newUser('ada')
    await iam.send(new CreateAccessKeyCommand({ UserName: 'ada' }))
    await expect(iam.send(new CreateAccessKeyCommand({ UserName: 'ada' }))).rejects.toMatchObject({
      name: 'LimitExceededException',
      message: 'Cannot exceed quota for AccessKeysPerUser: 2',
    })
  })
})

describe('policies', () => {
  test('count from the call on, whether own, attached, or of a group', async () => {
    const ada = await newUser('ada')
    const look = () => ada.iam.send(new ListUsersCommand({}))
    await expect(look()).rejects.toMatchObject({
      name: 'AccessDenied',
      message: `User: ${arn('user/ada')} is not authorized to perform: iam:ListUsers on resource: * because no identity-based policy allows the iam:ListUsers action`,
    })
    await iam.send(new CreateGroupCommand({ GroupName: 'readers' }))
    const PolicyArn = 'arn:aws:iam::aws:policy/IAMReadOnlyAccess'
    await iam.send(new AttachGroupPolicyCommand({ GroupName: 'readers', PolicyArn }))
    await iam.send(new AddUserToGroupCommand({ GroupName: 'readers', UserName: 'ada' }))
    await expect(look()).resolves.toBeDefined()
    expect((await iam.send(new GetGroupCommand({ GroupName: 'readers' }))).Users).toHaveLength(1)
    await expect(iam.send(new DeleteGroupCommand({ GroupName: 'readers' }))).rejects.toMatchObject({
      name: 'DeleteConflictException',
    })
    const boundary = 'arn:aws:iam::aws:policy/AmazonMSKFullAccess'
    await iam.send(new PutUserPermissionsBoundaryCommand({ UserName: 'ada', PermissionsBoundary: boundary }))
    await expect(look()).rejects.toThrow('because no permissions boundary allows the iam:ListUsers action')
  })

  test('have versions, of which the default counts', async () => {
    const ada = await newUser('ada')
    const created = await iam.send(
      new CreatePolicyCommand({ PolicyName: 'p', PolicyDocument: policy({ Action: 'iam:ListUsers' }) }),
    )
    const PolicyArn = created.Policy?.Arn
    await iam.send(new AttachUserPolicyCommand({ UserName: 'ada', PolicyArn }))
    const look = () => ada.iam.send(new ListUsersCommand({}))
    await expect(look()).resolves.toBeDefined()
    const deny = policy({ Effect: 'Deny', Action: 'iam:*', Sid: 'NoMore' })
    await iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: deny, SetAsDefault: true }))
    await expect(look()).rejects.toThrow(
      `with an explicit deny in an identity-based policy: ${PolicyArn} (statement 0, NoMore)`,
    )
    await iam.send(new SetDefaultPolicyVersionCommand({ PolicyArn, VersionId: 'v1' }))
    await expect(look()).resolves.toBeDefined()
    for (let more = 0; more < 3; more++)
      await iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: deny }))
    await expect(iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: deny }))).rejects.toMatchObject({
      name: 'LimitExceededException',
    })
    await expect(iam.send(new DeletePolicyCommand({ PolicyArn }))).rejects.toMatchObject({
      name: 'DeleteConflictException',
      message: 'Cannot delete a policy attached to entities.',
    })
    expect((await iam.send(new ListEntitiesForPolicyCommand({ PolicyArn }))).PolicyUsers).toMatchObject([
      { UserName: 'ada' },
    ])
    const { PolicyVersion } = await iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId: 'v2' }))
    expect(decodeURIComponent(PolicyVersion?.Document ?? '')).toBe(deny)
    expect((await iam.send(new GetPolicyCommand({ PolicyArn }))).Policy).toMatchObject({ AttachmentCount: 1 })
  })

  test.each([
    ['no JSON', '{', 'not valid JSON'],
    ['an action of no service', policy({ Action: 'ListUsers' }), 'prefaced by a vendor'],
    ['a resource that is no ARN', policy({ Action: 'iam:*', Resource: 'demo' }), 'ARN format'],
    ['a principal', policy({ Action: 'iam:*', Principal: '*' }), 'must not have a Principal'],
  ])('with %s are malformed', async (_what, PolicyDocument, message) => {
    await expect(iam.send(new CreatePolicyCommand({ PolicyName: 'p', PolicyDocument }))).rejects.toMatchObject({
      name: 'MalformedPolicyDocumentException',
      message: expect.stringContaining(message),
    })
  })

  test('of AWS can be listed and attached, and nobody can change them', async () => {
    const { Policies = [] } = await iam.send(new ListPoliciesCommand({ Scope: 'AWS' }))
    const names = Policies.map(({ PolicyName }) => PolicyName)
    expect(names).toEqual(expect.arrayContaining(['AmazonMSKFullAccess', 'AdministratorAccess', 'PowerUserAccess']))
    const PolicyArn = 'arn:aws:iam::aws:policy/AdministratorAccess'
    await expect(iam.send(new DeletePolicyCommand({ PolicyArn }))).rejects.toMatchObject({ name: 'AccessDenied' })
    await newUser('ada')
    const gone = 'arn:aws:iam::aws:policy/NoSuchPolicy'
    await expect(iam.send(new AttachUserPolicyCommand({ UserName: 'ada', PolicyArn: gone }))).rejects.toMatchObject({
      name: 'NoSuchEntityException',
    })
    await iam.send(new AttachUserPolicyCommand({ UserName: 'ada', PolicyArn }))
    const attached = await iam.send(new ListAttachedUserPoliciesCommand({ UserName: 'ada' }))
    expect(attached.AttachedPolicies).toEqual([{ PolicyName: 'AdministratorAccess', PolicyArn }])
    await iam.send(new DetachUserPolicyCommand({ UserName: 'ada', PolicyArn }))
  })

  test('may name the very user, and its tags', async () => {
    const ada = await newUser('ada', {
      Action: 'iam:TagUser',
      Resource: 'arn:aws:iam::*:user/${aws:username}',
      Condition: {
        StringEquals: { 'aws:RequestTag/team': 'one' },
        'ForAllValues:StringEquals': { 'aws:TagKeys': ['team'] },
      },
    })
    const tag = (UserName: string, Value: string) =>
      ada.iam.send(new TagUserCommand({ UserName, Tags: [{ Key: 'team', Value }] }))
    await expect(tag('ada', 'one')).resolves.toBeDefined()
    await expect(tag('ada', 'two')).rejects.toMatchObject({ name: 'AccessDenied' })
    await expect(tag('eve', 'one')).rejects.toMatchObject({ name: 'AccessDenied' })
  })
})

describe('roles', () => {
  const create = (RoleName: string, AssumeRolePolicyDocument: string) =>
    iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }))

  test('trust only whom there is', async () => {
    await expect(create('r', trust(arn('user/nobody')))).rejects.toMatchObject({
      name: 'MalformedPolicyDocumentException',
      message: `Invalid principal in policy: "AWS":"${arn('user/nobody')}"`,
    })
    await expect(create('r', trust('000000000000', { Resource: '*' }))).rejects.toThrow('prohibited field Resource')
    await create('r', trust('000000000000'))
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: 'r' }))
    expect(Role).toMatchObject({ Arn: arn('role/r'), MaxSessionDuration: 3600 })
    expect(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')).toBe(trust('000000000000'))
  })

  test('in an instance profile stay until they are taken out', async () => {
    await create('r', trust('000000000000'))
    await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: 'p' }))
    await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: 'p', RoleName: 'r' }))
    await expect(iam.send(new DeleteRoleCommand({ RoleName: 'r' }))).rejects.toThrow(
      'must remove roles from instance profile',
    )
    await expect(iam.send(new DeleteInstanceProfileCommand({ InstanceProfileName: 'p' }))).rejects.toMatchObject({
      name: 'DeleteConflictException',
    })
  })

  test('of a service belong to it', async () => {
    const AWSServiceName = 'kafka.amazonaws.com'
    const { Role } = await iam.send(new CreateServiceLinkedRoleCommand({ AWSServiceName }))
    expect(Role?.Arn).toBe(arn('role/aws-service-role/kafka.amazonaws.com/AWSServiceRoleForKafka'))
    const RoleName = 'AWSServiceRoleForKafka'
    await expect(iam.send(new CreateServiceLinkedRoleCommand({ AWSServiceName }))).rejects.toMatchObject({
      name: 'InvalidInputException',
      message: expect.stringContaining('has been taken in this account'),
    })
    const PolicyArn = 'arn:aws:iam::aws:policy/aws-service-role/KafkaServiceRolePolicy'
    for (const command of [new DeleteRoleCommand({ RoleName }), new DetachRolePolicyCommand({ RoleName, PolicyArn })])
      await expect(iam.send(command as DeleteRoleCommand)).rejects.toMatchObject({
        name: 'UnmodifiableEntityException',
      })
    const { DeletionTaskId } = await iam.send(new DeleteServiceLinkedRoleCommand({ RoleName }))
    expect(await iam.send(new GetServiceLinkedRoleDeletionStatusCommand({ DeletionTaskId }))).toMatchObject({
      Status: 'SUCCEEDED',
    })
  })
})

test('the account has one alias, and tells all that it holds', async () => {
  await iam.send(new CreateAccountAliasCommand({ AccountAlias: 'mill' }))
  expect((await iam.send(new ListAccountAliasesCommand({}))).AccountAliases).toEqual(['mill'])
  await newUser('ada', { Action: 'iam:*' })
  const details = await iam.send(new GetAccountAuthorizationDetailsCommand({ Filter: ['User'] }))
  expect(details.UserDetailList).toMatchObject([{ UserName: 'ada', UserPolicyList: [{ PolicyName: 'own' }] }])
  expect(details.RoleDetailList).toEqual([])
})

test('a simulation says what happens, and what it would need to know', async () => {
  const ada = await newUser('ada', { Action: 'iam:List*', Condition: { StringEquals: { 'aws:username': 'ada' } } })
  const simulate = async (...ActionNames: string[]) => {
    const answer = await iam.send(new SimulatePrincipalPolicyCommand({ PolicySourceArn: arn('user/ada'), ActionNames }))
    return answer.EvaluationResults ?? []
  }
  expect(await simulate('iam:ListUsers', 'iam:CreateUser')).toMatchObject([
    { EvalActionName: 'iam:ListUsers', EvalDecision: 'allowed', MatchedStatements: [{ SourcePolicyId: 'own' }] },
    { EvalActionName: 'iam:CreateUser', EvalDecision: 'implicitDeny', MatchedStatements: [] },
  ])
  await expect(ada.iam.send(new ListUsersCommand({}))).resolves.toBeDefined()
  await expect(ada.iam.send(new CreateUserCommand({ UserName: 'eve' }))).rejects.toMatchObject({ name: 'AccessDenied' })
  const boundary = 'arn:aws:iam::aws:policy/AmazonMSKReadOnlyAccess'
  await iam.send(new PutUserPermissionsBoundaryCommand({ UserName: 'ada', PermissionsBoundary: boundary }))
  expect(await simulate('iam:ListUsers')).toMatchObject([
    { EvalDecision: 'implicitDeny', PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: false } },
  ])
  await expect(ada.iam.send(new ListUsersCommand({}))).rejects.toMatchObject({ name: 'AccessDenied' })
  const custom = await iam.send(
    new SimulateCustomPolicyCommand({
      PolicyInputList: [
        policy(
          { Action: 's3:*', Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } },
          { Effect: 'Deny', Action: 's3:Put*' },
        ),
      ],
      ActionNames: ['s3:GetObject', 's3:PutObject'],
    }),
  )
  expect(custom.EvaluationResults).toMatchObject([
    { EvalDecision: 'implicitDeny', MissingContextValues: ['aws:SourceIp'] },
    { EvalDecision: 'explicitDeny', MatchedStatements: [{ SourcePolicyId: 'PolicyInputList.1' }] },
  ])
})
