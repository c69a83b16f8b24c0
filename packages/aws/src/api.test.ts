import { silentLogger, type Logger } from '@millrace/base/logger'
import { beforeEach, describe, expect, test } from 'vitest'
import { Api, type ApiConnection } from './api.ts'
import type { ApiCallEvent } from './audit.ts'
import { RootCredentials } from './credentials.ts'
import type { ApiAnswer, ApiRequest } from './protocols/protocol.ts'
import { ada, adaOfOneCluster, clusterArn, clusterPath, fakeServices, form, post } from './testing/fake-services.ts'
import { presignedRequest, signedRequest, type TestRequest } from './testing/sign.ts'

let events: ApiCallEvent[] = []
let logged: (readonly [string, Readonly<Record<string, unknown>> | undefined])[] = []
const logger: Logger = { ...silentLogger, error: (message, fields) => void logged.push([message, fields]) }
const root = new RootCredentials({ acceptTest: true })
const api = new Api({
  services: fakeServices,
  credentials: { lookup: (id) => (id === 'AKIAADA' ? adaOfOneCluster : root.lookup(id)) },
  logger,
  defaultRegion: 'us-east-1',
  audit: (event) => void events.push(event),
})
const connection: ApiConnection = { apiHost: 'localhost', sourceIp: '127.0.0.9', signal: new AbortController().signal }

beforeEach(() => {
  events = []
  logged = []
})

interface Told {
  readonly status: number
  readonly type: string | undefined
  readonly body: string
  readonly json: Readonly<Record<string, unknown>>
}

async function call(request: TestRequest): Promise<Told> {
  return told(await api.handle(await signedRequest(request), connection))
}

function told(answer: ApiAnswer): Told {
  expect(answer.headers['x-amzn-RequestId']).toMatch(/^[0-9a-f-]{36}$/)
  const json =
    answer.headers['content-type'] === 'application/json' ? (JSON.parse(answer.body) as Record<string, unknown>) : {}
  return { status: answer.status, type: answer.headers['x-amzn-ErrorType'], body: answer.body, json }
}

const unsigned = (change: Partial<ApiRequest>): ApiRequest => ({
  method: 'GET',
  rawPath: '/',
  rawQuery: '',
  headers: new Map([['host', ['localhost']]]),
  body: Buffer.alloc(0),
  ...change,
})

describe('a call of a restJson1 operation', () => {
  test('is routed by the raw path, with the ARN as one part, and knows its caller', async () => {
    expect(await call({ path: clusterPath, region: 'eu-west-1' })).toMatchObject({
      status: 200,
      json: { clusterInfo: { clusterArn, clusterName: 'eu-west-1 localhost 127.0.0.9' } },
    })
  })

  test('answers 204 without a body where the model says so', async () => {
    expect(await call(post(`/v1/tags/${encodeURIComponent(clusterArn)}`, { tags: { a: 'b' } }))).toMatchObject({
      status: 204,
      body: '',
    })
  })

  test('takes a list from a repeated query parameter', async () => {
    const request = {
      method: 'DELETE',
      path: `/v1/tags/${encodeURIComponent(clusterArn)}`,
      query: { tagKeys: ['b c', 'a'] },
    }
    expect(await call(request)).toMatchObject({ status: 400, json: { message: 'keys: b c|a' } })
  })

  test('gives blobs as bytes', async () => {
    const body = { name: 'c', serverProperties: Buffer.from('a=b').toString('base64') }
    expect((await call(post('/v1/configurations', body))).json).toEqual({ arn: 'a=b' })
  })

  test('gives an error of the operation its name in the header and its members in the body', async () => {
    const other = `${clusterPath}0`
    expect(await call({ path: other })).toMatchObject({
      status: 404,
      type: 'NotFoundException',
      json: { message: 'No such cluster.', invalidParameter: 'clusterArn' },
    })
  })

  test('answers 501 by name for an operation without code', async () => {
    const answer = await call({ path: '/v1/configurations' })
    expect(answer).toMatchObject({ status: 501, type: 'NotImplementedException' })
    expect(answer.json['message']).toContain('kafka:ListConfigurations')
    expect(answer.json['message']).toContain('docs/coverage.md')
  })

  test('for no operation of the model answers 404', async () => {
    for (const path of ['/v9/clusters', '/', '/v1/clusters//policy', '/v1/clusters/%ff']) {
      expect(await call({ path })).toMatchObject({ status: 404, type: 'UnknownOperationException' })
    }
  })

  test('hides a fault of ours from the caller and shows it to the operator', async () => {
    const answer = await call({ path: '/v1/clusters' })
    expect(answer).toMatchObject({ status: 500, type: 'InternalServerErrorException' })
    expect(answer.body).not.toContain('fire')
    expect(logged).toEqual([
      [
        'an operation failed',
        expect.objectContaining({ error: expect.objectContaining({ message: 'the store is on fire' }) }),
      ],
    ])
  })
})

