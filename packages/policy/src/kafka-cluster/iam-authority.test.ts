import { describe, expect, test } from 'vitest'
import { AclOperation, ResourceType } from '../acl/acl.ts'
import { parsePolicy } from '../parse-policy.ts'
import type { NamedPolicy } from '../principal-policies.ts'
import { principalValues } from '../principal-values.ts'
import type { Principal } from '../principal.ts'
import { actionOf, resourceArn } from './actions.ts'
import { authorityWithoutIam, IamAuthority } from './iam-authority.ts'
import { iamPrincipal, type IamSnapshot, type SnapshotGrant } from './iam-snapshot.ts'
import { goodUntilMs, turningPoints } from './validity.ts'

const CLUSTER = 'arn:aws:kafka:us-east-1:111122223333:cluster/orders/0f6ad4c2-7d3e-4a4b-9c53-2f1f5a0b6c11-2'
const TOPICS = CLUSTER.replace(':cluster/', ':topic/')
const alice: Principal = {
  type: 'user',
  arn: 'arn:aws:iam::111122223333:user/alice',
  userId: 'AIDAALICE',
  accountId: '111122223333',
}
const stranger: Principal = { ...alice, arn: 'arn:aws:iam::999900001111:user/stranger', accountId: '999900001111' }
const root: Principal = { ...alice, type: 'root', arn: 'arn:aws:iam::111122223333:root' }
const strangeRoot: Principal = { ...root, arn: 'arn:aws:iam::999900001111:root', accountId: '999900001111' }

interface Written {
  readonly Effect?: 'Allow' | 'Deny'
  readonly Principal?: unknown
  readonly Action?: unknown
  readonly Resource?: unknown
  readonly Condition?: unknown
}

function policy(statements: readonly Written[], kind: 'identity' | 'resource' = 'identity', name = 'p'): NamedPolicy {
  const Statement = statements.map((each) => ({ Effect: 'Allow', Resource: '*', ...each }))
  return { name, document: parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement }), kind) }
}

interface Setting {
  readonly principal?: Principal
  readonly policies: readonly NamedPolicy[]
  readonly grants?: readonly Partial<SnapshotGrant>[]
  readonly clusterPolicy?: NamedPolicy
  readonly nowMs?: () => number
}

function authorityOf({ principal = alice, policies, grants, clusterPolicy, nowMs = () => 0 }: Setting): IamAuthority {
  const values = principalValues(principal)
  const full = { identity: policies.map((_, index) => index), boundary: null, session: null, values }
  const snapshot: IamSnapshot = {
    clusterArn: CLUSTER,
    tags: { Env: 'dev' },
    clusterPolicy: clusterPolicy ?? null,
    policies,
    principals: [{ principal, grants: (grants ?? [{}]).map((grant) => ({ ...full, ...grant })) }],
    credentials: [],
    connectsPerSecond: null,
    reverseNames: [],
  }
  return new IamAuthority({ snapshot, nowMs })
}

function ask(
  authority: IamAuthority,
  operation: number,
  resourceType: number,
  resourceName: string,
  change: { readonly principal?: string; readonly host?: string } = {},
): ReturnType<IamAuthority['decide']> {
  const principal = iamPrincipal(alice.arn)
  return authority.decide({ principal, host: '10.0.0.1', operation, resourceType, resourceName, ...change })
}

const { READ, WRITE, DESCRIBE, CREATE, ALTER, CLUSTER_ACTION } = AclOperation

