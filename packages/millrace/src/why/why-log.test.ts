import { describe, expect, test } from 'vitest'
import type { ApiCallEvent } from '@millrace/aws/audit'
import type { NodeRefusals } from '@millrace/engine/node-refusals'
import { WhyLog } from './why-log.ts'

const HOUR_MS = 3_600_000
type Refusal = NodeRefusals['refusals'][number]

function refusal(change: Partial<Refusal> = {}): Refusal {
  return {
    kind: 'wrong-password',
    listener: 'CLIENT_SASL_SCRAM',
    remoteAddress: '10.0.0.1',
    principal: 'User:alice',
    reason: 'no',
    remedy: null,
    iam: null,
    quota: null,
    id: 1,
    sequence: 1,
    firstMs: 1_000,
    lastMs: 1_000,
    count: 1,
    ...change,
  }
}

function told(nodeId: number, refusals: readonly Refusal[], change: Partial<NodeRefusals> = {}): NodeRefusals {
  const node = { clusterId: 'c', clusterName: 'orders', nodeId, role: 'broker', incarnation: 'first' } as const
  return { ...node, refusals, denials: [], principals: [], ...change }
}

const call: ApiCallEvent = {
  timeMs: 2_000,
  durationMs: 1,
  requestId: 'r',
  service: 'kafka',
  operation: 'CreateCluster',
  region: 'us-east-1',
  principal: { type: 'user', arn: 'arn:aws:iam::000000000000:user/eve', accountId: '000000000000', userId: 'AIDA' },
  accessKeyId: 'AKIA',
  asked: { action: 'kafka:CreateCluster', resource: '*' },
  decision: { allowed: false, reason: 'no-statement-allows', set: 'identity', statement: null },
  sourceIp: '127.0.0.1',
  userAgent: 'aws-cli',
  status: 403,
  errorCode: 'AccessDeniedException',
  errorMessage:
    'User: arn:aws:iam::000000000000:user/eve is not authorized to perform: kafka:CreateCluster on resource: * because no identity-based policy allows the kafka:CreateCluster action',
  requestParameters: null,
  responseElements: null,
}

function log(): { clock: { now: number }; told: NodeRefusals[]; log: WhyLog } {
  const clock = { now: 5_000 }
  const waiting: NodeRefusals[] = []
  return { clock, told: waiting, log: new WhyLog({ nowMs: () => clock.now, read: async () => waiting.splice(0) }) }
}

