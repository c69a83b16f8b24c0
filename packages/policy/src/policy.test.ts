import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { evaluate, explain, type AuthorizationRequest } from './evaluate.ts'
import { canonicalNetwork, inNetwork, networksOverlap } from './ip-network.ts'
import { MalformedPolicyError, parsePolicy, type PolicyKind } from './parse-policy.ts'
import { noPolicies } from './principal-policies.ts'
import type { Principal } from './principal.ts'
import { compilePattern, matches } from './wildcard.ts'

const root: Principal = {
  type: 'root',
  arn: 'arn:aws:iam::000000000000:root',
  userId: '000000000000',
  accountId: '000000000000',
}
const ada: Principal = {
  type: 'user',
  arn: 'arn:aws:iam::000000000000:user/ada',
  userId: 'AIDAADA',
  accountId: '000000000000',
}
const cluster = 'arn:aws:kafka:us-east-1:000000000000:cluster/demo/1'

function ask(
  statements: unknown,
  change: Partial<AuthorizationRequest> = {},
  kind: PolicyKind = 'identity',
  version = '2012-10-17',
) {
  const document = parsePolicy(JSON.stringify({ Version: version, Statement: statements }), kind)
  const request: AuthorizationRequest = {
    principal: ada,
    action: 'kafka:DescribeCluster',
    resource: cluster,
    values: new Map([
      ['aws:username', ['ada']],
      ['aws:sourceip', ['10.1.2.3']],
      ['aws:tagkeys', ['team', 'env']],
      ['aws:currenttime', ['2026-11-21T10:00:00Z']],
    ]),
    ...change,
  }
  const policies = [{ name: 'p', document }]
  const decision = evaluate(
    request,
    kind === 'identity'
      ? { ...noPolicies, identity: policies, resource: null }
      : { ...noPolicies, resource: { accountId: '000000000000', policies, mustAllow: true } },
  )
  return { ...decision, text: explain(request, decision) }
}

const allow = (more: object = {}) => ({ Effect: 'Allow', Action: 'kafka:*', Resource: '*', ...more })
const deny = (more: object = {}) => ({ Effect: 'Deny', Action: 'kafka:*', Resource: '*', ...more })

describe('a principal by its unique id', () => {
  const ROLE = 'arn:aws:iam::000000000000:role/ops/deploy'
  const session: Principal = {
    type: 'assumed-role',
    arn: 'arn:aws:sts::000000000000:assumed-role/deploy/now',
    userId: 'AROADEPLOY:now',
    accountId: '000000000000',
    roleArn: ROLE,
  }
  const named = (principal: Principal, AWS: string): boolean =>
    ask([allow({ Principal: { AWS } })], { principal }, 'resource').allowed

  test('is the user, the role or the session that has it, whatever they are called now', () => {
    const renamed = { ...ada, arn: 'arn:aws:iam::000000000000:user/lovelace' }
    expect([ada, renamed, session].map((one) => named(one, 'AIDAADA'))).toEqual([true, true, false])
    const other = { ...session, userId: 'AROADEPLOY:then' }
    expect([session, other].map((one) => named(one, 'AROADEPLOY'))).toEqual([true, true])
    expect([session, other].map((one) => named(one, 'AROADEPLOY:now'))).toEqual([true, false])
  })

  test('is nobody who was given the same name later', () => {
    expect(named({ ...ada, userId: 'AIDALATER' }, 'AIDAADA')).toBe(false)
    expect(named({ ...session, userId: 'AROALATER:now' }, 'AROADEPLOY')).toBe(false)
    expect(named({ ...session, userId: 'AROADEPLOYMENT:now' }, 'AROADEPLOY')).toBe(false)
  })

  test('is excepted by NotPrincipal', () => {
    const text = { Effect: 'Deny', NotPrincipal: { AWS: ['AIDAADA', 'AROADEPLOY'] }, Action: '*', Resource: '*' }
    const reason = (principal: Principal) => ask([text, allow({ Principal: '*' })], { principal }, 'resource').reason
    expect([ada, session].map(reason)).toEqual(['allowed', 'allowed'])
    expect(reason({ ...ada, userId: 'AIDALATER' })).toBe('explicit-deny')
  })
})