describe('input', () => {
  test('with missing members is refused with all of them named', async () => {
    const answer = await call(post('/api/v2/clusters', { provisioned: { brokerNodeGroupInfo: {} } }))
    expect(answer).toMatchObject({
      status: 400,
      type: 'BadRequestException',
      json: { invalidParameter: 'clusterName' },
    })
    for (const path of [
      'clusterName',
      'provisioned.brokerNodeGroupInfo.clientSubnets',
      'provisioned.brokerNodeGroupInfo.instanceType',
      'provisioned.kafkaVersion',
      'provisioned.numberOfBrokerNodes',
    ]) {
      expect(answer.json['message']).toContain(
        `Value null at '${path}' failed to satisfy constraint: Member must not be null`,
      )
    }
    expect(answer.json['message']).toMatch(/^5 validation errors detected: /)
  })

  test.each([
    ['a number for text', { clusterName: 5 }, "Value at 'clusterName' could not be read: expected a string"],
    ['text for a number', { clusterName: 'a', provisioned: { numberOfBrokerNodes: '3' } }, 'expected a number'],
    [
      'a fraction for an integer',
      { clusterName: 'a', provisioned: { numberOfBrokerNodes: 1.5 } },
      'expected an integer',
    ],
    ['text for an object', { clusterName: 'a', provisioned: 'x' }, 'expected an object'],
    [
      'an object for a list',
      { clusterName: 'a', provisioned: { brokerNodeGroupInfo: { clientSubnets: {} } } },
      'expected a list',
    ],
    [
      'null in a list',
      { clusterName: 'a', provisioned: { brokerNodeGroupInfo: { clientSubnets: [null] } } },
      "Value null at 'provisioned.brokerNodeGroupInfo.clientSubnets[0]'",
    ],
    ['a number in a map', { clusterName: 'a', tags: { a: 1 } }, "Value at 'tags.a' could not be read"],
    ['a name that is too long', { clusterName: 'a'.repeat(65) }, 'Member must have length less than or equal to 64'],
    [
      'a value outside its enum',
      { clusterName: 'a', provisioned: { storageMode: 'MEMORY' } },
      'Member must satisfy enum value set: [LOCAL, TIERED]',
    ],
  ])('with %s is refused', async (_what, body, message) => {
    const answer = await call(post('/api/v2/clusters', body))
    expect(answer).toMatchObject({ status: 400, type: 'BadRequestException' })
    expect(answer.json['message']).toContain(message)
  })

  test('with unknown members, or null for absent ones, is accepted', async () => {
    expect(
      await call(post('/api/v2/clusters', { clusterName: 'a', color: 'red', tags: null, __proto__: {} })),
    ).toMatchObject({ status: 200, json: { clusterName: 'a', state: 'CREATING' } })
  })

  test.each([
    ['{', 'not valid JSON'],
    ['[]', 'must be a JSON object'],
  ])('that reads %s is refused', async (body, message) => {
    const answer = await call(post('/api/v2/clusters', body))
    expect(answer).toMatchObject({ status: 400, type: 'SerializationException' })
    expect(answer.json['message']).toContain(message)
  })

  test.each([['x'], ['0x10'], ['Infinity'], ['1e999x']])(
    'with %s for a number in the path is refused',
    async (revision) => {
      const answer = await call({ path: `/v1/configurations/${encodeURIComponent(clusterArn)}/revisions/${revision}` })
      expect(answer).toMatchObject({ status: 400, json: { invalidParameter: 'revision' } })
    },
  )
})

