import { silentLogger } from '@millrace/base/logger'
import { expect, test } from 'vitest'
import { Api } from '../api.ts'
import { RootCredentials } from '../credentials.ts'
import { AwsError } from '../errors.ts'
import { loadModel, type ProtocolName } from '../model.ts'
import { defineService } from '../service.ts'
import { signedRequest } from '../testing/sign.ts'

/** The model of sts, said to speak awsJson. */
function apiOf(protocol: ProtocolName): Api {
  const sts = defineService(
    { ...loadModel('sts'), protocol },
    { GetAccessKeyInfo: async ({ AccessKeyId }) => ({ Account: AccessKeyId.slice(0, 12) }) },
  )
  return new Api({
    services: [sts],
    credentials: new RootCredentials({ acceptTest: true }),
    logger: silentLogger,
    defaultRegion: 'us-east-1',
  })
}

const connection = { apiHost: 'localhost', sourceIp: '127.0.0.1', signal: new AbortController().signal }

async function call(
  api: Api,
  target: string,
  body: string,
  service = 'sts',
): Promise<{ status: number; type: string | undefined; json: unknown }> {
  const request = await signedRequest({
    method: 'POST',
    service,
    body,
    headers: { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.1' },
  })
  const answer = await api.handle(request, connection)
  return { status: answer.status, type: answer.headers['content-type'], json: JSON.parse(answer.body) }
}

test.each([
  ['awsJson1_0', 'application/x-amz-json-1.0'],
  ['awsJson1_1', 'application/x-amz-json-1.1'],
] as const)('%s finds the operation after the last dot of the target', async (protocol, type) => {
  for (const target of ['AWSSecurityTokenServiceV20110615.GetAccessKeyInfo', 'com.example.v1.GetAccessKeyInfo']) {
    expect(await call(apiOf(protocol), target, '{"AccessKeyId":"1234567890123456"}')).toEqual({
      status: 200,
      type,
      json: { Account: '123456789012' },
    })
  }
})

test('errors of awsJson have their name in the body', async () => {
  const api = apiOf('awsJson1_1')
  expect(await call(api, 'X.Fly', '{}')).toMatchObject({ status: 404, json: { __type: 'UnknownOperationException' } })
  expect(await call(api, 'X.GetAccessKeyInfo', '{}')).toMatchObject({
    status: 400,
    json: { __type: 'ValidationException', message: expect.stringContaining("'AccessKeyId'") },
  })
  expect(await call(api, 'X.GetCallerIdentity', '{}')).toMatchObject({
    status: 501,
    json: { __type: 'NotImplementedException' },
  })
})

test('a mistake that the model of an awsJson service declares answers 400, a fault of ours 500 by the name of the service', async () => {
  const kms = defineService(loadModel('kms'), {
    DescribeKey: async () => {
      throw new AwsError('NotFoundException', { message: 'no such key' })
    },
    ListKeys: async () => {
      throw new Error('boom')
    },
  })
  const credentials = new RootCredentials({ acceptTest: true })
  const api = new Api({ services: [kms], credentials, logger: silentLogger, defaultRegion: 'us-east-1' })
  expect(await call(api, 'TrentService.DescribeKey', '{"KeyId":"x"}', 'kms')).toMatchObject({
    status: 400,
    json: { __type: 'NotFoundException', message: 'no such key' },
  })
  expect(await call(api, 'TrentService.ListKeys', '{}', 'kms')).toMatchObject({
    status: 500,
    json: { __type: 'KMSInternalException' },
  })
})
