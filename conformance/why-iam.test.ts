/**
 * IAM access control against those who should not get in: unsigned, expired, tampered, replayed with other words, signed for
 * another host, region, service or action, by a key that nobody has. `millrace why` names each reason. And for those who
 * should, but may not yet: the policies that it proposes let the same request pass, and none of them can be left out.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { KafkaApi } from 'millrace/aws-client'
import { untilActive } from 'millrace/demo'
import { KafkaExchange, NoAnswer } from 'millrace/doctor/kafka-exchange'
import { openTcp, openTls } from 'millrace/doctor/open-address'
import { ErrorCode } from '@millrace/protocol/errors'
import { metadataRequest, metadataResponse } from '@millrace/protocol/messages/03-metadata'
import { saslHandshakeRequest, saslHandshakeResponse } from '@millrace/protocol/messages/17-sasl-handshake'
import { saslAuthenticateRequest, saslAuthenticateResponse } from '@millrace/protocol/messages/36-sasl-authenticate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { IamUsers, bearerToken, iamKafka, rootKey, type AccessKey, type Statement } from './harness/iam.ts'
import { startMillraceProcess, threeBrokers, type MillraceProcess } from './harness/millrace.ts'
import { bearerOf, mskIamPayload, presign, type Presigning } from './harness/presign.ts'
import { until } from './harness/processes.ts'

const PATIENCE_MS = 10_000
const SIGNER_HOST = 'kafka.us-east-1.amazonaws.com'

interface Told {
  readonly event: {
    readonly type: string
    readonly kind?: string
    readonly principal: string | null
    readonly lastMs: number
    readonly iam: { readonly actions: readonly string[]; readonly because: string } | null
  }
  readonly reason: string
  readonly remedies: readonly { readonly about: string; readonly lines: readonly string[] }[]
}

let millrace: MillraceProcess
let users: IamUsers
let caPem: string
let iam: string
let host: string
let port: number

beforeAll(async () => {
  millrace = await startMillraceProcess({ args: ['--ephemeral'] })
  users = new IamUsers(millrace)
  const api = new KafkaApi({ endpoint: millrace.endpoint, region: 'us-east-1', ...rootKey })
  const { clusterArn } = await api.createCluster({
    clusterName: 'guarded',
    provisioned: {
      brokerNodeGroupInfo: {
        instanceType: 'kafka.m5.large',
        clientSubnets: threeBrokers.BrokerNodeGroupInfo.ClientSubnets,
      },
      kafkaVersion: '3.9.x',
      numberOfBrokerNodes: 3,
      clientAuthentication: { sasl: { iam: { enabled: true } } },
    },
  })
  await untilActive(api, clusterArn)
  iam = (await api.bootstrapStrings(clusterArn)).iam ?? ''
  const [first = ''] = iam.split(',')
  host = first.split(':')[0] ?? ''
  port = Number(first.split(':')[1])
  caPem = (await millrace.cli('ca')).stdout
  const admin = kafkaAs(rootKey).admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: 'rides', numPartitions: 1 }], waitForLeaders: true })
  await admin.disconnect()
}, 120_000)
afterAll(() => millrace?.stop())

const kafkaAs = (key: AccessKey) => iamKafka({ brokers: iam, caPem, token: () => bearerToken(key) })

/** As the command asks for it. */
async function why(principal?: string): Promise<Told[]> {
  const query = `lastMs=300000${principal === undefined ? '' : `&principal=${principal}`}`
  const token = readFileSync(join(millrace.dataDirectory, 'token'), 'utf8').trim()
  const headers = { authorization: `Bearer ${token}` }
  const response = await fetch(`${millrace.endpoint}/_millrace/why?${query}`, { headers })
  return ((await response.json()) as { events: Told[] }).events
}