describe('evaluate', () => {
  test('root may everything without a policy, unless the resource itself refuses', () => {
    const request = { principal: root, action: 'kafka:DescribeCluster', resource: cluster, values: new Map() }
    expect(evaluate(request, { ...noPolicies, resource: null })).toEqual({
      allowed: true,
      reason: 'root',
      set: null,
      statement: null,
    })
    expect(ask([deny({ Principal: '*' })], { principal: root }, 'resource')).toMatchObject({
      allowed: false,
      reason: 'explicit-deny',
      set: 'resource',
    })
  })

  test('what no statement allows is denied, and the text says so', () => {
    const decision = ask([allow({ Action: 'kafka:CreateCluster' })])
    expect(decision).toMatchObject({ allowed: false, reason: 'no-statement-allows' })
    expect(decision.text).toBe(
      `User: ${ada.arn} is not authorized to perform: kafka:DescribeCluster on resource: ${cluster} because no identity-based policy allows the kafka:DescribeCluster action`,
    )
  })

  test('an explicit deny wins over an earlier allow and names its statement', () => {
    const decision = ask([allow(), deny({ Sid: 'NoLooking', Action: 'kafka:Describe*' })])
    expect(decision).toMatchObject({
      allowed: false,
      reason: 'explicit-deny',
      statement: { policy: 'p', index: 1, sid: 'NoLooking' },
    })
    expect(decision.text).toContain('with an explicit deny in an identity-based policy: p (statement 1, NoLooking)')
  })

  test('actions are compared without regard to case, resources with it', () => {
    expect(ask([allow({ Action: 'KAFKA:describecluster' })]).allowed).toBe(true)
    expect(ask([allow({ Resource: cluster.replace('demo', 'Demo') })]).allowed).toBe(false)
  })

  test('NotAction and NotResource are about everything else', () => {
    expect(ask([allow({ Action: undefined, NotAction: 'kafka:Delete*' })]).allowed).toBe(true)
    expect(ask([allow({ Action: undefined, NotAction: 'kafka:Describe*' })]).allowed).toBe(false)
    expect(ask([allow({ Resource: undefined, NotResource: `${cluster}*` })]).allowed).toBe(false)
  })

  test('variables count in policies of 2012 and are plain text in older ones', () => {
    const statement = allow({ Resource: 'arn:aws:kafka:*:*:cluster/${aws:username}/*' })
    const resource = cluster.replace('demo', 'ada')
    expect(ask([statement], { resource }).allowed).toBe(true)
    expect(ask([statement]).allowed).toBe(false)
    expect(ask([statement], { resource }, 'identity', '2008-10-17').allowed).toBe(false)
  })

  test.each([
    ['StringEquals', 'aws:username', 'ada', true],
    ['StringEquals', 'aws:username', 'a*', false],
    ['StringLike', 'aws:UserName', 'a*', true],
    ['StringNotEquals', 'aws:username', 'ada', false],
    ['StringNotEquals', 'aws:absent', 'x', true],
    ['StringEquals', 'aws:absent', 'x', false],
    ['StringEqualsIfExists', 'aws:absent', 'x', true],
    ['Null', 'aws:absent', 'true', true],
    ['Null', 'aws:username', 'true', false],
    ['IpAddress', 'aws:SourceIp', '10.0.0.0/8', true],
    ['NotIpAddress', 'aws:SourceIp', '10.0.0.0/8', false],
    ['DateLessThan', 'aws:CurrentTime', '2027-01-01T00:00:00Z', true],
    ['DateGreaterThan', 'aws:CurrentTime', '2027-01-01T00:00:00Z', false],
    ['ForAllValues:StringEquals', 'aws:TagKeys', ['team', 'env', 'x'], true],
    ['ForAllValues:StringEquals', 'aws:TagKeys', ['team'], false],
    ['ForAnyValue:StringEquals', 'aws:TagKeys', ['team'], true],
    ['ForAnyValue:StringEquals', 'aws:absent', ['team'], false],
  ])('condition %s on %s with %s decides %s', (operator, key, value, expected) => {
    expect(ask([allow({ Condition: { [operator]: { [key]: value } } })]).allowed).toBe(expected)
  })

  test('a principal element names a user or everybody; an account leaves it to the policies of its identities', () => {
    for (const AWS of ['*', ada.arn]) {
      expect(ask([allow({ Principal: { AWS } })], {}, 'resource')).toMatchObject({ allowed: true, set: 'resource' })
    }
    for (const AWS of ['000000000000', root.arn]) {
      expect(ask([allow({ Principal: { AWS } })], {}, 'resource')).toMatchObject({ allowed: false, set: 'identity' })
      expect(ask([allow({ Principal: { AWS } })], { principal: root }, 'resource').allowed).toBe(true)
    }
    expect(ask([allow({ Principal: { AWS: '111111111111' } })], {}, 'resource')).toMatchObject({ set: 'resource' })
  })
})

