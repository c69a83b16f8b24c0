import { describe, expect, test } from 'vitest'
import { AclOperation, ResourceType } from '@millrace/policy/acl/acl'
import { evaluate } from '@millrace/policy/evaluate'
import { parsePolicy } from '@millrace/policy/parse-policy'
import { explainEvent } from './explain.ts'
import type { ApiEvent, ConnectionEvent, DenialEvent } from './why-event.ts'

const times = { firstMs: 1, lastMs: 1, count: 1 }
const eve = {
  type: 'user',
  arn: 'arn:aws:iam::000000000000:user/eve',
  accountId: '000000000000',
  userId: 'AIDA',
} as const
const topic = 'arn:aws:kafka:us-east-1:000000000000:topic/orders/0/rides'

function apiEvent(change: Partial<ApiEvent> = {}): ApiEvent {
  return {
    type: 'api',
    action: 'kafka:CreateCluster',
    errorCode: 'AccessDeniedException',
    principal: eve.arn,
    remoteAddress: '127.0.0.1',
    reason: 'no',
    iam: null,
    ...times,
    ...change,
  }
}
const connection: ConnectionEvent = {
  type: 'connection',
  clusterId: 'c',
  clusterName: 'orders',
  nodes: [1, 3],
  kind: 'tls-to-plaintext',
  listener: 'CLIENT',
  remoteAddress: '10.0.0.1',
  principal: null,
  reason: 'The client speaks TLS to a plaintext port.',
  remedy: 'Set security.protocol=PLAINTEXT.',
  iam: null,
  quota: null,
  ...times,
}

const silent = { because: 'no-statement-allows', set: 'identity', statement: null } as const
const anywhere: DenialEvent = {
  type: 'denial',
  clusterId: 'c',
  clusterName: 'orders',
  nodes: [1],
  principal: `IAM:${eve.arn}`,
  remoteAddress: '127.0.0.1',
  operation: AclOperation.WRITE,
  resourceType: ResourceType.TOPIC,
  resourceName: '',
  acl: null,
  iam: null,
  reason: 'no',
  ...times,
}

function excess(
  key: string,
  entity: readonly (readonly [type: string, name: string | null])[],
  bound: number,
  rate: number,
): ConnectionEvent['quota'] & object {
  const parts = entity.map(([entityType, entityName]) => ({ entityType, entityName }))
  return { key, entity: parts, clientId: 'app', bound, rate, throttleMs: 5 }
}

function allowedBy(policy: string, actions: readonly string[], resource: string): boolean {
  const policies = [{ name: 'p', document: parsePolicy(policy, 'identity') }]
  return actions.every((action) => {
    const request = { principal: eve, action, resource, values: new Map<string, string[]>() }
    return evaluate(request, { identity: policies, boundary: null, session: null, resource: null }).allowed
  })
}