describe('actions', () => {
  test.each([
    [ResourceType.TOPIC, READ, 'ReadData'],
    [ResourceType.TOPIC, WRITE, 'WriteData'],
    [ResourceType.TOPIC, CREATE, 'CreateTopic'],
    [ResourceType.TOPIC, AclOperation.DELETE, 'DeleteTopic'],
    [ResourceType.TOPIC, ALTER, 'AlterTopic'],
    [ResourceType.TOPIC, DESCRIBE, 'DescribeTopic'],
    [ResourceType.TOPIC, AclOperation.DESCRIBE_CONFIGS, 'DescribeTopicDynamicConfiguration'],
    [ResourceType.TOPIC, AclOperation.ALTER_CONFIGS, 'AlterTopicDynamicConfiguration'],
    [ResourceType.GROUP, READ, 'AlterGroup'],
    [ResourceType.GROUP, DESCRIBE, 'DescribeGroup'],
    [ResourceType.GROUP, AclOperation.DELETE, 'DeleteGroup'],
    [ResourceType.GROUP, AclOperation.ALTER_CONFIGS, 'AlterClusterDynamicConfiguration'],
    [ResourceType.TRANSACTIONAL_ID, WRITE, 'AlterTransactionalId'],
    [ResourceType.TRANSACTIONAL_ID, DESCRIBE, 'DescribeTransactionalId'],
    [ResourceType.CLUSTER, DESCRIBE, 'DescribeCluster'],
    [ResourceType.CLUSTER, ALTER, 'AlterCluster'],
    [ResourceType.CLUSTER, AclOperation.DESCRIBE_CONFIGS, 'DescribeClusterDynamicConfiguration'],
    [ResourceType.CLUSTER, AclOperation.ALTER_CONFIGS, 'AlterClusterDynamicConfiguration'],
    [ResourceType.CLUSTER, AclOperation.IDEMPOTENT_WRITE, 'WriteDataIdempotently'],
  ])('type %i, operation %i is %s', (type, operation, name) => {
    expect(actionOf(operation, type)?.action).toBe(`kafka-cluster:${name}`)
  })

  test('what belongs to nodes, and delegation tokens, no policy gives', () => {
    expect(actionOf(CLUSTER_ACTION, ResourceType.CLUSTER)).toBeNull()
    expect(actionOf(CREATE, ResourceType.CLUSTER)).toBeNull()
    expect(actionOf(DESCRIBE, ResourceType.DELEGATION_TOKEN)).toBeNull()
    expect(actionOf(AclOperation.CREATE_TOKENS, ResourceType.USER)).toBeNull()
    const all = authorityOf({ policies: [policy([{ Action: '*' }])] })
    expect(ask(all, CLUSTER_ACTION, ResourceType.CLUSTER, 'kafka-cluster').allowed).toBe(false)
  })

  test('resources have the ARNs of MSK, whatever their names hold', () => {
    expect(resourceArn(CLUSTER, 'cluster', 'kafka-cluster')).toBe(CLUSTER)
    expect(resourceArn(CLUSTER, 'transactional-id', 'a/b:c')).toBe(
      `${CLUSTER.replace(':cluster/', ':transactional-id/')}/a/b:c`,
    )
  })
})

