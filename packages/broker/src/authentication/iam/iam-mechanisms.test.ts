import { createHash, createHmac } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import { generateAuthTokenFromCredentialsProvider } from 'aws-msk-iam-sasl-signer-js'
import { SaslFailure, type SaslStep } from '@millrace/network/sasl/sasl-mechanism'
import type { IamSnapshot, SnapshotCredential } from '@millrace/policy/kafka-cluster/iam-snapshot'
import { parsePolicy } from '@millrace/policy/parse-policy'
import { sha256Hex } from '@millrace/policy/sigv4/canonical-request'
import { deriveSigningKey } from '@millrace/policy/sigv4/signing-key'
import { World } from '@millrace/testkit/world'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { IamLogins } from './iam-logins.ts'
import { iamMechanism } from './iam-mechanisms.ts'

const CLUSTER = 'arn:aws:kafka:us-east-1:111122223333:cluster/orders/0f6ad4c2-7d3e-4a4b-9c53-2f1f5a0b6c11-2'
const peer = { remoteAddress: '10.1.1.1', localAddress: '10.1.1.2' }
const HOST = 'localhost'

const alice = { accessKeyId: 'AKIAALICE', secretAccessKey: 'wonderland' }
const session = { accessKeyId: 'ASIASESSION', secretAccessKey: 'rabbit/hole', sessionToken: 'tok+en/==' }
const quiet = { accessKeyId: 'AKIAQUIET', secretAccessKey: 'mouse' }

let world: World
let present: boolean
let logins: IamLogins
let nowMs: number

beforeEach(() => {
  world = new World({ seed: 7 })
  present = true
  logins = new IamLogins({
    host: world.addHost('broker'),
    advertisedHosts: ['*', 'Kafka.Example.Com'],
    controlPlanePresent: () => present,
  })
  nowMs = logins.host.clock.nowMs()
  logins.apply(snapshotOf([alice, session, quiet]))
  vi.useFakeTimers({ now: nowMs, toFake: ['Date'] })
})

afterEach(() => {
  vi.useRealTimers()
})

type Key = typeof alice & { readonly sessionToken?: string }

function snapshotOf(keys: readonly Key[], expiresAtMs: number | null = null): IamSnapshot {
  const document = parsePolicy(
    JSON.stringify({ Statement: { Effect: 'Allow', Action: 'kafka-cluster:Connect', Resource: CLUSTER } }),
    'identity',
  )
  return {
    clusterArn: CLUSTER,
    tags: {},
    clusterPolicy: null,
    policies: [{ name: 'connect', document }],
    principals: keys.map(({ accessKeyId }) => ({
      principal: {
        type: 'user',
        arn: `arn:aws:iam::111122223333:user/${accessKeyId}`,
        userId: accessKeyId,
        accountId: '111122223333',
      },
      grants: [{ identity: accessKeyId === quiet.accessKeyId ? [] : [0], boundary: null, session: null, values: {} }],
    })),
    credentials: keys.map(({ accessKeyId, secretAccessKey, sessionToken }, principal): SnapshotCredential => ({
      accessKeyId,
      principal,
      signingKeys: Object.fromEntries(
        [-1, 0, 1].map((day) => {
          const date = dateOf(nowMs + day * 86_400_000)
          return [date, deriveSigningKey(secretAccessKey, date, 'us-east-1', 'kafka-cluster').toString('base64')]
        }),
      ),
      sessionTokenHash: sessionToken === undefined ? null : sha256Hex(sessionToken),
      expiresAtMs,
    })),
    connectsPerSecond: null,
    reverseNames: ['machine.lan'],
  }
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10).replaceAll('-', '')
}

interface Signing {
  readonly key?: Key
  readonly host?: string
  readonly region?: string
  readonly service?: string
  readonly atMs?: number
  readonly expires?: number
}

