/**
 * The stock AWS CLI and boto3 as users and roles of an account: what policies, boundaries and sessions allow is allowed, all
 * else is refused in AWS's words, and what changes acts at once. Then the process is killed, started again, and searched for
 * what it must not tell.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient } from '@aws-sdk/client-iam'
import { GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judge } from './harness/judges.ts'
import { startMillraceProcess, type MillraceProcess } from './harness/millrace.ts'
import { run, runOk } from './harness/run.ts'

type Answer = Readonly<Record<string, unknown>>

const aws = judge('aws')
const boto3 = judge('boto3')

let home: string
let dataDirectory: string
let millrace: MillraceProcess
/** What nobody may find afterwards. */
const secrets: string[] = []

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'millrace-iam-'))
  dataDirectory = join(home, 'data')
  millrace = await startMillraceProcess({ dataDirectory })
})
afterAll(async () => {
  await millrace?.stop()
  rmSync(home, { recursive: true, force: true })
})

type Environment = Readonly<Record<string, string>>

async function cli(environment: Environment, ...args: readonly string[]): Promise<Answer> {
  const { stdout } = await runOk('aws', [...args, '--output', 'json'], {
    environment: { ...millrace.environment, ...environment },
  })
  return stdout.trim() === '' ? {} : (JSON.parse(stdout) as Answer)
}

async function refused(environment: Environment, ...args: readonly string[]): Promise<string> {
  const { status, stderr } = await run('aws', args, { environment: { ...millrace.environment, ...environment } })
  expect(status).not.toBe(0)
  return stderr
}

const document = (...Statement: readonly object[]): string => JSON.stringify({ Version: '2012-10-17', Statement })

// Each call of the command costs a second or more: what more there is, boto3 asks.
describe.skipIf(aws === null)('the AWS CLI', () => {
  const ada: Record<string, string> = {}
  const root: Environment = {}
  const userArn = 'arn:aws:iam::000000000000:user/ada'

  it('makes a user with a key, who may do nothing, and then what an attached policy allows', async () => {
    await cli(root, 'iam', 'create-user', '--user-name', 'ada', '--tags', 'Key=team,Value=orders')
    const { AccessKey } = await cli(root, 'iam', 'create-access-key', '--user-name', 'ada')
    const { AccessKeyId, SecretAccessKey } = AccessKey as { AccessKeyId: string; SecretAccessKey: string }
    secrets.push(SecretAccessKey)
    Object.assign(ada, { AWS_ACCESS_KEY_ID: AccessKeyId, AWS_SECRET_ACCESS_KEY: SecretAccessKey })
    expect(await cli(ada, 'sts', 'get-caller-identity')).toMatchObject({ Arn: userArn, Account: '000000000000' })
    expect(await refused(ada, 'kafka', 'list-clusters-v2')).toContain(
      `(AccessDeniedException) when calling the ListClustersV2 operation: User: ${userArn} is not authorized to perform: kafka:ListClustersV2 on resource: * because no identity-based policy allows the kafka:ListClustersV2 action`,
    )
    const policy = document({ Effect: 'Allow', Action: ['kafka:List*', 'sts:AssumeRole'], Resource: '*' })
    const made = await cli(root, 'iam', 'create-policy', '--policy-name', 'lists', '--policy-document', policy)
    const { Arn } = made['Policy'] as { Arn: string }
    await cli(root, 'iam', 'attach-user-policy', '--user-name', 'ada', '--policy-arn', Arn)
    expect(await cli(ada, 'kafka', 'list-clusters-v2')).toEqual({ ClusterInfoList: [] })
  })

  it('assumes a role by its profile, as AWS’s own guide has it', async () => {
    const trust = document({ Effect: 'Allow', Principal: { AWS: '000000000000' }, Action: 'sts:AssumeRole' })
    await cli(root, 'iam', 'create-role', '--role-name', 'ops', '--assume-role-policy-document', trust)
    const full = 'arn:aws:iam::aws:policy/AmazonMSKFullAccess'
    await cli(root, 'iam', 'attach-role-policy', '--role-name', 'ops', '--policy-arn', full)
    const config = join(home, 'config')
    writeFileSync(
      config,
      [
        '[profile ops]',
        'role_arn = arn:aws:iam::000000000000:role/ops',
        'role_session_name = deploy',
        'credential_source = Environment',
        '',
      ].join('\n'),
    )
    // The command keeps sessions below the home directory.
    const asRole = { ...ada, AWS_CONFIG_FILE: config, HOME: home }
    const { Arn } = await cli(asRole, '--profile', 'ops', 'sts', 'get-caller-identity')
    expect(Arn).toBe('arn:aws:sts::000000000000:assumed-role/ops/deploy')
    const properties = join(home, 'server.properties')
    writeFileSync(properties, 'auto.create.topics.enable=false\n')
    const create = ['kafka', 'create-configuration', '--name', 'plain', '--server-properties', `fileb://${properties}`]
    expect(await refused(ada, ...create)).toContain('AccessDeniedException')
    expect(await cli(asRole, '--profile', 'ops', ...create)).toMatchObject({ Name: 'plain' })
    expect(await refused(asRole, '--profile', 'ops', 'iam', 'list-users')).toContain(
      'assumed-role/ops/deploy is not authorized to perform: iam:ListUsers',
    )
  })

  it('deletes the user only when nothing hangs on it, in AWS’s words', async () => {
    expect(await refused(root, 'iam', 'delete-user', '--user-name', 'ada')).toContain(
      'An error occurred (DeleteConflict) when calling the DeleteUser operation: Cannot delete entity, must delete access keys first.',
    )
  })
})