describe('a call of an awsQuery operation', () => {
  test('is answered in XML', async () => {
    const answer = await call(form('iam', 'Action=CreateUser&Version=2010-05-08&UserName=a%2Bb'))
    expect(answer.status).toBe(200)
    expect(answer.body).toMatch(
      /^<CreateUserResponse xmlns="https:\/\/iam.amazonaws.com\/doc\/2010-05-08\/"><CreateUserResult><User><Path>\/<\/Path><UserName>a\+b<.*<CreateDate>1970-01-01T00:00:00.000Z<.*<ResponseMetadata><RequestId>[0-9a-f-]{36}</,
    )
  })

  test.each([
    ['Action=CreateUser&Version=2010-05-08', 400, 'ValidationError', /Value null at &apos;UserName&apos;/],
    ['Action=CreateUser&Version=2010-05-08&UserName=a%20b', 400, 'ValidationError', /regular expression pattern/],
    [
      'Action=CreateUser&Version=2010-05-08&UserName=a&Tags.member.x.Key=k',
      400,
      'ValidationError',
      /number as the index/,
    ],
    ['Action=Fly&Version=2010-05-08', 404, 'InvalidAction', /no operation/],
    ['Action=CreateUser&Version=1999-01-01&UserName=a', 404, 'InvalidAction', /no operation/],
    ['Action=CreateUser&Action=CreateUser', 400, 'MalformedQueryString', /given twice/],
    ['Action=CreateUser&UserName=%ff', 400, 'MalformedQueryString', /percent-encoded/],
    ['Action=ListGroups&Version=2010-05-08', 501, 'NotImplemented', /iam:ListGroups/],
  ])('%s is refused with %i %s', async (body, status, code, message) => {
    const answer = await call(form('iam', body))
    expect(answer.status).toBe(status)
    expect(answer.body).toContain(`<Type>${status < 500 ? 'Sender' : 'Receiver'}</Type><Code>${code}</Code>`)
    expect(answer.body).toMatch(message)
  })
})

describe('who calls', () => {
  test('is asked of unsigned requests', async () => {
    expect(told(await api.handle(unsigned({ rawPath: '/v1/clusters' }), connection))).toMatchObject({
      status: 403,
      type: 'MissingAuthenticationTokenException',
    })
    const body = Buffer.from('Action=GetCallerIdentity&Version=2011-06-15')
    const headers = new Map([['content-type', ['application/x-www-form-urlencoded']]])
    expect(told(await api.handle(unsigned({ method: 'POST', body, headers }), connection)).body).toContain(
      '<Code>MissingAuthenticationToken</Code>',
    )
  })

  test('is not asked where the model has an operation without signatures', async () => {
    const body = Buffer.from('Action=AssumeRoleWithWebIdentity&Version=2011-06-15')
    const headers = new Map([['content-type', ['application/x-www-form-urlencoded']]])
    expect(told(await api.handle(unsigned({ method: 'POST', body, headers }), connection))).toMatchObject({
      status: 501,
    })
  })

  test('must have signed with a known key and the right secret, in the words of each protocol', async () => {
    expect(await call({ path: clusterPath, secret: 'x' })).toMatchObject({
      status: 403,
      type: 'InvalidSignatureException',
    })
    expect(await call({ path: clusterPath, accessKeyId: 'x' })).toMatchObject({
      status: 403,
      type: 'UnrecognizedClientException',
    })
    const request = form('sts', 'Action=GetCallerIdentity&Version=2011-06-15')
    expect((await call({ ...request, secret: 'x' })).body).toContain('<Code>SignatureDoesNotMatch</Code>')
    expect((await call({ ...request, accessKeyId: 'x' })).body).toContain('<Code>InvalidClientTokenId</Code>')
  })

  test('may sign in the query', async () => {
    expect(told(await api.handle(await presignedRequest({ path: clusterPath }, 60), connection))).toMatchObject({
      status: 200,
    })
  })

  test('is root of the account that the access key id names', async () => {
    const answer = await call({
      ...form('sts', 'Action=GetCallerIdentity&Version=2011-06-15'),
      accessKeyId: '123456789012',
    })
    expect(answer.body).toContain('<Arn>arn:aws:iam::123456789012:root</Arn>')
  })

  test('may do what a policy allows, on the resource in the path, and nothing else', async () => {
    const asAda = { accessKeyId: 'AKIAADA', secret: 'ada' }
    expect(await call({ path: clusterPath, ...asAda })).toMatchObject({ status: 200 })
    const denied = await call({ ...post('/api/v2/clusters', '{'), ...asAda })
    expect(denied).toMatchObject({ status: 403, type: 'AccessDeniedException' })
    expect(denied.json['message']).toBe(
      `User: ${ada.arn} is not authorized to perform: kafka:CreateClusterV2 on resource: * because no identity-based policy allows the kafka:CreateClusterV2 action`,
    )
    const other = await call({ path: `/v1/clusters/${encodeURIComponent(clusterArn.replace('demo', 'x'))}`, ...asAda })
    expect(other).toMatchObject({ status: 403, type: 'AccessDeniedException' })
    const who = await call({ ...form('sts', 'Action=GetCallerIdentity&Version=2011-06-15'), ...asAda })
    expect(who.body).toContain(ada.arn)
  })
})