/** As aws-msk-iam-auth writes it, signed by AWS's own signer. */
async function payload(signing: Signing = {}, change: Record<string, unknown> = {}): Promise<Buffer> {
  const { key = alice, host = HOST, region = 'us-east-1', service = 'kafka-cluster', atMs = nowMs } = signing
  const signer = new SignatureV4({
    credentials: key,
    region,
    service,
    sha256: Sha256,
    applyChecksum: false,
  })
  const signed = await signer.presign(
    {
      method: 'GET',
      protocol: 'https:',
      hostname: host,
      path: '/',
      query: { Action: 'kafka-cluster:Connect' },
      headers: { host },
    },
    { expiresIn: signing.expires ?? 900, signingDate: new Date(atMs) },
  )
  const lower = Object.entries(signed.query ?? {}).map(([name, value]) => [name.toLowerCase(), value])
  const fields = { ...Object.fromEntries(lower), version: '2020_10_22', host, 'user-agent': 'aws-msk-iam-auth/2.3.6' }
  return Buffer.from(JSON.stringify({ ...fields, ...change }))
}

class Sha256 {
  readonly #hash
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash =
      secret === undefined
        ? createHash('sha256')
        : createHmac('sha256', typeof secret === 'string' ? secret : Buffer.from(secret as Uint8Array))
  }
  update(data: Uint8Array): void {
    this.#hash.update(data)
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }
}

function bearer(token: string): Buffer {
  return Buffer.from(`n,,\u0001auth=Bearer ${token}\u0001\u0001`)
}

async function token(key: Key = alice, region = 'us-east-1'): Promise<string> {
  return (await generateAuthTokenFromCredentialsProvider({ region, awsCredentialsProvider: async () => key })).token
}

/** The token's URL, changed and written again. */
async function changedToken(change: (url: string) => string): Promise<string> {
  return Buffer.from(change(Buffer.from(await token(), 'base64url').toString())).toString('base64url')
}

function say(name: 'AWS_MSK_IAM' | 'OAUTHBEARER', message: Buffer): SaslStep {
  return iamMechanism(name, logins).begin(peer).next(message)
}

function refusal(name: 'AWS_MSK_IAM' | 'OAUTHBEARER', message: Buffer): SaslFailure {
  try {
    say(name, message)
  } catch (error) {
    if (error instanceof SaslFailure) return error
    throw error
  }
  throw new Error('it was let in')
}