describe('parsePolicy', () => {
  test.each([
    ['not JSON', '{', /not valid JSON/],
    ['a member it does not know', { Statement: [], Rule: 1 }, /unknown member Rule/],
    ['no effect', { Statement: { Action: 'a:b', Resource: '*' } }, /Statement\[0\]\.Effect/],
    ['both Action and NotAction', { Statement: allow({ NotAction: 'x' }) }, /either Action or NotAction/],
    ['a principal in an identity policy', { Statement: allow({ Principal: '*' }) }, /must not have a Principal/],
    ['an unknown operator', { Statement: allow({ Condition: { Sounds: { a: 'b' } } }) }, /no condition operator/],
    [
      'a malformed network',
      { Statement: allow({ Condition: { NotIpAddress: { 'aws:SourceIp': '10.0/8' } } }) },
      /no value for NotIpAddress/,
    ],
  ])('refuses %s', (_what, policy, message) => {
    const text = typeof policy === 'string' ? policy : JSON.stringify(policy)
    expect(() => parsePolicy(text, 'identity')).toThrow(MalformedPolicyError)
    expect(() => parsePolicy(text, 'identity')).toThrow(message)
  })
})

describe('matches', () => {
  test('agrees with the obvious regular expression', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 })
    fc.assert(
      fc.property(letters, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 10 }), (pattern, text) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`)
        expect(matches(pattern, text)).toBe(expression.test(text))
        expect(compilePattern(pattern, true)(text, () => null)).toBe(expression.test(text))
      }),
    )
  })

  test('takes a value that a variable brings in literally', () => {
    expect(matches('${who}', 'anything', () => '*')).toBe(false)
    expect(matches('${who}', '*', () => '*')).toBe(true)
    expect(matches('${*}x', '*x', () => null)).toBe(true)
    expect(matches("${who, 'nobody'}", 'nobody', () => null)).toBe(true)
    expect(matches('${who}', '', () => null)).toBe(false)
  })

  test('answers at once for a pattern of many stars', () => {
    const started = performance.now()
    expect(matches('*a'.repeat(200) + 'b', 'a'.repeat(5000))).toBe(false)
    expect(compilePattern('*a'.repeat(200) + 'b', false)('a'.repeat(5000), () => null)).toBe(false)
    expect(performance.now() - started).toBeLessThan(1000)
  })
})

test.each([
  ['10.0.0.0/8', '10.255.0.1', true],
  ['10.0.0.0/8', '11.0.0.1', false],
  ['10.0.0.0/8', '::ffff:10.0.0.1', true],
  ['2001:db8::/32', '2001:db8:1::2', true],
  ['2001:db8::/32', '2001:db9::', false],
  ['::1', '::1', true],
  ['0.0.0.0/0', '::1', false],
  ['127.0.0.1', 'localhost', false],
])('inNetwork(%s, %s) is %s', (network, address, expected) => {
  expect(inNetwork(network, address)).toBe(expected)
})

test.each([
  ['10.1.2.3/8', '10.0.0.0/8'],
  ['10.1.2.3', '10.1.2.3/32'],
  ['0.0.0.0/0', '0.0.0.0/0'],
  ['2001:db8::1/32', '2001:db8::/32'],
  ['::/0', '::/0'],
  ['0:0:1::0:0/128', '0:0:1::/128'],
  ['1:0:0:2:0:0:0:3/128', '1:0:0:2::3/128'],
  ['10.0.0.0/33', null],
  ['ten', null],
])('the network %s is written %s', (text, canonical) => {
  expect(canonicalNetwork(text)).toBe(canonical)
})

test.each([
  ['10.0.0.0/8', '10.2.0.0/16', true],
  ['10.2.0.0/16', '10.0.0.0/8', true],
  ['10.2.0.0/16', '10.3.0.0/16', false],
  ['0.0.0.0/0', '192.0.2.1', true],
  ['::/0', '192.0.2.1', false],
])('%s and %s overlap: %s', (a, b, answer) => {
  expect(networksOverlap(a, b)).toBe(answer)
})
