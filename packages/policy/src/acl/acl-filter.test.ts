import { describe, expect, it } from 'vitest'
import { AclOperation, PatternType, PermissionType, ResourceType, type Acl } from './acl.ts'
import { invalidFilter, matchesFilter, type AclFilter } from './acl-filter.ts'

const ANY: AclFilter = {
  resourceType: ResourceType.ANY,
  resourceName: null,
  patternType: PatternType.ANY,
  principal: null,
  host: null,
  operation: AclOperation.ANY,
  permissionType: PermissionType.ANY,
}

function topicAcl(resourceName: string, patternType: number = PatternType.LITERAL, more: Partial<Acl> = {}): Acl {
  return {
    resourceType: ResourceType.TOPIC,
    resourceName,
    patternType,
    principal: 'User:a',
    host: '*',
    operation: AclOperation.READ,
    permissionType: PermissionType.ALLOW,
    ...more,
  }
}

const ACLS: Readonly<Record<string, Acl>> = {
  orders: topicAcl('orders'),
  every: topicAcl('*'),
  prefix: topicAcl('ord', PatternType.PREFIXED),
  samePrefix: topicAcl('orders', PatternType.PREFIXED),
  longer: topicAcl('orders-eu'),
  group: topicAcl('orders', PatternType.LITERAL, { resourceType: ResourceType.GROUP }),
  denied: topicAcl('orders', PatternType.LITERAL, { permissionType: PermissionType.DENY, principal: 'User:b' }),
  written: topicAcl('orders', PatternType.LITERAL, { operation: AclOperation.WRITE, host: '10.0.0.1' }),
}

const matching = (filter: Partial<AclFilter>): string[] =>
  Object.keys(ACLS).filter((name) => matchesFilter({ ...ANY, ...filter }, ACLS[name] as Acl))

describe('ACL filters', () => {
  it.each<[string, Partial<AclFilter>, string[]]>([
    ['everything by default', {}, Object.keys(ACLS)],
    ['a resource type', { resourceType: ResourceType.GROUP }, ['group']],
    ['a principal', { principal: 'User:b' }, ['denied']],
    ['no one by the wildcard principal', { principal: 'User:*' }, []],
    ['a host', { host: '10.0.0.1' }, ['written']],
    ['the wildcard host itself', { host: '*', resourceType: ResourceType.GROUP }, ['group']],
    ['an operation', { operation: AclOperation.WRITE }, ['written']],
    ['a permission', { permissionType: PermissionType.DENY }, ['denied']],
    ['literal patterns of a name', { resourceName: '*', patternType: PatternType.LITERAL }, ['every']],
    ['prefixed patterns', { patternType: PatternType.PREFIXED }, ['prefix', 'samePrefix']],
    ['both patterns of a name', { resourceName: 'ord', patternType: PatternType.ANY }, ['prefix']],
    [
      'all that a topic falls under',
      { resourceName: 'orders', patternType: PatternType.MATCH, resourceType: ResourceType.TOPIC },
      ['orders', 'every', 'prefix', 'samePrefix', 'denied', 'written'],
    ],
    ['everything by MATCH without a name', { patternType: PatternType.MATCH }, Object.keys(ACLS)],
  ])('means %s', (_, filter, expected) => {
    expect(matching(filter)).toEqual(expected)
  })

  it.each<[keyof AclFilter, number]>([
    ['resourceType', 0],
    ['patternType', 0],
    ['operation', 0],
    ['operation', 99],
    ['permissionType', 0],
  ])('says that %s %d is not known', (field, value) => {
    expect(invalidFilter(ANY)).toBeNull()
    expect(invalidFilter({ ...ANY, [field]: value })).toMatch(String(value))
  })
})
