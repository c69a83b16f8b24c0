import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { noPolicies } from '@millrace/policy/principal-policies'
import { RootCredentials, type Credential } from '../credentials.ts'
import type { ApiRequest } from '../protocols/protocol.ts'
import { presignedRequest, signedRequest } from '../testing/sign.ts'
import { readSignature } from './signed-request.ts'
import { deriveSigningKey } from '@millrace/policy/sigv4/signing-key'
import { SigningKeys } from './signing-keys.ts'
import { CLOCK_SKEW_MS, verifySignature } from './verify.ts'

const now = new Date('2026-11-21T12:00:00.000Z')
const keys = new SigningKeys()
const root = new RootCredentials({ acceptTest: true })

async function verify(
  request: ApiRequest,
  at: Date = now,
  credentials: { lookup(id: string): Credential | null } = root,
): Promise<Credential> {
  const signed = readSignature(request)
  if (signed === null) throw new Error('not signed')
  return verifySignature({ request, signed, credentials, keys, nowMs: at.getTime() })
}

const arnPath = '/v1/clusters/arn%3Aaws%3Akafka%3Aus-east-1%3A000000000000%3Acluster%2Fdemo%2F5f1d-2/topics'

describe('a signature in the header', () => {
  test.each([
    ['a plain request', {}],
    ['an ARN in one part of the path', { path: arnPath }],
    ['a query name given twice', { query: { tagKeys: ['b', 'a', 'a b'], A: '', z: "~*!'()" } }],
    [
      'a body',
      {
        method: 'POST',
        path: '/v1/clusters',
        body: '{"clusterName":"é"}',
        headers: { 'content-type': 'application/json' },
      },
    ],
    ['spaces inside header values', { headers: { 'x-amz-meta': '  a   b  ' } }],
    ['a session token that the credential does not need', { sessionToken: 'anything' }],
  ])('of %s is accepted', async (_what, request) => {
    expect((await verify(await signedRequest({ ...request, signedAt: now }))).principal.accountId).toBe('000000000000')
  })

  test('of any path, query and body is accepted, and of any other body is not', async () => {
    const part = fc.string({ maxLength: 12 }).filter((text) => text !== '' && text !== '.' && text !== '..')
    await fc.assert(
      fc.asyncProperty(
        fc.array(part, { minLength: 1, maxLength: 4 }),
        fc.dictionary(part, fc.oneof(fc.string(), fc.array(fc.string(), { minLength: 1, maxLength: 3 })), {
          maxKeys: 4,
        }),
        fc.string(),
        async (parts, query, body) => {
          const path = `/${parts.map(encodeURIComponent).join('/')}`
          const request = await signedRequest({ method: 'POST', path, query, body, signedAt: now })
          await expect(verify(request)).resolves.toBeDefined()
          await expect(verify({ ...request, body: Buffer.from(`${body}x`) })).rejects.toMatchObject({
            name: 'InvalidSignatureException',
          })
        },
      ),
      { numRuns: 60 },
    )
  })

  test.each([
    ['method', { method: 'DELETE' }],
    ['path', { rawPath: '/v1/clusters/other' }],
    ['query', { rawQuery: 'maxResults=2' }],
    ['body', { body: Buffer.from('{}') }],
  ])('does not fit another %s', async (_what, change) => {
    const request = await signedRequest({
      method: 'GET',
      path: '/v1/clusters',
      query: { maxResults: '1' },
      signedAt: now,
    })
    await expect(verify({ ...request, ...change })).rejects.toMatchObject({
      name: 'InvalidSignatureException',
      status: 403,
    })
  })

  test('by another secret is refused with both messages', async () => {
    const request = await signedRequest({ secret: 'guess', signedAt: now })
    await expect(verify(request)).rejects.toMatchObject({
      name: 'InvalidSignatureException',
      message: expect.stringContaining('does not match the signature you provided'),
      operatorMessage: expect.stringContaining('canonical request'),
    })
  })

  test('by an unknown access key id is refused as unrecognized', async () => {
    const request = await signedRequest({ accessKeyId: 'AKIAUNKNOWN', signedAt: now })
    await expect(verify(request)).rejects.toMatchObject({ name: 'UnrecognizedClientException', status: 403 })
  })

  test.each([
    [CLOCK_SKEW_MS, null],
    [CLOCK_SKEW_MS + 1000, /Signature expired.*Check the clock/],
    [-CLOCK_SKEW_MS, null],
    [-CLOCK_SKEW_MS - 1000, /Signature not yet current/],
  ])('%i ms old: %s', async (ageMs, refusal) => {
    const request = await signedRequest({ signedAt: new Date(now.getTime() - ageMs) })
    if (refusal === null) await expect(verify(request)).resolves.toBeDefined()
    else
      await expect(verify(request)).rejects.toMatchObject({
        name: 'InvalidSignatureException',
        message: expect.stringMatching(refusal),
      })
  })

  test('holds for its own region, service and day only', async () => {
    const request = await signedRequest({ signedAt: now })
    const authorization = request.headers.get('authorization')?.[0] ?? ''
    for (const [from, to] of [
      ['us-east-1', 'eu-west-1'],
      ['/kafka/', '/iam/'],
    ] as const) {
      const headers = new Map(request.headers).set('authorization', [authorization.replace(from, to)])
      await expect(verify({ ...request, headers })).rejects.toMatchObject({
        message: expect.stringContaining('does not match'),
      })
    }
    const headers = new Map(request.headers).set('authorization', [authorization.replace('20261121', '20261122')])
    await expect(verify({ ...request, headers })).rejects.toMatchObject({
      message: expect.stringContaining('Date in Credential scope'),
    })
  })

  test('must cover the host and every header that says what the request means', async () => {
    const request = await signedRequest({ signedAt: now })
    const headers = new Map(request.headers).set('x-amz-target', ['Other.DeleteEverything'])
    await expect(verify({ ...request, headers })).rejects.toMatchObject({
      message: expect.stringContaining("'x-amz-target' must be among the signed"),
    })
  })

  test('with a stated body hash of another body is refused', async () => {
    const request = await signedRequest({
      method: 'POST',
      body: 'a',
      headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
      signedAt: now,
    })
    await expect(verify(request)).rejects.toMatchObject({ message: expect.stringContaining('x-amz-content-sha256') })
  })

  test.each([
    ['AWS4-HMAC-SHA256 Credential=test/20261121/us-east-1/kafka/aws4_request, SignedHeaders=host', /lacks 'Signature'/],
    ['AWS4-HMAC-SHA256 Credential=test/kafka, SignedHeaders=host, Signature=00', /Credential must have the form/],
    ['Basic dGVzdDp0ZXN0', /must begin with 'AWS4-HMAC-SHA256'/],
    ['AWS4-HMAC-SHA256', /must begin with/],
  ])('%s is incomplete', async (authorization, message) => {
    const request = await signedRequest({ signedAt: now })
    const headers = new Map(request.headers).set('authorization', [authorization])
    expect(() => readSignature({ ...request, headers })).toThrow(message)
  })
})

