import { describe, expect, test } from 'vitest'
import { quotaEntityKey, scramKey, type ClientQuota, type ScramCredential } from '@millrace/metadata/image'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  describeClientQuotasRequest,
  describeClientQuotasResponse,
} from '@millrace/protocol/messages/48-describe-client-quotas'
import {
  describeUserScramCredentialsRequest,
  describeUserScramCredentialsResponse,
} from '@millrace/protocol/messages/50-describe-user-scram-credentials'
import { describeClientQuotasHandler } from './48-describe-client-quotas.ts'
import { describeUserScramCredentialsHandler } from './50-describe-user-scram-credentials.ts'
import { ask, createHandlerFixture, defaultImage } from './handler-fixture.ts'

const entity = [{ entityType: 'user', entityName: 'alice' }]
const clientQuotas = new Map<string, ClientQuota>([
  [quotaEntityKey(entity), { entity, values: new Map([['producer_byte_rate', 1024]]) }],
])
const secret = Buffer.from('secret')
const alice: ScramCredential = {
  name: 'alice',
  mechanism: 2,
  iterations: 4096,
  salt: secret,
  storedKey: secret,
  serverKey: secret,
}
const { runtime } = createHandlerFixture(
  defaultImage({ clientQuotas, scramCredentials: new Map([[scramKey(2, 'alice'), alice]]) }),
)

describe('DescribeClientQuotas', () => {
  test.each([0, 1])('version %d answers entities with their values', (version) => {
    const components = [{ entityType: 'user', matchType: 2, match: null }]
    const { response } = ask(
      describeClientQuotasHandler(runtime),
      describeClientQuotasRequest,
      describeClientQuotasResponse,
      version,
      { components, strict: true },
    )
    expect(response).toEqual({
      throttleTimeMs: 0,
      errorCode: 0,
      errorMessage: null,
      entries: [{ entity, values: [{ key: 'producer_byte_rate', value: 1024 }] }],
    })
  })

  test.each([
    ['user', 7, ErrorCode.INVALID_REQUEST],
    ['host', 2, ErrorCode.UNSUPPORTED_VERSION],
  ])('a filter of %s by match type %d is refused', (entityType, matchType, errorCode) => {
    const components = [{ entityType, matchType, match: null }]
    const { response } = ask(
      describeClientQuotasHandler(runtime),
      describeClientQuotasRequest,
      describeClientQuotasResponse,
      1,
      { components, strict: true },
    )
    expect(response).toMatchObject({ errorCode, entries: null })
  })
})

describe('DescribeUserScramCredentials', () => {
  const describeUsers = (users: string[] | null): unknown =>
    ask(
      describeUserScramCredentialsHandler(runtime),
      describeUserScramCredentialsRequest,
      describeUserScramCredentialsResponse,
      0,
      { users: users?.map((name) => ({ name })) ?? null },
    ).response

  test('answers what is not secret of all users or of those named', () => {
    const known = { user: 'alice', errorCode: 0, credentialInfos: [{ mechanism: 2, iterations: 4096 }] }
    expect(describeUsers(null)).toMatchObject({ errorCode: 0, results: [known] })
    expect(describeUsers(['bob', 'alice'])).toMatchObject({
      results: [{ user: 'bob', errorCode: ErrorCode.RESOURCE_NOT_FOUND }, known],
    })
  })

  test('refuses a user that is named twice', () => {
    expect(describeUsers(['alice', 'alice'])).toMatchObject({
      results: [{ user: 'alice', errorCode: ErrorCode.DUPLICATE_RESOURCE }],
    })
  })
})
