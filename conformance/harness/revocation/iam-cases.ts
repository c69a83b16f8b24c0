/**
 * Every way by which IAM, STS and cluster policies take from a principal what it may do; each made by the stock SDK. A case
 * opens a key that may write, and says what takes that away, and what gives it back where something does.
 */
import * as iam from '@aws-sdk/client-iam'
import { DeleteClusterPolicyCommand, PutClusterPolicyCommand } from '@aws-sdk/client-kafka'
import { AssumeRoleCommand, GetSessionTokenCommand, type Credentials } from '@aws-sdk/client-sts'
import type { AccessKey } from '../iam.ts'
import { TOPIC, type OpenCluster } from './open-cluster.ts'

export interface Change {
  readonly key: AccessKey
  readonly refuse: () => Promise<unknown>
  /** Left out: nothing brings this key back. */
  readonly allow?: () => Promise<unknown>
}

export interface IamCase {
  readonly name: string
  /** Brokers end the connection; without it they refuse what is asked. */
  readonly closes: boolean
  readonly open: (cluster: OpenCluster) => Promise<Change>
}

const OTHER_ACCOUNT = '111122223333'
let names = 0

export const iamCases: readonly IamCase[] = [
  {
    name: 'inline policy of a user changed',
    closes: false,
    async open(cluster) {
      const { iam: client, clusterArn } = cluster
      const { UserName, key } = await user(client)
      const put = (...statements: object[]): Promise<unknown> =>
        client.send(new iam.PutUserPolicyCommand({ UserName, PolicyName: 'p', PolicyDocument: policy(...statements) }))
      const allow = (): Promise<unknown> => put(CONNECT, write(clusterArn))
      await allow()
      return { key, refuse: () => put(CONNECT), allow }
    },
  },
  {
    name: 'another version of a managed policy is the default',
    closes: false,
    async open({ iam: client, clusterArn }) {
      const { UserName, key } = await user(client)
      const PolicyArn = await managed(client, CONNECT, write(clusterArn))
      await client.send(new iam.CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: policy(CONNECT) }))
      await client.send(new iam.AttachUserPolicyCommand({ UserName, PolicyArn }))
      const choose = (VersionId: string): Promise<unknown> =>
        client.send(new iam.SetDefaultPolicyVersionCommand({ PolicyArn, VersionId }))
      return { key, refuse: () => choose('v2'), allow: () => choose('v1') }
    },
  },
  {
    name: 'managed policy detached',
    closes: true,
    async open({ iam: client, clusterArn }) {
      const { UserName, key } = await user(client)
      const PolicyArn = await managed(client, CONNECT, write(clusterArn))
      const allow = (): Promise<unknown> => client.send(new iam.AttachUserPolicyCommand({ UserName, PolicyArn }))
      await allow()
      return { key, refuse: () => client.send(new iam.DetachUserPolicyCommand({ UserName, PolicyArn })), allow }
    },
  },
  {
    name: 'user removed from a group',
    closes: false,
    async open({ iam: client, clusterArn }) {
      const { UserName, key } = await user(client, CONNECT)
      const GroupName = newName('group')
      await client.send(new iam.CreateGroupCommand({ GroupName }))
      const document = { PolicyName: 'p', PolicyDocument: policy(write(clusterArn)) }
      await client.send(new iam.PutGroupPolicyCommand({ GroupName, ...document }))
      const which = { GroupName, UserName }
      const allow = (): Promise<unknown> => client.send(new iam.AddUserToGroupCommand(which))
      await allow()
      return { key, refuse: () => client.send(new iam.RemoveUserFromGroupCommand(which)), allow }
    },
  },
  {
    name: 'permissions boundary put on a user',
    closes: false,
    async open({ iam: client, clusterArn }) {
      const { UserName, key } = await user(client, CONNECT, write(clusterArn))
      const PermissionsBoundary = await managed(client, CONNECT)
      return {
        key,
        refuse: () => client.send(new iam.PutUserPermissionsBoundaryCommand({ UserName, PermissionsBoundary })),
        allow: () => client.send(new iam.DeleteUserPermissionsBoundaryCommand({ UserName })),
      }
    },
  },
  {
    name: 'access key inactive',
    closes: true,
    async open({ iam: client, clusterArn }) {
      const { UserName, key } = await user(client, CONNECT, write(clusterArn))
      const set = (Status: iam.StatusType): Promise<unknown> =>
        client.send(new iam.UpdateAccessKeyCommand({ UserName, AccessKeyId: key.accessKeyId, Status }))
      return { key, refuse: () => set('Inactive'), allow: () => set('Active') }
    },
  },
  {
    name: 'access key deleted',
    closes: true,
    async open({ iam: client, clusterArn }) {
      const { UserName, key } = await user(client, CONNECT, write(clusterArn))
      const which = { UserName, AccessKeyId: key.accessKeyId }
      return { key, refuse: () => client.send(new iam.DeleteAccessKeyCommand(which)) }
    },
  },
  {
    // Policies and keys must be gone before: what is left is a session, and a cluster policy that names the user.
    name: 'user deleted',
    closes: true,
    async open(cluster) {
      const { iam: client } = cluster
      const { UserName, Arn, key } = await user(client)
      await putClusterPolicy(cluster, Arn)
      const { Credentials } = await cluster.sts(key).send(new GetSessionTokenCommand({}))
      await client.send(new iam.DeleteAccessKeyCommand({ UserName, AccessKeyId: key.accessKeyId }))
      return { key: session(Credentials), refuse: () => client.send(new iam.DeleteUserCommand({ UserName })) }
    },
  },
  {
    name: 'policy of a role changed',
    closes: false,
    async open(cluster) {
      const { iam: client, clusterArn } = cluster
      const { RoleName, key } = await assumedRole(cluster)
      const put = (...statements: object[]): Promise<unknown> =>
        client.send(new iam.PutRolePolicyCommand({ RoleName, PolicyName: 'p', PolicyDocument: policy(...statements) }))
      const allow = (): Promise<unknown> => put(CONNECT, write(clusterArn))
      await allow()
      return { key, refuse: () => put(CONNECT), allow }
    },
  },
  {
    name: 'sessions of a role revoked by date',
    closes: true,
    async open(cluster) {
      const { iam: client, clusterArn } = cluster
      const { RoleName, key } = await assumedRole(cluster)
      const put = (PolicyName: string, ...statements: object[]): Promise<unknown> =>
        client.send(new iam.PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument: policy(...statements) }))
      await put('p', CONNECT, write(clusterArn))
      const before = { DateLessThan: { 'aws:TokenIssueTime': new Date(Date.now() + 1000).toISOString() } }
      const older = { Effect: 'Deny', Action: '*', Resource: '*', Condition: before }
      const PolicyName = 'AWSRevokeOlderSessions'
      return {
        key,
        refuse: () => put(PolicyName, older),
        allow: () => client.send(new iam.DeleteRolePolicyCommand({ RoleName, PolicyName })),
      }
    },
  },
  {
    name: 'role deleted',
    closes: true,
    async open(cluster) {
      const { RoleName, Arn, key } = await assumedRole(cluster)
      await putClusterPolicy(cluster, Arn)
      return { key, refuse: () => cluster.iam.send(new iam.DeleteRoleCommand({ RoleName })) }
    },
  },
  {
    name: 'cluster policy deleted, of another account',
    closes: true,
    async open(cluster) {
      const others = cluster.iamOf({ accessKeyId: OTHER_ACCOUNT, secretAccessKey: 'test' })
      const { key } = await user(others, CONNECT, write(cluster.clusterArn))
      const allow = (): Promise<unknown> => putClusterPolicy(cluster, OTHER_ACCOUNT)
      await allow()
      const refuse = (): Promise<unknown> =>
        cluster.kafka.send(new DeleteClusterPolicyCommand({ ClusterArn: cluster.clusterArn }))
      return { key, refuse, allow }
    },
  },
]

