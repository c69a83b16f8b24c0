/** The evaluator against a naive one: regular expressions instead of compiled patterns, and AWS's rules written as a list of who must say yes. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { evaluate, type AuthorizationRequest } from './evaluate.ts'
import type { Condition, MatchList, Statement } from './policy-document.ts'
import type { NamedPolicy, PolicySets } from './principal-policies.ts'
import type { Principal } from './principal.ts'

const MINE = '111111111111'
const OTHER = '222222222222'
const accountRoot = (account: string): string => `arn:aws:iam::${account}:root`

const principals: readonly Principal[] = [
  { type: 'root', arn: accountRoot(MINE), userId: MINE, accountId: MINE },
  { type: 'user', arn: `arn:aws:iam::${MINE}:user/a`, userId: 'AIDA', accountId: MINE },
  {
    type: 'assumed-role',
    arn: `arn:aws:sts::${MINE}:assumed-role/r/s`,
    userId: 'AROA:s',
    accountId: MINE,
    roleArn: `arn:aws:iam::${MINE}:role/r`,
  },
]

/** How policies name the role of a session. */
function rolesOf({ roleArn, userId }: Principal): string[] {
  return roleArn === undefined ? [] : [roleArn, userId.split(':')[0] ?? '']
}

/** How policies name the principal itself: root has no id of its own. */
function ownNames({ type, arn, userId }: Principal): string[] {
  return type === 'root' ? [arn] : [arn, userId]
}

const names = [
  '*',
  accountRoot(MINE),
  accountRoot(OTHER),
  ...principals.flatMap((one) => [one.arn, one.userId, ...rolesOf(one)]),
]
const list = (patterns: readonly string[]): fc.Arbitrary<MatchList> =>
  fc.record({
    negated: fc.boolean(),
    patterns: fc.uniqueArray(fc.constantFrom(...patterns), { minLength: 1, maxLength: 2 }),
  })

const condition: fc.Arbitrary<Condition> = fc.record({
  operator: fc.constantFrom(
    'StringEquals',
    'StringNotEquals',
    'StringLike',
    'StringEqualsIfExists',
    'ForAllValues:StringEquals',
    'ForAnyValue:StringLike',
    'Null',
  ),
  key: fc.constantFrom('k:One', 'k:Two'),
  values: fc.uniqueArray(fc.constantFrom('true', 'false', 'x', 'x*', '${k:two}'), { minLength: 1, maxLength: 2 }),
})

function statement(kind: 'identity' | 'resource'): fc.Arbitrary<Statement> {
  return fc
    .record({
      sid: fc.constant(null),
      effect: fc.constantFrom<'Allow' | 'Deny'>('Allow', 'Allow', 'Allow', 'Deny'),
      principals: kind === 'identity' ? fc.constant(null) : list(names),
      actions: list(['*', 's:*', 's:Get', 'S:get', 's:P?t']),
      resources: list(['*', 'arn:r', 'arn:r/*', 'arn:r/${k:two}', 'arn:?/x']),
      conditions: fc.array(condition, { maxLength: 1 }),
    })
    .filter(({ effect, principals: named }) => effect === 'Deny' || named?.negated !== true)
}

const policies = (kind: 'identity' | 'resource', count: number): fc.Arbitrary<NamedPolicy[]> =>
  fc.array(
    fc.record({
      name: fc.string({ minLength: 1, maxLength: 3 }),
      document: fc.record({
        version: fc.constantFrom<'2012-10-17' | '2008-10-17'>('2012-10-17', '2008-10-17'),
        id: fc.constant(null),
        statements: fc.array(statement(kind), { maxLength: 3 }),
      }),
    }),
    { maxLength: count },
  )

const sets: fc.Arbitrary<PolicySets> = fc.record({
  identity: policies('identity', 2),
  boundary: policies('identity', 1).map(([first = null]) => first),
  session: fc.option(policies('identity', 1), { nil: null }),
  resource: fc.option(
    fc.record({
      accountId: fc.constantFrom(MINE, MINE, OTHER),
      policies: policies('resource', 2),
      mustAllow: fc.boolean(),
    }),
    { nil: null },
  ),
})

const request: fc.Arbitrary<AuthorizationRequest> = fc.record({
  principal: fc.constantFrom(...principals),
  action: fc.constantFrom('s:Get', 's:Put', 't:Get'),
  resource: fc.constantFrom('arn:r', 'arn:r/x', 'arn:r/y'),
  values: fc
    .record({
      one: fc.uniqueArray(fc.constantFrom('x', 'xy', 'true'), { maxLength: 2 }),
      two: fc.uniqueArray(fc.constantFrom('x', 'y'), { maxLength: 2 }),
    })
    .map(({ one, two }) => new Map([...keyed('k:one', one), ...keyed('k:two', two)])),
})