/** Logs in by one token; whether it was let in, and what else it may ask then. */
async function logIn(mechanism: string, token: string): Promise<'in' | 'refused'> {
  const socket = await openTcp({ host, port }, PATIENCE_MS)
  const { socket: secure } = await openTls(socket, host, { ca: [caPem], client: null }, PATIENCE_MS)
  const exchange = new KafkaExchange(secure, PATIENCE_MS)
  try {
    await exchange.ask(saslHandshakeRequest, saslHandshakeResponse, 1, { mechanism })
    const authBytes = Buffer.from(token)
    const { errorCode } = await exchange.ask(saslAuthenticateRequest, saslAuthenticateResponse, 1, { authBytes })
    if (errorCode === ErrorCode.NONE) return 'in'
    // Whatever was said: who is refused gets no answer to anything.
    await expect(
      exchange.ask(metadataRequest, metadataResponse, 4, { topics: null, allowAutoTopicCreation: false }),
    ).rejects.toThrow(NoAnswer)
    return 'refused'
  } finally {
    exchange.close()
  }
}

const HOUR_MS = 3_600_000
type Change = (signed: Map<string, string>) => Map<string, string>
const flip: Change = (signed) =>
  signed.set(
    'X-Amz-Signature',
    (signed.get('X-Amz-Signature') ?? '').replace(/^./, (char) => (char === '0' ? '1' : '0')),
  )

const HOSTILE: readonly [what: string, kind: string, options: Partial<Presigning>, change?: Change][] = [
  ['with one digit of the signature changed', 'bad-signature', {}, flip],
  ['signed with another secret', 'bad-signature', { key: { ...rootKey, secretAccessKey: 'tset' } }],
  ['made good for longer than it was signed', 'bad-signature', {}, (signed) => signed.set('X-Amz-Expires', '899')],
  ['without a signature', 'sasl', {}, (signed) => signed.set('X-Amz-Signature', '')],
  ['signed an hour ago', 'expired', { nowMs: Date.now() - HOUR_MS }],
  ['signed an hour ahead', 'clock-skew', { nowMs: Date.now() + HOUR_MS }],
  ['good for a day', 'sasl', { expiresSeconds: 86_400 }],
  ['signed for another region', 'wrong-region', { region: 'eu-west-1' }],
  ['signed for another service', 'sasl', { service: 'sts' }],
  ['signed for another action', 'sasl', { action: 'kafka-cluster:AlterCluster' }],
  ['by a key that nobody has', 'unknown-key', { key: { accessKeyId: 'AKIANOBODYHASTHISKEY', secretAccessKey: 'x' } }],
]

describe.each([
  ['AWS_MSK_IAM', (signedHost: string, signed: Map<string, string>) => mskIamPayload(signedHost, signed)],
  [
    'OAUTHBEARER',
    (signedHost: string, signed: Map<string, string>) =>
      `n,,\u0001auth=Bearer ${bearerOf(signedHost, signed)}\u0001\u0001`,
  ],
] as const)('%s', (mechanism, carry) => {
  const ourHost = (): string => (mechanism === 'AWS_MSK_IAM' ? host : SIGNER_HOST)

  it('lets in what is as it should be', async () => {
    const signed = presign({ key: rootKey, host: ourHost() })
    expect(await logIn(mechanism, carry(ourHost(), signed))).toBe('in')
  })

  it('refuses everything else, and why is told', async () => {
    const hostile = [
      ...HOSTILE,
      ['signed for the host of somebody else', 'wrong-host', { host: 'b-1.elsewhere.example' }] as const,
    ]
    for (const [what, kind, options, change = (signed: Map<string, string>) => signed] of hostile) {
      const sinceMs = Date.now()
      const signedHost = options.host ?? ourHost()
      const signed = change(presign({ key: rootKey, host: signedHost, ...options }))
      expect([what, await logIn(mechanism, carry(signedHost, signed))]).toEqual([what, 'refused'])
      const told = (await why()).findLast(({ event }) => event.type === 'connection' && event.lastMs >= sinceMs - 1)
      expect([what, told?.event.kind]).toEqual([what, kind])
      expect(JSON.stringify(told)).not.toContain(signed.get('X-Amz-Signature') || 'nothing')
    }
  }, 120_000)

  it('refuses what is no token, and one that is too long', async () => {
    for (const token of ['', '{}', 'n,,\u0001auth=Bearer x\u0001\u0001', 'x'.repeat(100_000)])
      expect(await logIn(mechanism, token)).toBe('refused')
  })
})