/** Who may write to `topic`, until that is refused. */
export async function writer({ iam: client, clusterArn }: OpenCluster, topic: string): Promise<Change> {
  const { UserName, key } = await user(client, CONNECT, write(clusterArn, topic))
  const document = { PolicyName: 'p', PolicyDocument: policy(CONNECT) }
  return { key, refuse: () => client.send(new iam.PutUserPolicyCommand({ UserName, ...document })) }
}

/** Who may read `topic` as a member of any group; `refuse` takes one of the actions away. */
export async function reader(
  { iam: client, clusterArn }: OpenCluster,
  topic: string,
  refused: 'ReadData' | 'AlterGroup',
): Promise<Change> {
  const may = (names: readonly string[]): object => ({
    Effect: 'Allow',
    Action: names.map((name) => `kafka-cluster:${name}`),
    Resource: [
      `${clusterArn.replace(':cluster/', ':topic/')}/${topic}`,
      `${clusterArn.replace(':cluster/', ':group/')}/*`,
    ],
  })
  const all = ['DescribeTopic', 'ReadData', 'DescribeGroup', 'AlterGroup']
  const { UserName, key } = await user(client, CONNECT, may(all))
  const left = policy(CONNECT, may(all.filter((name) => name !== refused)))
  const document = { PolicyName: 'p', PolicyDocument: left }
  return { key, refuse: () => client.send(new iam.PutUserPolicyCommand({ UserName, ...document })) }
}