describe('AWS_MSK_IAM', () => {
  test('lets in who signed for this broker, for twelve hours, and answers with version and request id', async () => {
    const step = say('AWS_MSK_IAM', await payload())
    expect(step).toMatchObject({
      kind: 'authenticated',
      principal: 'IAM:arn:aws:iam::111122223333:user/AKIAALICE',
      lifetimeMs: 12 * 3_600_000,
      credentialId: 'AKIAALICE',
    })
    const answer = JSON.parse(('token' in step ? step.token : Buffer.of()).toString()) as Record<string, string>
    expect(answer['version']).toBe('2020_10_22')
    expect(answer['request-id']).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })

  test('a session with its token is let in, and for no longer than it lasts', async () => {
    logins.apply(snapshotOf([session], nowMs + 60_000))
    expect(say('AWS_MSK_IAM', await payload({ key: session }))).toMatchObject({ lifetimeMs: 60_000 })
    const { sessionToken: _left, ...without } = session
    expect(refusal('AWS_MSK_IAM', await payload({ key: without })).details.kind).toBe('bad-signature')
    const other = { ...session, sessionToken: 'another' }
    expect(refusal('AWS_MSK_IAM', await payload({ key: other })).details.kind).toBe('bad-signature')
    logins.apply(snapshotOf([session], nowMs))
    expect(refusal('AWS_MSK_IAM', await payload({ key: session })).details.kind).toBe('expired')
  })

  test.each(['localhost', 'LOCALHOST.', '10.1.1.2', 'kafka.example.com', 'machine.lan', '::ffff:10.1.1.2'])(
    '%s is this broker',
    async (host) => {
      expect(say('AWS_MSK_IAM', await payload({ host }))).toMatchObject({ kind: 'authenticated' })
    },
  )

  test('another host is refused, and the operator is told both', async () => {
    const failure = refusal('AWS_MSK_IAM', await payload({ host: 'b-1.other.example' }))
    expect(failure.details.kind).toBe('wrong-host')
    expect(failure.reason).toContain('"b-1.other.example"')
    expect(failure.reason).toContain('localhost, kafka.example.com, machine.lan, 10.1.1.2')
    expect(failure.message).toMatch(/^\[[0-9a-f-]{36}\]: Access denied$/)
  })

  test('signing and sending must name the same host', async () => {
    expect(refusal('AWS_MSK_IAM', await payload({ host: 'elsewhere' }, { host: HOST })).details.kind).toBe(
      'bad-signature',
    )
  })

  test.each([
    ['wrong-region', { region: 'eu-west-1' }],
    ['sasl', { service: 'kafka' }],
    ['clock-skew', { atMs: 5 * 60_000 + 2_000 }],
    ['expired', { atMs: -901_000 }],
    ['expired', { atMs: -61_000, expires: 60 }],
    ['sasl', { expires: 901 }],
    ['bad-signature', { key: { ...alice, secretAccessKey: 'guessed' } }],
    ['not-connect-allowed', { key: quiet }],
  ] as const)('%s: %o', async (kind, { atMs = 0, ...change }: Signing) => {
    const failure = refusal('AWS_MSK_IAM', await payload({ ...change, atMs: nowMs + atMs }))
    expect(failure.details.kind ?? 'sasl').toBe(kind)
    expect(failure.message).toMatch(/^\[[0-9a-f-]{36}\]: Access denied$/)
    expect(failure.reason).not.toContain('wonderland')
  })

  test('a clock five minutes ahead and one fifteen minutes behind will do, over midnight too', async () => {
    for (const atMs of [nowMs + 299_000, nowMs - 898_000])
      expect(say('AWS_MSK_IAM', await payload({ atMs }))).toMatchObject({ kind: 'authenticated' })
  })

  test.each([
    ['no JSON', '{'],
    ['no object', '["version"]'],
    ['another version', { version: '2021_01_01' }],
    ['another action', { action: 'kafka-cluster:WriteData' }],
    ['another algorithm', { 'x-amz-algorithm': 'AWS4-HMAC-SHA1' }],
    ['more headers than host', { 'x-amz-signedheaders': 'host;x-amz-date' }],
    ['a number for text', { 'x-amz-expires': 900 }],
    ['no host', { host: '' }],
    ['no signature', { 'x-amz-signature': undefined }],
    ['a credential of another form', { 'x-amz-credential': 'AKIAALICE/20260101' }],
    ['no time', { 'x-amz-date': 'yesterday' }],
    ['no number of seconds', { 'x-amz-expires': '-1' }],
    ['too much', { 'user-agent': 'x'.repeat(16_384) }],
    ['another signature', { 'x-amz-signature': '0'.repeat(64) }],
  ])('%s is refused', async (_name, change) => {
    const message = typeof change === 'string' ? Buffer.from(change) : await payload({}, change)
    expect(refusal('AWS_MSK_IAM', message).message).toMatch(/Access denied$/)
  })
})

describe('OAUTHBEARER', () => {
  test('lets in with a token of the signer, for as long as the token is good', async () => {
    const step = say('OAUTHBEARER', bearer(await token()))
    expect(step).toMatchObject({ principal: 'IAM:arn:aws:iam::111122223333:user/AKIAALICE' })
    const { lifetimeMs } = step as { readonly lifetimeMs: number }
    expect(lifetimeMs).toBeGreaterThan(898_000)
    expect(lifetimeMs).toBeLessThanOrEqual(900_000)
    expect(say('OAUTHBEARER', bearer(await token(session)))).toMatchObject({ credentialId: 'ASIASESSION' })
  })

  test('the order of the parameters and what is added after signing do not matter', async () => {
    const shuffled = await changedToken((url) => {
      const [base = '', query = ''] = url.split('?')
      return `${base}?${query.split('&').toReversed().join('&')}`
    })
    expect(say('OAUTHBEARER', bearer(shuffled))).toMatchObject({ kind: 'authenticated' })
  })

  test.each([
    ['wrong-region', 'us-east-1%2F', 'eu-west-1%2F'],
    ['wrong-host', 'kafka.us-east-1.amazonaws.com', 'localhost'],
    ['wrong-host', 'kafka.us-east-1.amazonaws.com', 'kafka.eu-west-1.amazonaws.com'],
    ['bad-signature', 'kafka.us-east-1.amazonaws.com', 'kafka.us-east-1.amazonaws.com.cn'],
    ['sasl', 'Connect', 'Connect&Action=kafka-cluster%3AConnect'],
    ['bad-signature', 'X-Amz-Expires=900', 'X-Amz-Expires=899'],
    ['sasl', 'https://', 'http://'],
  ])('%s: %s becomes %s', async (kind, from, to) => {
    const failure = refusal('OAUTHBEARER', bearer(await changedToken((url) => url.replace(from, to))))
    expect(failure.details.kind ?? 'sasl').toBe(kind)
  })

  test('a token past its time is refused', async () => {
    const old = await token()
    world.advance(901_000)
    expect(refusal('OAUTHBEARER', bearer(old)).details.kind).toBe('expired')
  })

  test.each([
    ['nothing', ''],
    ['no header', 'auth=Bearer x'],
    ['no token', 'n,,\u0001\u0001'],
    ['two tokens', 'n,,\u0001auth=Bearer YQ\u0001auth=Bearer YQ\u0001\u0001'],
    ['no URL', 'n,,\u0001auth=Bearer YWJj\u0001\u0001'],
    ['too much', `n,,\u0001auth=Bearer ${'Y'.repeat(17_000)}\u0001\u0001`],
  ])('%s is refused', (_name, message) => {
    expect(refusal('OAUTHBEARER', Buffer.from(message)).message).toMatch(/Access denied$/)
  })
})