describe('decisions', () => {
  test('one action on one topic is that and nothing else', () => {
    const authority = authorityOf({
      policies: [policy([{ Action: 'kafka-cluster:WriteData', Resource: `${TOPICS}/rides` }])],
    })
    expect(ask(authority, WRITE, ResourceType.TOPIC, 'rides').allowed).toBe(true)
    expect(ask(authority, DESCRIBE, ResourceType.TOPIC, 'rides').allowed).toBe(false)
    expect(ask(authority, WRITE, ResourceType.TOPIC, 'rides2').allowed).toBe(false)
    expect(ask(authority, WRITE, ResourceType.GROUP, 'rides').allowed).toBe(false)
    expect(ask(authority, READ, ResourceType.TOPIC, 'rides')).toMatchObject({
      allowed: false,
      iam: { actions: ['kafka-cluster:ReadData'], resource: `${TOPICS}/rides`, because: 'no-statement-allows' },
    })
  })

  test('`kafka-cluster:*Topic` is about topics, not about their configuration', () => {
    const authority = authorityOf({ policies: [policy([{ Action: 'kafka-cluster:*Topic' }])] })
    expect(ask(authority, CREATE, ResourceType.TOPIC, 't').allowed).toBe(true)
    expect(ask(authority, AclOperation.ALTER_CONFIGS, ResourceType.TOPIC, 't').allowed).toBe(false)
  })

  test('an explicit deny wins and is named', () => {
    const deny = policy([{ Effect: 'Deny', Action: 'kafka-cluster:WriteData', Resource: `${TOPICS}/secret*` }])
    const authority = authorityOf({ policies: [policy([{ Action: '*' }]), { ...deny, name: 'hands-off' }] })
    expect(ask(authority, WRITE, ResourceType.TOPIC, 'open').allowed).toBe(true)
    expect(ask(authority, WRITE, ResourceType.TOPIC, 'secrets')).toMatchObject({
      allowed: false,
      iam: { because: 'explicit-deny', statement: { policy: 'hands-off' } },
    })
  })

  test('boundary and session policies cut off, and several sessions of one name may what all of them may', () => {
    const all = policy([{ Action: 'kafka-cluster:*' }])
    const reads = policy([{ Action: ['kafka-cluster:ReadData', 'kafka-cluster:DescribeTopic'] }])
    const describes = policy([{ Action: 'kafka-cluster:Describe*' }])
    const policies = [all, reads, describes]
    const bounded = authorityOf({ policies, grants: [{ identity: [0], boundary: 1 }] })
    expect(ask(bounded, READ, ResourceType.TOPIC, 't').allowed).toBe(true)
    expect(ask(bounded, WRITE, ResourceType.TOPIC, 't').allowed).toBe(false)
    const sessions = authorityOf({
      policies,
      grants: [
        { identity: [0], session: [1] },
        { identity: [0], session: [2] },
      ],
    })
    expect(ask(sessions, DESCRIBE, ResourceType.TOPIC, 't').allowed).toBe(true)
    expect(ask(sessions, READ, ResourceType.TOPIC, 't').allowed).toBe(false)
  })

  test('tags are those of the cluster and of it alone; the source address counts everywhere', () => {
    const tagged = authorityOf({
      policies: [
        policy([{ Action: 'kafka-cluster:*', Condition: { StringEquals: { 'aws:ResourceTag/Env': 'dev' } } }]),
      ],
    })
    expect(tagged.decideConnect(iamPrincipal(alice.arn), '10.0.0.1').allowed).toBe(true)
    expect(ask(tagged, DESCRIBE, ResourceType.CLUSTER, 'kafka-cluster').allowed).toBe(true)
    expect(ask(tagged, WRITE, ResourceType.TOPIC, 't').allowed).toBe(false)
    const local = authorityOf({
      policies: [policy([{ Action: '*', Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }])],
    })
    expect(ask(local, WRITE, ResourceType.TOPIC, 't').allowed).toBe(true)
    expect(ask(local, WRITE, ResourceType.TOPIC, 't', { host: '192.0.2.1' }).allowed).toBe(false)
  })

  test('another account needs the cluster policy and its own; in the same account either is enough', () => {
    const policies = [policy([{ Action: 'kafka-cluster:*' }])]
    const principal = iamPrincipal(stranger.arn)
    const clusterPolicy = policy(
      [{ Principal: { AWS: '999900001111' }, Action: ['kafka-cluster:Connect', 'kafka-cluster:WriteData'] }],
      'resource',
    )
    const alone = authorityOf({ principal: stranger, policies })
    expect(ask(alone, WRITE, ResourceType.TOPIC, 't', { principal }).allowed).toBe(false)
    const both = authorityOf({ principal: stranger, policies, clusterPolicy })
    expect(ask(both, WRITE, ResourceType.TOPIC, 't', { principal }).allowed).toBe(true)
    expect(ask(both, READ, ResourceType.TOPIC, 't', { principal }).allowed).toBe(false)
    const unwilling = authorityOf({ principal: stranger, policies: [], clusterPolicy })
    expect(ask(unwilling, WRITE, ResourceType.TOPIC, 't', { principal }).allowed).toBe(false)
    const named = policy([{ Principal: { AWS: alice.arn }, Action: 'kafka-cluster:WriteData' }], 'resource')
    expect(ask(authorityOf({ policies: [], clusterPolicy: named }), WRITE, ResourceType.TOPIC, 't').allowed).toBe(true)
  })

  test('root of the account may everything; of another only what the cluster policy gives', () => {
    const own = authorityOf({ principal: root, policies: [] })
    expect(own.allowsEverythingTo(iamPrincipal(root.arn))).toBe(true)
    expect(ask(own, WRITE, ResourceType.TOPIC, 't', { principal: iamPrincipal(root.arn) }).allowed).toBe(true)
    const other = authorityOf({ principal: strangeRoot, policies: [] })
    const principal = iamPrincipal(strangeRoot.arn)
    expect(other.allowsEverythingTo(principal)).toBe(false)
    expect(ask(other, WRITE, ResourceType.TOPIC, 't', { principal }).allowed).toBe(false)
  })

  test('a name that nobody has may nothing, and only IAM principals are spoken for', () => {
    const authority = authorityOf({ policies: [policy([{ Action: '*' }])] })
    expect(ask(authority, WRITE, ResourceType.TOPIC, 't', { principal: 'IAM:arn:nobody' }).allowed).toBe(false)
    expect([authority.speaksFor('IAM:x'), authority.speaksFor('User:IAM:x')]).toEqual([true, false])
  })
})