function keyed(key: string, values: string[]): [string, string[]][] {
  return values.length === 0 ? [] : [[key, values]]
}

test('decides as a naive reading of the rules does, and names what decided', () => {
  fc.assert(
    fc.property(request, sets, (asked, given) => {
      const decision = evaluate(asked, given)
      expect(decision.allowed).toBe(naive(asked, given))
      if (decision.statement === null) return
      const of = {
        identity: given.identity,
        boundary: [given.boundary],
        session: given.session ?? [],
        resource: given.resource?.policies ?? [],
      }
      const named = of[decision.set ?? 'identity'].filter((policy) => policy?.name === decision.statement?.policy)
      const effects = named.map((policy) => policy?.document.statements[decision.statement?.index ?? -1]?.effect)
      expect(effects).toContain(decision.allowed ? 'Allow' : 'Deny')
    }),
    { numRuns: 5000 },
  )
})

function naive(asked: AuthorizationRequest, { identity, boundary, session, resource }: PolicySets): boolean {
  const matching = (all: readonly NamedPolicy[]): Statement[] =>
    all.flatMap(({ document }) =>
      document.statements.filter((one) => fits(one, asked, document.version === '2012-10-17')),
    )
  const inIdentity = matching(identity)
  const inBoundary = boundary === null ? null : matching([boundary])
  const inSession = session === null ? null : matching(session)
  const inResource = matching(resource?.policies ?? []).filter(
    ({ principals: named }) => named !== null && isNamed(named, asked.principal),
  )
  const everything = [inIdentity, inBoundary ?? [], inSession ?? [], inResource].flat()
  if (everything.some(({ effect }) => effect === 'Deny')) return false

  const { principal } = asked
  const owner = resource?.accountId ?? principal.accountId
  const names = inResource.flatMap(({ principals: named }) => named?.patterns ?? [])
  const byName = names.some((name) => ownNames(principal).includes(name))
  const byRole = names.some((name) => ['*', ...rolesOf(principal)].includes(name))
  const kept = (inBoundary?.length ?? 1) > 0 && (inSession?.length ?? 1) > 0
  const byIdentity = principal.type === 'root' || (inIdentity.length > 0 && kept)
  if (owner !== principal.accountId) return inResource.length > 0 && byIdentity
  if (byName || (byRole && kept)) return true
  return byIdentity && (resource?.mustAllow !== true || inResource.length > 0)
}

function isNamed({ negated, patterns }: MatchList, principal: Principal): boolean {
  const own = ['*', ...ownNames(principal), ...rolesOf(principal)]
  if (negated) return !patterns.some((name) => own.includes(name))
  return patterns.some((name) => own.includes(name) || name === accountRoot(principal.accountId))
}

function fits(one: Statement, { action, resource, values }: AuthorizationRequest, dynamic: boolean): boolean {
  const listed = ({ negated, patterns }: MatchList, test: (pattern: string) => boolean): boolean =>
    negated ? !patterns.some(test) : patterns.some(test)
  return (
    listed(one.actions, (pattern) => expression(pattern.toLowerCase()).test(action.toLowerCase())) &&
    listed(one.resources, (pattern) => like(pattern, resource, values, dynamic)) &&
    one.conditions.every((each) => holds(each, values, dynamic))
  )
}

function holds(
  { operator, key, values: bounds }: Condition,
  values: AuthorizationRequest['values'],
  dynamic: boolean,
): boolean {
  const given = values.get(key.toLowerCase()) ?? []
  if (operator === 'Null') return bounds.includes(given.length === 0 ? 'true' : 'false')
  const equal = (value: string) => (bound: string) => {
    if (!operator.includes('Like')) return filled(bound, values, dynamic) === value
    return like(bound, value, values, dynamic)
  }
  const some = given.map((value) => bounds.some(equal(value)))
  switch (operator) {
    case 'StringEquals':
    case 'StringLike':
    case 'ForAnyValue:StringLike':
      return some.includes(true)
    case 'StringNotEquals':
      return !some.includes(true)
    case 'StringEqualsIfExists':
      return given.length === 0 || some.includes(true)
    default:
      return !some.includes(false)
  }
}

/** Null: the variable has no single value. */
function filled(text: string, values: AuthorizationRequest['values'], dynamic: boolean): string | null {
  if (!dynamic || !text.includes('${k:two}')) return text
  const given = values.get('k:two') ?? []
  return given.length === 1 ? text.replace('${k:two}', given[0] ?? '') : null
}

function like(pattern: string, text: string, values: AuthorizationRequest['values'], dynamic: boolean): boolean {
  const whole = filled(pattern, values, dynamic)
  return whole !== null && expression(whole).test(text)
}

function expression(pattern: string): RegExp {
  const quoted = pattern.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(`^${quoted.replaceAll('*', '.*').replaceAll('?', '.')}$`)
}
