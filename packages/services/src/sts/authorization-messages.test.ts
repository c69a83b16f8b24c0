import type { ApiAuthorization } from '@millrace/aws/authorize'
import { RootCredentials } from '@millrace/aws/credentials'
import type { Decision } from '@millrace/policy/evaluate'
import { expect, test } from 'vitest'
import { AuthorizationMessages } from './authorization-messages.ts'

const [credential] = new RootCredentials({ acceptTest: true }).credentials()
if (credential === undefined) throw new Error('root has a credential')
const request: ApiAuthorization = {
  credential,
  principal: { type: 'user', arn: 'arn:aws:iam::000000000000:user/ada', userId: 'AIDA', accountId: '000000000000' },
  action: 'ec2:CreateVpc',
  resource: '*',
  values: new Map([['aws:sourceip', ['127.0.0.1']]]),
  resourcePolicies: null,
}
const decision: Decision = { allowed: false, reason: 'no-statement-allows', set: 'identity', statement: null }

test('a denial of ec2 says why in words, and in a message that only we can read', () => {
  const messages = new AuthorizationMessages(Buffer.alloc(32, 1))
  const told = messages.denialOf('ec2', request, decision)
  expect(told).toMatch(/^You are not authorized to perform this operation\. User: .* because no identity-based policy/)
  const encoded = told.split('message: ')[1] ?? ''
  expect(JSON.parse(messages.decode(encoded))).toMatchObject({
    allowed: false,
    explicitDeny: false,
    context: { principal: { arn: request.principal.arn }, action: 'ec2:CreateVpc' },
  })
  for (const other of [
    () => new AuthorizationMessages(Buffer.alloc(32, 2)).decode(encoded),
    () => messages.decode('x'),
  ])
    expect(other).toThrow('not one that was made here')
})

test('other services say it in words alone', () => {
  const messages = new AuthorizationMessages(Buffer.alloc(32, 1))
  expect(messages.denialOf('kafka', request, decision)).not.toContain('Encoded')
})