test('an operation may ask for its caller besides, and the audit tells what was refused', async () => {
  const secret = (name: string): string => `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}`
  const secretArnList = [secret('bob'), secret('ada')]
  const request = { ...post(`${clusterPath}/scram-secrets`, { secretArnList }), method: 'PATCH' as const }
  const answer = await call({ ...request, accessKeyId: 'AKIAADA', secret: 'ada' })
  const why = `User: ${ada.arn} is not authorized to perform: secretsmanager:GetSecretValue on resource: ${secret('bob')} because no identity-based policy allows the secretsmanager:GetSecretValue action`
  expect(answer).toMatchObject({
    status: 200,
    json: { unprocessedScramSecrets: [{ secretArn: secret('bob'), errorMessage: why }] },
  })
  expect(events).toMatchObject([{ status: 200, decision: { allowed: false }, asked: { resource: secret('bob') } }])
})

test('a service that is not served answers 501 by name, in the protocol the request looks like', async () => {
  expect(await call({ service: 'lambda', path: '/2015-03-31/functions/' })).toMatchObject({
    status: 501,
    type: 'NotImplementedException',
  })
  const json = await call({
    service: 'secretsmanager',
    method: 'POST',
    body: '{}',
    headers: { 'x-amz-target': 'secretsmanager.ListSecrets' },
  })
  expect(JSON.parse(json.body)).toMatchObject({
    __type: 'NotImplementedException',
    message: expect.stringContaining('secretsmanager'),
  })
  expect((await call(form('cloudformation', 'Action=ListStacks&Version=2010-05-15'))).body).toContain(
    '<Code>NotImplemented</Code>',
  )
})

describe('the audit hook', () => {
  test('hears of a call what came in and what went out', async () => {
    await call(post('/api/v2/clusters', { clusterName: 'a' }))
    expect(events).toEqual([
      expect.objectContaining({
        service: 'kafka',
        operation: 'CreateClusterV2',
        region: 'us-east-1',
        accessKeyId: 'test',
        principal: expect.objectContaining({ type: 'root' }),
        sourceIp: '127.0.0.9',
        status: 200,
        errorCode: null,
        requestParameters: { clusterName: 'a' },
        responseElements: { clusterName: 'a', state: 'CREATING' },
      }),
    ])
  })

  test('hears of refusals too, and nothing of blobs but their length', async () => {
    await call({ path: clusterPath, secret: 'x' })
    await call(post('/v1/configurations', { name: 'c', serverProperties: 'YT1i' }))
    expect(events).toEqual([
      expect.objectContaining({
        service: 'kafka',
        principal: null,
        status: 403,
        errorCode: 'InvalidSignatureException',
        responseElements: null,
      }),
      expect.objectContaining({ requestParameters: { name: 'c', serverProperties: '3 bytes' } }),
    ])
  })
})