describe('a presigned request', () => {
  test('is accepted until it expires', async () => {
    const request = await presignedRequest({ path: arnPath, query: { maxResults: '5' }, signedAt: now }, 3600)
    await expect(verify(request, new Date(now.getTime() + 3_600_000))).resolves.toBeDefined()
    await expect(verify(request, new Date(now.getTime() + 3_601_000))).rejects.toMatchObject({
      message: expect.stringContaining('Signature expired'),
    })
  })

  test('does not fit another query', async () => {
    const request = await presignedRequest({ query: { maxResults: '5' }, signedAt: now }, 3600)
    const changed = { ...request, rawQuery: request.rawQuery.replace('maxResults=5', 'maxResults=6') }
    await expect(verify(changed)).rejects.toMatchObject({ name: 'InvalidSignatureException' })
  })

  test('for more than seven days is refused', async () => {
    const request = await presignedRequest({ signedAt: now }, 604_800)
    await expect(verify(request)).resolves.toBeDefined()
    const longer = { ...request, rawQuery: request.rawQuery.replace('604800', '604801') }
    await expect(verify(longer)).rejects.toMatchObject({ message: expect.stringContaining('at most 604800') })
  })
})

describe('temporary credentials', () => {
  const temporary: Credential = {
    accessKeyId: 'ASIATEMP',
    secret: 'temp',
    sessionToken: 'token',
    expiresAtMs: now.getTime() + 60_000,
    principal: {
      type: 'assumed-role',
      arn: 'arn:aws:sts::000000000000:assumed-role/r/s',
      userId: 'AROA:s',
      accountId: '000000000000',
    },
    policies: noPolicies,
    values: {},
  }
  const store = { lookup: (id: string) => (id === temporary.accessKeyId ? temporary : null) }
  const sign = (sessionToken?: string): Promise<ApiRequest> =>
    signedRequest({
      accessKeyId: 'ASIATEMP',
      secret: 'temp',
      signedAt: now,
      ...(sessionToken === undefined ? {} : { sessionToken }),
    })

  test('are accepted with their token only', async () => {
    await expect(verify(await sign('token'), now, store)).resolves.toBe(temporary)
    await expect(verify(await sign('other'), now, store)).rejects.toMatchObject({ name: 'UnrecognizedClientException' })
    await expect(verify(await sign(), now, store)).rejects.toMatchObject({ name: 'UnrecognizedClientException' })
  })

  test('are refused once they have expired', async () => {
    await expect(verify(await sign('token'), new Date(now.getTime() + 60_000), store)).rejects.toMatchObject({
      name: 'ExpiredTokenException',
    })
  })
})

test('a signing key is derived anew when the secret of an access key id has changed', () => {
  const cache = new SigningKeys()
  const first = cache.get('AKIA', 'one', '20261121', 'us-east-1', 'kafka')
  expect(cache.get('AKIA', 'one', '20261121', 'us-east-1', 'kafka')).toBe(first)
  expect(cache.get('AKIA', 'two', '20261121', 'us-east-1', 'kafka')).toEqual(
    deriveSigningKey('two', '20261121', 'us-east-1', 'kafka'),
  )
})

test('the signing key of the published example is derived', () => {
  // IAM user guide, "Deriving the signing key" example.
  const key = deriveSigningKey('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', '20120215', 'us-east-1', 'iam')
  expect(key.toString('hex')).toBe('f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d')
})