const python = `
import boto3, json, time
from botocore.exceptions import ClientError

iam, kafka, sts = boto3.client('iam'), boto3.client('kafka'), boto3.client('sts')
told = []

def doc(*statements):
    return json.dumps({'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Resource': '*', **s} for s in statements]})

def session(keys):
    told.append(keys['SecretAccessKey'])
    if 'SessionToken' in keys: told.append(keys['SessionToken'])
    return boto3.Session(aws_access_key_id=keys['AccessKeyId'], aws_secret_access_key=keys['SecretAccessKey'], aws_session_token=keys.get('SessionToken'))

def user(name, *statements, **more):
    iam.create_user(UserName=name, **more)
    if statements: iam.put_user_policy(UserName=name, PolicyName='own', PolicyDocument=doc(*statements))
    return session(iam.create_access_key(UserName=name)['AccessKey'])

def outcome(call):
    try:
        call()
        return 'allowed'
    except ClientError as error:
        return error.response['Error']['Code']

def becomes(call, wanted):
    started = time.monotonic()
    while outcome(call) != wanted:
        assert time.monotonic() - started < 1, (outcome(call), wanted)

# What a simulation says is what happens.
bob = user('bob', {'Action': 'kafka:*'}, {'Effect': 'Deny', 'Action': 'kafka:*Configuration*'}, {'Action': 'iam:Get*', 'Resource': 'arn:aws:iam::*:user/\${aws:username}'})
calls = {
    'kafka:ListClusters': bob.client('kafka').list_clusters,
    'kafka:ListKafkaVersions': bob.client('kafka').list_kafka_versions,
    'kafka:ListConfigurations': bob.client('kafka').list_configurations,
    'iam:ListUsers': bob.client('iam').list_users,
    'iam:GetUser': bob.client('iam').get_user,
    'secretsmanager:ListSecrets': bob.client('secretsmanager').list_secrets,
}
def simulated():
    arn = iam.get_user(UserName='bob')['User']['Arn']
    pages = iam.get_paginator('simulate_principal_policy').paginate(PolicySourceArn=arn, ActionNames=list(calls), ResourceArns=['*'])
    result = {r['EvalActionName']: r['EvalDecision'] for page in pages for r in page['EvaluationResults']}
    result['iam:GetUser'] = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=['iam:GetUser'], ResourceArns=[arn])['EvaluationResults'][0]['EvalDecision']
    return result
def agree():
    for action, decision in simulated().items():
        assert (outcome(calls[action]) == 'allowed') == (decision == 'allowed'), (action, decision, outcome(calls[action]))
    return simulated()
assert agree() == {'kafka:ListClusters': 'allowed', 'kafka:ListKafkaVersions': 'allowed', 'kafka:ListConfigurations': 'explicitDeny', 'iam:ListUsers': 'implicitDeny', 'iam:GetUser': 'allowed', 'secretsmanager:ListSecrets': 'implicitDeny'}, simulated()

# A boundary cuts off, at once, and lets go at once.
boundary = iam.create_policy(PolicyName='boundary', PolicyDocument=doc({'Action': 'kafka:ListClusters'}))['Policy']['Arn']
iam.put_user_permissions_boundary(UserName='bob', PermissionsBoundary=boundary)
becomes(calls['kafka:ListKafkaVersions'], 'AccessDeniedException')
assert agree()['kafka:ListClusters'] == 'allowed'
try:
    bob.client('kafka').list_kafka_versions()
except ClientError as error:
    assert 'because no permissions boundary allows the kafka:ListKafkaVersions action' in str(error), error
iam.delete_user_permissions_boundary(UserName='bob')
becomes(calls['kafka:ListKafkaVersions'], 'allowed')

# A policy that changes, a key that is switched off, a user who is gone: within a second.
iam.put_user_policy(UserName='bob', PolicyName='own', PolicyDocument=doc({'Action': 'kafka:ListClusters'}))
becomes(calls['kafka:ListKafkaVersions'], 'AccessDeniedException')
key = iam.list_access_keys(UserName='bob')['AccessKeyMetadata'][0]['AccessKeyId']
assert iam.get_access_key_last_used(AccessKeyId=key)['AccessKeyLastUsed']['ServiceName'] in ('kafka', 'iam', 'secretsmanager')
iam.update_access_key(UserName='bob', AccessKeyId=key, Status='Inactive')
becomes(calls['kafka:ListClusters'], 'UnrecognizedClientException')
iam.update_access_key(UserName='bob', AccessKeyId=key, Status='Active')
becomes(calls['kafka:ListClusters'], 'allowed')
iam.delete_access_key(UserName='bob', AccessKeyId=key)
iam.delete_user_policy(UserName='bob', PolicyName='own')
iam.delete_user(UserName='bob')
becomes(calls['kafka:ListClusters'], 'UnrecognizedClientException')

# Tags of the cluster and of the request.
carol = user('carol',
    {'Action': ['kafka:CreateCluster*', 'kafka:TagResource'], 'Condition': {'StringEquals': {'aws:RequestTag/team': '\${aws:PrincipalTag/team}'}}},
    {'Action': 'kafka:*', 'Condition': {'StringEquals': {'aws:ResourceTag/team': '\${aws:PrincipalTag/team}'}}},
    Tags=[{'Key': 'team', 'Value': 'orders'}]).client('kafka')
spec = dict(KafkaVersion='3.9.x', NumberOfBrokerNodes=2, BrokerNodeGroupInfo={'InstanceType': 'kafka.m5.large', 'ClientSubnets': ['subnet-0a', 'subnet-0b']})
assert outcome(lambda: carol.create_cluster(ClusterName='theirs', Tags={'team': 'other'}, **spec)) == 'AccessDeniedException'
# Who may not create learns nothing of what is wrong with the request.
assert outcome(lambda: carol.create_cluster(ClusterName='no_such_name', Tags={'team': 'other'}, **spec)) == 'AccessDeniedException'
ours = carol.create_cluster(ClusterName='ours', Tags={'team': 'orders'}, **spec)['ClusterArn']
theirs = kafka.create_cluster(ClusterName='theirs', Tags={'team': 'other'}, **spec)['ClusterArn']
assert outcome(lambda: carol.describe_cluster(ClusterArn=ours)) == 'allowed'
assert outcome(lambda: carol.describe_cluster(ClusterArn=theirs)) == 'AccessDeniedException'
kafka.untag_resource(ResourceArn=ours, TagKeys=['team'])
becomes(lambda: carol.describe_cluster(ClusterArn=ours), 'AccessDeniedException')

# Roles: external id, session policy, session tags, another account.
trust = json.dumps({'Version': '2012-10-17', 'Statement': [
    {'Effect': 'Allow', 'Principal': {'AWS': ['arn:aws:iam::000000000000:user/carol', '111111111111']}, 'Action': ['sts:AssumeRole', 'sts:TagSession'],
     'Condition': {'StringEquals': {'sts:ExternalId': 'agreed'}}}]})
iam.create_role(RoleName='guest', AssumeRolePolicyDocument=trust)
iam.attach_role_policy(RoleName='guest', PolicyArn='arn:aws:iam::aws:policy/AmazonMSKReadOnlyAccess')
role = dict(RoleArn='arn:aws:iam::000000000000:role/guest', RoleSessionName='visit')
other = boto3.Session(aws_access_key_id='111111111111', aws_secret_access_key='test').client('sts')
third = boto3.Session(aws_access_key_id='222222222222', aws_secret_access_key='test').client('sts')
assert outcome(lambda: other.assume_role(**role)) == 'AccessDenied'
assert outcome(lambda: third.assume_role(ExternalId='agreed', **role)) == 'AccessDenied'
guest = session(other.assume_role(ExternalId='agreed', **role)['Credentials'])
assert guest.client('sts').get_caller_identity()['Arn'] == 'arn:aws:sts::000000000000:assumed-role/guest/visit'
assert outcome(lambda: guest.client('kafka').describe_cluster(ClusterArn=theirs)) == 'allowed'
assert outcome(lambda: guest.client('kafka').delete_cluster(ClusterArn=theirs)) == 'AccessDeniedException'
less = session(other.assume_role(ExternalId='agreed', Policy=doc({'Action': 'kafka:List*'}), **role)['Credentials']).client('kafka')
assert outcome(less.list_clusters) == 'allowed'
assert outcome(lambda: less.describe_cluster(ClusterArn=theirs)) == 'AccessDeniedException'
iam.detach_role_policy(RoleName='guest', PolicyArn='arn:aws:iam::aws:policy/AmazonMSKReadOnlyAccess')
becomes(lambda: guest.client('kafka').describe_cluster(ClusterArn=theirs), 'AccessDeniedException')

# Tokens: none, a wrong one.
keys = sts.get_session_token()['Credentials']
told.append(keys['SecretAccessKey'])
bare = boto3.Session(aws_access_key_id=keys['AccessKeyId'], aws_secret_access_key=keys['SecretAccessKey'])
assert outcome(bare.client('sts').get_caller_identity) == 'InvalidClientTokenId'
wrong = boto3.Session(aws_access_key_id=keys['AccessKeyId'], aws_secret_access_key=keys['SecretAccessKey'], aws_session_token='x' * 40)
assert outcome(wrong.client('kafka').list_clusters) == 'UnrecognizedClientException'

# EC2 says why in a message that only some may read.
try:
    guest.client('ec2').create_vpc(CidrBlock='10.9.0.0/16')
    raise AssertionError('a guest made a network')
except ClientError as error:
    assert error.response['Error']['Code'] == 'UnauthorizedOperation', error
    encoded = error.response['Error']['Message'].split('message: ')[1]
assert outcome(lambda: guest.client('sts').decode_authorization_message(EncodedMessage=encoded)) == 'AccessDenied'
decoded = json.loads(sts.decode_authorization_message(EncodedMessage=encoded)['DecodedMessage'])
assert decoded['context']['action'] == 'ec2:CreateVpc' and not decoded['allowed'], decoded

details = [d['UserName'] for page in iam.get_paginator('get_account_authorization_details').paginate() for d in page['UserDetailList']]
assert 'carol' in details and 'bob' not in details, details
print(json.dumps(told))
`