describe('who is not allowed yet', () => {
  let rider: AccessKey
  const nothing: Statement = { Effect: 'Allow', Action: 'kafka:ListClusters', Resource: '*' }
  beforeAll(async () => {
    rider = await users.create('rider', [nothing])
  })

  const write = async (key: AccessKey = rider, idempotent = false): Promise<boolean> => {
    // kafkajs wants retries of whoever is idempotent.
    const retry = idempotent ? { retry: { retries: 1, initialRetryTime: 50 } } : {}
    const producer = kafkaAs(key).producer({ allowAutoTopicCreation: false, idempotent, ...retry })
    try {
      await producer.connect()
      await producer.send({ topic: 'rides', messages: [{ value: 'ride' }] })
      return true
    } catch {
      return false
    } finally {
      await producer.disconnect()
    }
  }
  const allow = (statements: readonly Statement[], user = 'rider'): Promise<void> =>
    users.allow(user, [nothing, ...statements])
  /** The statements that are proposed, one after the other, until `tried` passes. */
  const obeyWhy = async (user: string, tried: () => Promise<boolean>): Promise<Statement[]> => {
    const statements: Statement[] = []
    await until(
      async () => {
        if (await tried()) return true
        const told = (await why(user)).findLast(({ event }) => event.iam !== null)
        const lines = told?.remedies.find(({ about }) => about.startsWith('Allow it by this policy'))?.lines ?? []
        const { Statement: proposed } = JSON.parse(lines.join('\n')) as { Statement: [Statement] }
        // Told again what is allowed by now: it has not reached the broker yet.
        if (!statements.some((known) => JSON.stringify(known) === JSON.stringify(proposed[0])))
          statements.push(proposed[0])
        await allow(statements, user)
        return false
      },
      'what the proposed policies allow',
      60_000,
    )
    return statements
  }

  it('is allowed by the policies that are proposed, and by none of them less', async () => {
    const statements = await obeyWhy('rider', () => write())
    expect(statements.map(({ Action }) => Action)).toEqual([
      'kafka-cluster:Connect',
      'kafka-cluster:DescribeTopic',
      'kafka-cluster:WriteData',
    ])
    for (const left of statements) {
      await allow(statements.filter((each) => each !== left))
      await until(async () => !(await write()), `a refusal without ${String(left.Action)}`, 20_000)
    }
    await allow(statements)
    await until(() => write(), 'a write with all of them', 20_000)
  }, 180_000)

  it('may write idempotently by what is proposed, and nowhere else', async () => {
    const careful = await users.create('careful', [nothing])
    const statements = await obeyWhy('careful', () => write(careful, true))
    const actions = statements.map(({ Action }) => Action)
    expect(actions).toContain('kafka-cluster:WriteDataIdempotently')
    expect(statements.filter(({ Action }) => Action === 'kafka-cluster:WriteData')).toMatchObject([
      { Resource: expect.stringMatching(/\/rides$/) },
    ])
  }, 120_000)

  it('is told which statement denies it, and is not told to add another one', async () => {
    const sinceMs = Date.now()
    await allow([
      { Effect: 'Allow', Action: 'kafka-cluster:*', Resource: '*' },
      { Effect: 'Deny', Action: 'kafka-cluster:WriteData', Resource: '*' },
    ])
    await until(async () => !(await write()), 'a denial', 20_000)
    const told = (await why('rider')).findLast(({ event }) => event.lastMs >= sinceMs && event.iam !== null)
    expect(told?.event.iam).toMatchObject({ actions: ['kafka-cluster:WriteData'], because: 'explicit-deny' })
    expect(told?.remedies.flatMap(({ lines }) => lines).join()).toMatch(/statement 2\b.* of policy the-only-one/)
  }, 60_000)

  it('of whose key nothing is left is not let in again', async () => {
    await users.delete('rider', rider)
    const isRefused = async (): Promise<boolean> => {
      const admin = kafkaAs(rider).admin()
      const failure = await admin.connect().then(() => null, String)
      await admin.disconnect()
      return failure !== null
    }
    await until(isRefused, 'a refusal of the deleted user', 20_000)
    expect((await why()).at(-1)?.event.kind).toBe('unknown-key')
  }, 60_000)
})