describe('an explanation', () => {
  test('says who was turned away where, and what to do', () => {
    expect(explainEvent(connection, null)).toMatchObject({
      who: 'somebody from 10.0.0.1 at brokers 1, 3 of orders, CLIENT',
      reason: connection.reason,
      remedies: [{ lines: ['Set security.protocol=PLAINTEXT.'] }],
    })
    expect(explainEvent({ ...connection, nodes: [10_001], remedy: null }, null)).toMatchObject({
      who: 'somebody from 10.0.0.1 at the controller of orders, CLIENT',
      remedies: [],
    })
  })

  test('of a missing statement gives the smallest policy: with it allowed, without any part of it not', () => {
    const actions = ['kafka-cluster:Connect', 'kafka-cluster:WriteData']
    const iam = { actions, resource: topic, because: 'no-statement-allows', set: 'identity', statement: null } as const
    const [remedy] = explainEvent(apiEvent({ iam }), null).remedies
    const policy = remedy?.lines.join('\n') ?? ''
    expect(allowedBy(policy, actions, topic)).toBe(true)
    expect(allowedBy(policy, actions, `${topic}s`)).toBe(false)
    for (const action of actions) {
      const smaller = JSON.parse(policy) as { Statement: { Action: string[] }[] }
      for (const statement of smaller.Statement) statement.Action = statement.Action.filter((each) => each !== action)
      expect(allowedBy(JSON.stringify(smaller), actions, topic)).toBe(false)
    }
  })

  test('of a producer that may write nowhere opens nothing but that', () => {
    const iam = { actions: ['kafka-cluster:WriteData'], resource: topic.replace('rides', '*'), ...silent } as const
    const [remedy] = explainEvent({ ...anywhere, iam }, null).remedies
    expect(JSON.parse(remedy?.lines.join('') ?? '')).toMatchObject({
      Statement: [
        {
          Action: 'kafka-cluster:WriteDataIdempotently',
          Resource: 'arn:aws:kafka:us-east-1:000000000000:cluster/orders/0',
        },
      ],
    })
  })

  test('of a principal of IAM never proposes an ACL', () => {
    const acls = { acls: [], superUsers: new Set<string>(), allowEveryoneIfNoAcl: false }
    expect(explainEvent({ ...anywhere, resourceName: 'rides' }, acls).remedies).toEqual([])
    expect(explainEvent({ ...anywhere, resourceName: 'rides', principal: 'User:eve' }, acls).remedies).toHaveLength(2)
  })

  test.each<[ConnectionEvent['quota'] & object, string, string]>([
    [
      excess('producer_byte_rate', [['user', 'CN=al ice']], 1000, 1012.5),
      "--entity-type users --entity-name 'CN=al ice'",
      'producer_byte_rate=10000',
    ],
    [
      excess(
        'consumer_byte_rate',
        [
          ['user', 'alice'],
          ['client-id', null],
        ],
        1000,
        9000,
      ),
      '--entity-type users --entity-name alice --entity-type clients --entity-default',
      'consumer_byte_rate=18000',
    ],
    [
      excess('request_percentage', [['client-id', 'app']], 0.25, 0.26),
      '--entity-type clients --entity-name app',
      'request_percentage=3',
    ],
    [
      excess('connection_creation_rate', [['ip', null]], 2, 2.1),
      '--entity-type ips --entity-default',
      'connection_creation_rate=20',
    ],
    [
      excess('max.connection.creation.rate', [], 9, 9.5),
      '--entity-type brokers --entity-default',
      'max.connection.creation.rate=90',
    ],
  ])('of a client that waits names the quota to be raised: $key', (quota, entity, raised) => {
    const { remedies } = explainEvent({ ...connection, kind: 'quota', remedy: null, quota }, null)
    const alter = `kafka-configs.sh --bootstrap-server $BS --alter ${entity}`
    expect(remedies.map(({ lines }) => lines)).toEqual([
      [`${alter} --add-config ${raised}`],
      [`${alter} --delete-config ${quota.key}`],
    ])
  })

  test.each([
    ['boundary', /permissions boundary/],
    ['session', /session policy/],
    ['resource', /put-cluster-policy/],
  ] as const)('of a silent %s says where the statement belongs', (set, words) => {
    const iam = { actions: ['kafka-cluster:Connect'], resource: topic, ...silent, set }
    const [remedy] = explainEvent(apiEvent({ iam, principal: `IAM:${eve.arn}` }), null).remedies
    expect(remedy?.about).toMatch(words)
    const { Statement: statements } = JSON.parse(remedy?.lines.join('') ?? '') as {
      Statement: { Principal?: object }[]
    }
    expect(statements[0]?.Principal).toEqual(set === 'resource' ? { AWS: eve.arn } : undefined)
  })

  test('of an explicit Deny names the statement and proposes no Allow', () => {
    const statement = { policy: 'guard', index: 1, sid: 'NoWrites' }
    const iam = {
      actions: ['kafka-cluster:WriteData'],
      resource: topic,
      because: 'explicit-deny',
      set: 'identity',
      statement,
    } as const
    const { remedies } = explainEvent(apiEvent({ iam }), null)
    expect(remedies).toHaveLength(1)
    expect(remedies[0]?.lines.join()).toContain('statement 1 (NoWrites) of policy guard')
    expect(remedies[0]?.lines.join()).not.toContain('"Allow"')
  })

  test.each([
    ['MissingAuthenticationTokenException', /millrace env/],
    ['UnrecognizedClientException', /create-access-key/],
    ['InvalidSignatureException', /secret access key/],
    ['ExpiredTokenException', /clock|temporary/],
  ])('of a caller that is not known, by %s', (errorCode, words) => {
    expect(explainEvent(apiEvent({ errorCode }), null).remedies[0]?.lines.join()).toMatch(words)
  })
})