describe.skipIf(boto3 === null)('boto3', () => {
  it('is allowed exactly what policies, boundaries, sessions and trust say', async () => {
    const { stdout } = await runOk('python3', ['-c', python], { environment: millrace.environment, timeoutMs: 120_000 })
    secrets.push(...(JSON.parse(stdout.trim()) as string[]))
  })
})

describe('after kill -9', () => {
  const settings = (accessKeyId: string, secretAccessKey: string, sessionToken?: string) => ({
    endpoint: millrace.endpoint,
    region: 'us-east-1',
    maxAttempts: 1,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
  })

  it('users, keys and sessions are there again', async () => {
    const iam = new IAMClient(settings('test', 'test'))
    await iam.send(new CreateUserCommand({ UserName: 'dora' }))
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'dora' }))
    const keys = [AccessKey?.AccessKeyId ?? '', AccessKey?.SecretAccessKey ?? ''] as const
    const { Credentials } = await new STSClient(settings(...keys)).send(new GetSessionTokenCommand({}))
    const session = [Credentials?.AccessKeyId ?? '', Credentials?.SecretAccessKey ?? ''] as const
    const token = Credentials?.SessionToken ?? ''
    secrets.push(keys[1], session[1], token)
    const exited = new Promise((resolve) => millrace.process.once('exit', resolve))
    millrace.process.kill('SIGKILL')
    await exited
    millrace = await startMillraceProcess({ dataDirectory })
    for (const again of [settings(...keys), settings(...session, token)]) {
      const { Arn } = await new STSClient(again).send(new GetCallerIdentityCommand({}))
      expect(Arn).toBe('arn:aws:iam::000000000000:user/dora')
    }
  })

  it('no secret and no token is in the data directory, the log or the process list', async () => {
    expect(secrets.length).toBeGreaterThan(2)
    const { stdout: processes } = await runOk('ps', ['-eww', '-o', 'args'])
    for (const secret of secrets) expect(processes).not.toContain(secret)
    for (const file of filesBelow(dataDirectory)) {
      const bytes = readFileSync(file)
      for (const secret of secrets) expect([file, bytes.includes(secret)]).toEqual([file, false])
    }
  })
})