describe('the log of refusals', () => {
  test('replaces what a node tells again, and adds up what its next process tells', async () => {
    const { told: waiting, log: why } = log()
    waiting.push(told(1, [refusal()]))
    expect(await why.list({ sinceMs: 0 })).toMatchObject([{ type: 'connection', nodes: [1], count: 1 }])
    waiting.push(told(1, [refusal({ count: 3, lastMs: 3_000 })]))
    expect(await why.list({ sinceMs: 0 })).toMatchObject([{ count: 3, firstMs: 1_000, lastMs: 3_000 }])
    waiting.push(told(1, [refusal({ firstMs: 4_000, lastMs: 4_000 })], { incarnation: 'second' }))
    expect(await why.list({ sinceMs: 0 })).toMatchObject([{ count: 4, firstMs: 1_000, lastMs: 4_000 }])
  })

  test('tells once what several brokers say alike, the latest last', async () => {
    const { told: waiting, log: why } = log()
    waiting.push(told(1, [refusal({ lastMs: 2_000 })]), told(2, [refusal(), refusal({ id: 2, kind: 'tls-handshake' })]))
    const events = await why.list({ sinceMs: 0 })
    expect(events).toMatchObject([
      { kind: 'tls-handshake', nodes: [2] },
      { kind: 'wrong-password', nodes: [1, 2], count: 2, lastMs: 2_000 },
    ])
  })

  test('adds up what brokers say of one quota, and keeps what the last one measured', async () => {
    const { told: waiting, log: why } = log()
    const wait = (key: string, rate: number, lastMs: number, id = 1): Refusal => {
      const entity = [{ entityType: 'user', entityName: 'alice' }]
      const quota = { key, entity, clientId: null, bound: 1, rate, throttleMs: 3 }
      return refusal({ kind: 'quota', quota, lastMs, id })
    }
    waiting.push(told(1, [wait('producer_byte_rate', 5, 3_000)]))
    waiting.push(told(2, [wait('producer_byte_rate', 7, 2_000), wait('consumer_byte_rate', 9, 1_000, 2)]))
    expect(await why.list({ sinceMs: 0 })).toMatchObject([
      { nodes: [2], count: 1, quota: { key: 'consumer_byte_rate', rate: 9 } },
      { nodes: [1, 2], count: 2, quota: { key: 'producer_byte_rate', rate: 5 } },
    ])
  })

  test('is asked for a time, a cluster, and a principal by its short name', async () => {
    const { clock, told: waiting, log: why } = log()
    waiting.push(told(1, [refusal(), refusal({ id: 2, principal: 'User:bob', lastMs: 3_000 })]))
    clock.now = 6_000
    why.onApiCall(call)
    const principals = async (query: Parameters<WhyLog['list']>[0]): Promise<unknown> =>
      (await why.list(query)).map(({ principal }) => principal)
    expect(await principals({ sinceMs: 2_000 })).toEqual(['User:bob', 'arn:aws:iam::000000000000:user/eve'])
    expect(await principals({ sinceMs: 0, cluster: 'orders' })).toEqual(['User:alice', 'User:bob'])
    expect(await principals({ sinceMs: 0, cluster: 'other' })).toEqual([])
    for (const asked of ['bob', 'User:bob'])
      expect(await principals({ sinceMs: 0, principal: asked })).toEqual(['User:bob'])
    expect(await principals({ sinceMs: 0, principal: 'eve' })).toEqual(['arn:aws:iam::000000000000:user/eve'])
    expect(await principals({ sinceMs: 0, principal: 'ob' })).toEqual([])
  })

  test('keeps calls of the API that were refused, counted, and no others', async () => {
    const { log: why } = log()
    const decision = { allowed: true, reason: 'root', set: null, statement: null } as const
    why.onApiCall({ ...call, decision, status: 200, errorCode: null, errorMessage: null })
    why.onApiCall({ ...call, status: 400, errorCode: 'BadRequestException', errorMessage: 'bad' })
    why.onApiCall(call)
    why.onApiCall(call)
    why.onApiCall({ ...call, principal: null, errorCode: 'InvalidSignatureException', errorMessage: 'The signature…' })
    expect(await why.list({ sinceMs: 0 })).toMatchObject([
      {
        action: 'kafka:CreateCluster',
        count: 2,
        iam: { actions: ['kafka:CreateCluster'], resource: '*', because: 'no-statement-allows', set: 'identity' },
      },
      { principal: 'access key AKIA', errorCode: 'InvalidSignatureException', iam: null, count: 1 },
    ])
  })

  test('keeps what was refused of a call that went well otherwise', async () => {
    const { log: why } = log()
    const asked = { action: 'kms:CreateGrant', resource: 'arn:aws:kms:us-east-1:000000000000:key/k' }
    const answered = { operation: 'BatchAssociateScramSecret', status: 200, errorCode: null, errorMessage: null }
    why.onApiCall({ ...call, ...answered, asked })
    const [event] = await why.list({ sinceMs: 0 })
    expect(event).toMatchObject({ iam: { actions: ['kms:CreateGrant'], resource: asked.resource } })
    expect(event?.reason).toContain('not authorized to perform: kms:CreateGrant')
  })

  test('reads what policy was asked where the caller is told in a sealed message', async () => {
    const { log: why } = log()
    const errorMessage = 'You are not authorized to perform this operation. Encoded authorization failure message: AAAA'
    const asked = { action: 'ec2:CreateVpc', resource: '*' }
    why.onApiCall({ ...call, service: 'ec2', errorCode: 'UnauthorizedOperation', errorMessage, asked })
    const [event] = await why.list({ sinceMs: 0 })
    expect(event).toMatchObject({ iam: { actions: ['ec2:CreateVpc'], set: 'identity' } })
    expect(event?.reason).toContain('not authorized to perform: ec2:CreateVpc on resource: * because nothing allows it')
    expect(event?.reason).not.toContain('AAAA')
  })

  test('forgets after a day', async () => {
    const { clock, told: waiting, log: why } = log()
    waiting.push(told(1, [refusal()]))
    await why.collect()
    clock.now += 25 * HOUR_MS
    expect(await why.list({ sinceMs: 0 })).toEqual([])
  })
})