describe('an unknown key', () => {
  const bob = { accessKeyId: 'AKIABOB', secretAccessKey: 'builder' }

  test('waits for the snapshot that brings it', async () => {
    const conversation = iamMechanism('AWS_MSK_IAM', logins).begin(peer)
    const message = await payload({ key: bob })
    const step = conversation.next(message)
    let again = 0
    if (step.kind === 'later') step.when(() => again++)
    logins.apply(snapshotOf([alice, bob]))
    expect(again).toBe(1)
    expect(conversation.next(message)).toMatchObject({ kind: 'authenticated', credentialId: 'AKIABOB' })
  })

  test('is refused when none comes', async () => {
    const conversation = iamMechanism('AWS_MSK_IAM', logins).begin(peer)
    const message = await payload({ key: bob })
    const step = conversation.next(message)
    let again = 0
    if (step.kind === 'later') step.when(() => again++)
    world.advance(2_000)
    expect(again).toBe(1)
    expect(() => conversation.next(message)).toThrow(/Access denied/)
  })

  test('is nobody’s fault while the control plane is away', async () => {
    present = false
    expect(say('AWS_MSK_IAM', await payload({ key: bob }))).toMatchObject({ kind: 'unknowable' })
    expect(say('AWS_MSK_IAM', await payload())).toMatchObject({ kind: 'authenticated' })
  })
})

test('with a limit on new logins, too many are told so, and who is in may renew', async () => {
  logins.apply({ ...snapshotOf([alice]), connectsPerSecond: 4 })
  const message = await payload()
  for (let count = 0; count < 4; count++) expect(say('AWS_MSK_IAM', message)).toMatchObject({ kind: 'authenticated' })
  const failure = refusal('AWS_MSK_IAM', message)
  expect(failure.message).toMatch(/^\[[0-9a-f-]{36}\]: Too many connects$/)
  expect(failure.details.kind).toBe('connection-limit')
  const renewed = iamMechanism('AWS_MSK_IAM', logins).begin(peer, true).next(message)
  expect(renewed).toMatchObject({ kind: 'authenticated' })
  world.advance(250)
  expect(say('AWS_MSK_IAM', message)).toMatchObject({ kind: 'authenticated' })
  expect(refusal('AWS_MSK_IAM', message).message).toMatch(/Too many connects$/)
})

test('a connection may stay while its key lives and Connect is allowed', () => {
  const principal = 'IAM:arn:aws:iam::111122223333:user/AKIAALICE'
  expect(logins.whyEnded(principal, 'AKIAALICE', '10.0.0.1')).toBeNull()
  expect(logins.whyEnded(principal, 'AKIAQUIET', '10.0.0.1')?.reason).toMatch(/gone/)
  logins.apply(snapshotOf([quiet]))
  expect(logins.whyEnded(principal, 'AKIAALICE', '10.0.0.1')?.kind).toBe('unknown-key')
  expect(logins.whyEnded('IAM:arn:aws:iam::111122223333:user/AKIAQUIET', 'AKIAQUIET', '10.0.0.1')).toMatchObject({
    kind: 'not-connect-allowed',
    iam: { actions: ['kafka-cluster:Connect'], resource: CLUSTER },
  })
})