describe('the audit log', () => {
  it('has every call, who made it and what policy said', async () => {
    const { stdout } = await millrace.cli('audit', '--refused', '--limit', '1000', '--json')
    const { events } = JSON.parse(stdout) as { events: readonly Answer[] }
    if (boto3 !== null) {
      expect(events).toContainEqual(
        expect.objectContaining({
          service: 'kafka',
          operation: 'ListConfigurations',
          errorCode: 'AccessDeniedException',
          principal: expect.objectContaining({ arn: 'arn:aws:iam::000000000000:user/bob' }),
          decision: expect.objectContaining({ reason: 'explicit-deny', set: 'identity' }),
        }),
      )
    }
    const all = await millrace.cli('audit', '--limit', '5')
    expect(all.stdout).toContain('sts:GetCallerIdentity')
    expect(all.stdout).toContain('arn:aws:iam::000000000000:user/dora')
  })

  it('is told to who holds the token, and to no web page', async () => {
    const path = `${millrace.endpoint}/_millrace/audit`
    const name = readdirSync(dataDirectory).find((file) => file.includes('token')) ?? ''
    expect(statSync(join(dataDirectory, name)).mode & 0o777).toBe(0o600)
    const authorization = `Bearer ${readFileSync(join(dataDirectory, name), 'utf8').trim()}`
    const status = async (headers: Record<string, string>): Promise<number> => (await fetch(path, { headers })).status
    expect(await status({ authorization })).toBe(200)
    expect(await status({})).toBe(401)
    expect(await status({ authorization: 'Bearer guess' })).toBe(401)
    expect(await status({ authorization, origin: 'https://evil.example' })).toBe(403)
    expect(await status({ authorization, 'sec-fetch-site': 'cross-site' })).toBe(403)
    const rebound = await runOk('curl', [
      '-s',
      '-o',
      '-',
      '-H',
      'Host: evil.example',
      '-H',
      `Authorization: ${authorization}`,
      path,
    ])
    expect(rebound.stdout).toContain('refused')
  })
})

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}
