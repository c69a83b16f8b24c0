import { describe, expect, it } from 'vitest'
import { AclOperation as Op, PatternType, PermissionType, ResourceType, type Acl } from './acl.ts'
import { AclIndex } from './acl-index.ts'

function acl(options: Partial<Acl> = {}): Acl {
  return {
    resourceType: ResourceType.TOPIC,
    resourceName: 'orders',
    patternType: PatternType.LITERAL,
    principal: 'User:a',
    host: '*',
    operation: Op.READ,
    permissionType: PermissionType.ALLOW,
    ...options,
  }
}
const deny = (options: Partial<Acl> = {}): Acl => acl({ permissionType: PermissionType.DENY, ...options })
const prefixed = (resourceName: string, options: Partial<Acl> = {}): Acl =>
  acl({ resourceName, patternType: PatternType.PREFIXED, ...options })

function decide(acls: readonly Acl[], asked: Partial<Parameters<AclIndex['decide']>[0]> = {}) {
  return new AclIndex(acls).decide({
    principal: 'User:a',
    host: '10.0.0.1',
    operation: Op.READ,
    resourceType: ResourceType.TOPIC,
    resourceName: 'orders',
    ...asked,
  })
}

describe('AclIndex', () => {
  it.each<[string, Acl, Partial<Acl>, string]>([
    ['the same name', acl(), {}, 'allow'],
    ['another name', acl({ resourceName: 'order' }), {}, 'uncovered'],
    ['every name', acl({ resourceName: '*' }), {}, 'allow'],
    ['a prefix', prefixed('ord'), {}, 'allow'],
    ['the whole name as prefix', prefixed('orders'), {}, 'allow'],
    ['a longer prefix', prefixed('orders-'), {}, 'uncovered'],
    ['a prefix that is no pattern', prefixed('*'), {}, 'uncovered'],
    ['a resource of another type', acl({ resourceType: ResourceType.GROUP }), {}, 'uncovered'],
    ['another principal', acl({ principal: 'User:b' }), {}, 'none'],
    ['another case of the principal', acl({ principal: 'User:A' }), {}, 'none'],
    ['everyone', acl({ principal: 'User:*' }), {}, 'allow'],
    ['the same host', acl({ host: '10.0.0.1' }), {}, 'allow'],
    ['another host', acl({ host: '10.0.0.2' }), {}, 'none'],
    ['no network but an address', acl({ host: '10.0.0.0/8' }), {}, 'none'],
    ['another operation', acl({ operation: Op.WRITE }), {}, 'none'],
    ['all operations', acl({ operation: Op.ALL }), {}, 'allow'],
  ])('matches an ALLOW by %s', (_, only, asked, expected) => {
    expect(decide([only], asked).kind).toBe(expected)
  })

  it('compares IPv6 hosts by address, not by spelling', () => {
    expect(decide([acl({ host: '::1' })], { host: '0:0:0:0:0:0:0:1' }).kind).toBe('allow')
  })

  it.each([
    [Op.READ, Op.DESCRIBE],
    [Op.WRITE, Op.DESCRIBE],
    [Op.DELETE, Op.DESCRIBE],
    [Op.ALTER, Op.DESCRIBE],
    [Op.ALTER_CONFIGS, Op.DESCRIBE_CONFIGS],
  ])('takes ALLOW of operation %d for one of %d, not the reverse, and no DENY for it', (held, asked) => {
    expect(decide([acl({ operation: held })], { operation: asked }).kind).toBe('allow')
    expect(decide([acl({ operation: asked })], { operation: held }).kind).toBe('none')
    expect(decide([deny({ operation: held })], { operation: asked }).kind).toBe('none')
  })

  it.each([Op.CREATE, Op.DESCRIBE_CONFIGS, Op.ALTER_CONFIGS, Op.CLUSTER_ACTION, Op.IDEMPOTENT_WRITE])(
    'does not take ALLOW of operation %d for DESCRIBE',
    (held) => {
      expect(decide([acl({ operation: held })], { operation: Op.DESCRIBE }).kind).toBe('none')
    },
  )

  it.each<[string, Acl]>([
    ['the same pattern', deny()],
    ['every name', deny({ resourceName: '*' })],
    ['a prefix', prefixed('o', { permissionType: PermissionType.DENY })],
    ['everyone', deny({ principal: 'User:*' })],
    ['all operations', deny({ operation: Op.ALL })],
    ['this host', deny({ host: '10.0.0.1' })],
  ])('puts a DENY on %s over an ALLOW, and names it', (_, denial) => {
    for (const acls of [
      [acl(), denial],
      [denial, acl()],
    ])
      expect(decide(acls)).toEqual({ kind: 'deny', acl: denial })
  })

  it('names the ACL that allows', () => {
    const only = prefixed('or', { principal: 'User:*' })
    expect(decide([acl({ principal: 'User:b' }), only])).toEqual({ kind: 'allow', acl: only })
  })

  describe('by resource type', () => {
    const some = (...acls: readonly Acl[]): string =>
      new AclIndex(acls).decideByType('User:a', '10.0.0.1', Op.READ, ResourceType.TOPIC).kind

    it('finds any resource on which the operation is allowed', () => {
      expect(some(acl({ resourceName: 'only-this' }))).toBe('allow')
      expect(some(prefixed('some-'))).toBe('allow')
      expect(some(acl({ resourceName: '*' }))).toBe('allow')
    })

    it('finds none among ACLs of others, of other operations and hosts', () => {
      const all = acl({ resourceName: '*', principal: 'User:b' })
      expect(some(all, acl({ principal: 'User:b' }))).toBe('none')
      expect(some(all, acl({ operation: Op.WRITE }))).toBe('none')
      expect(some(all, acl({ host: '10.0.0.2' }))).toBe('none')
    })

    it('is answered as for a resource without ACLs when not all resources have some', () => {
      expect(some(acl({ principal: 'User:b' }))).toBe('uncovered')
    })

    it('finds none where every ALLOW is dominated by a DENY', () => {
      const wildcard = acl({ resourceName: '*', principal: 'User:b' })
      expect(some(wildcard, acl(), deny())).toBe('deny')
      expect(some(wildcard, acl(), prefixed('ord', { permissionType: PermissionType.DENY }))).toBe('deny')
      expect(some(wildcard, prefixed('orders'), prefixed('ord', { permissionType: PermissionType.DENY }))).toBe('deny')
      expect(some(acl({ resourceName: '*' }), deny({ resourceName: '*' }))).toBe('deny')
    })

    it('finds one where a DENY takes only a part', () => {
      const wildcard = acl({ resourceName: '*', principal: 'User:b' })
      expect(some(wildcard, prefixed('ord'), prefixed('orders', { permissionType: PermissionType.DENY }))).toBe('allow')
      expect(some(wildcard, prefixed('orders'), deny())).toBe('allow')
      expect(some(acl({ resourceName: '*' }), deny())).toBe('allow')
    })
  })
})