test('where nothing was told of IAM its principals may nothing', () => {
  const nobody = authorityWithoutIam()
  const question = { principal: 'IAM:arn:aws:iam::111122223333:root', host: '10.0.0.1', resourceName: 't' }
  expect(nobody.speaksFor(question.principal)).toBe(true)
  expect(nobody.decide({ ...question, operation: READ, resourceType: ResourceType.TOPIC }).allowed).toBe(false)
  expect(nobody.decideByType({ ...question, operation: READ, resourceType: ResourceType.TOPIC }).allowed).toBe(false)
})

describe('by type', () => {
  const some = (written: readonly Written[]): boolean =>
    authorityOf({ policies: [policy(written)] }).decideByType({
      principal: iamPrincipal(alice.arn),
      host: '10.0.0.1',
      operation: WRITE,
      resourceType: ResourceType.TOPIC,
      resourceName: '',
    }).allowed

  test.each([
    ['every topic', [{ Action: 'kafka-cluster:WriteData' }], true],
    ['one topic', [{ Action: 'kafka-cluster:WriteData', Resource: `${TOPICS}/rides` }], true],
    ['topics of a prefix', [{ Action: 'kafka-cluster:*', Resource: `${TOPICS}/rides-*` }], true],
    ['topics of any cluster', [{ Action: '*', Resource: 'arn:aws:kafka:*:*:topic/*/rides-?' }], true],
    ['his own topic', [{ Action: '*', Resource: `${TOPICS}/of-\${aws:username}` }], true],
    ['another cluster', [{ Action: '*', Resource: `${TOPICS.replace('orders', 'other')}/*` }], false],
    ['groups', [{ Action: '*', Resource: `${CLUSTER.replace(':cluster/', ':group/')}/*` }], false],
    ['reading', [{ Action: 'kafka-cluster:ReadData' }], false],
    ['what a deny takes back', [{ Action: '*' }, { Effect: 'Deny', Action: 'kafka-cluster:WriteData' }], false],
  ] as const)('%s', (_name, written, allowed) => {
    expect(some(written)).toBe(allowed)
  })
})

describe('time', () => {
  const until = (Condition: object): readonly number[] | null => turningPoints([policy([{ Action: '*', Condition }])])
  const noonMs = Date.parse('2026-11-21T12:00:00Z')

  test('answers are good until the next bound that a policy names', () => {
    const points = until({ DateLessThan: { 'aws:CurrentTime': '2026-11-21T12:00:00Z' } })
    expect(goodUntilMs(points, noonMs - 1)).toBe(noonMs)
    expect(goodUntilMs(points, noonMs + 5_000)).toBe(Infinity)
    expect(goodUntilMs(until({ NumericLessThan: { 'aws:EpochTime': String(noonMs / 1000) } }), 0)).toBe(noonMs)
    expect(goodUntilMs(until({ StringEquals: { 'aws:username': 'x' } }), 0)).toBe(Infinity)
    expect(goodUntilMs(until({ StringLike: { 'aws:CurrentTime': '2026-*' } }), 0)).toBe(1_000)
  })

  test('a permission ends when its time is over', () => {
    let nowMs = noonMs - 1
    const policies = [
      policy([{ Action: '*', Condition: { DateLessThan: { 'aws:CurrentTime': '2026-11-21T12:00:00Z' } } }]),
    ]
    const authority = authorityOf({ policies, nowMs: () => nowMs })
    expect(ask(authority, WRITE, ResourceType.TOPIC, 't').allowed).toBe(true)
    expect(authority.goodUntilMs(iamPrincipal(alice.arn))).toBe(noonMs)
    nowMs = noonMs
    expect(ask(authority, WRITE, ResourceType.TOPIC, 't').allowed).toBe(false)
  })
})