const CONNECT = { Effect: 'Allow', Action: 'kafka-cluster:Connect', Resource: '*' }

function write(clusterArn: string, topic: string = TOPIC): object {
  return {
    Effect: 'Allow',
    Action: ['kafka-cluster:DescribeTopic', 'kafka-cluster:WriteData'],
    Resource: `${clusterArn.replace(':cluster/', ':topic/')}/${topic}`,
  }
}

function policy(...Statement: readonly object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement })
}

function newName(kind: string): string {
  return `${kind}-${++names}`
}

interface NewUser {
  readonly UserName: string
  readonly Arn: string
  readonly key: AccessKey
}

export async function user(client: iam.IAMClient, ...statements: readonly object[]): Promise<NewUser> {
  const UserName = newName('user')
  const { User } = await client.send(new iam.CreateUserCommand({ UserName }))
  if (statements.length > 0) {
    const document = { PolicyName: 'p', PolicyDocument: policy(...statements) }
    await client.send(new iam.PutUserPolicyCommand({ UserName, ...document }))
  }
  const { AccessKey: made } = await client.send(new iam.CreateAccessKeyCommand({ UserName }))
  const key = { accessKeyId: made?.AccessKeyId ?? '', secretAccessKey: made?.SecretAccessKey ?? '' }
  return { UserName, Arn: User?.Arn ?? '', key }
}

async function managed(client: iam.IAMClient, ...statements: readonly object[]): Promise<string> {
  const wanted = { PolicyName: newName('policy'), PolicyDocument: policy(...statements) }
  return (await client.send(new iam.CreatePolicyCommand(wanted))).Policy?.Arn ?? ''
}

/** A session of a new role without policies. */
async function assumedRole(
  cluster: OpenCluster,
): Promise<{ readonly RoleName: string; readonly Arn: string; readonly key: AccessKey }> {
  const RoleName = newName('role')
  const trust = policy({ Effect: 'Allow', Principal: { AWS: '000000000000' }, Action: 'sts:AssumeRole' })
  const made = await cluster.iam.send(new iam.CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust }))
  const Arn = made.Role?.Arn ?? ''
  // As AWS has it, root does not assume roles: a user does.
  const { key } = await user(cluster.iam, { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: Arn })
  const assuming = new AssumeRoleCommand({ RoleArn: Arn, RoleSessionName: 'steady' })
  const { Credentials } = await cluster.sts(key).send(assuming)
  return { RoleName, Arn, key: session(Credentials) }
}

function session(credentials: Credentials | undefined): AccessKey {
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = credentials ?? {}
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
}

/** The cluster's own policy lets `principal` connect and write, whoever that is. */
function putClusterPolicy({ kafka, clusterArn }: OpenCluster, principal: string): Promise<unknown> {
  const Action = ['kafka-cluster:Connect', 'kafka-cluster:DescribeTopic', 'kafka-cluster:WriteData']
  const Resource = [clusterArn, `${clusterArn.replace(':cluster/', ':topic/')}/${TOPIC}`]
  const Policy = policy({ Effect: 'Allow', Principal: { AWS: principal }, Action, Resource })
  return kafka.send(new PutClusterPolicyCommand({ ClusterArn: clusterArn, Policy }))
}
