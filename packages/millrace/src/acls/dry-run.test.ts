import { describe, expect, test } from 'vitest'
import {
  AclOperation,
  OPERATIONS_OF,
  PatternType,
  PermissionType,
  ResourceType,
  type Acl,
} from '@millrace/policy/acl/acl'
import { accessChanges, type DryRun } from './dry-run.ts'

const ALL_OF_TOPIC = OPERATIONS_OF.get(ResourceType.TOPIC)

function acl(change: Partial<Acl> = {}): Acl {
  return {
    resourceType: ResourceType.TOPIC,
    resourceName: 'orders',
    patternType: PatternType.LITERAL,
    principal: 'User:alice',
    host: '*',
    operation: AclOperation.READ,
    permissionType: PermissionType.ALLOW,
    ...change,
  }
}
const alice = { principal: 'User:alice', host: '10.0.0.1' }
const bob = { principal: 'User:bob', host: '10.0.0.2' }

function run(
  before: readonly Acl[],
  after: readonly Acl[],
  change: Partial<DryRun> = {},
): ReturnType<typeof accessChanges> {
  return accessChanges({
    before: { acls: before, superUsers: new Set(), allowEveryoneIfNoAcl: true },
    after,
    askers: [alice, bob],
    topics: ['orders', 'orders-eu', 'other'],
    groups: ['g'],
    ...change,
  })
}

describe('a dry run', () => {
  test('tells that the first ACL of a resource locks everybody else out', () => {
    expect(run([], [acl()])).toEqual([
      {
        ...alice,
        resourceType: ResourceType.TOPIC,
        resourceNames: ['orders'],
        loses: ALL_OF_TOPIC?.filter((each) => each !== AclOperation.READ && each !== AclOperation.DESCRIBE),
        gains: [],
      },
      { ...bob, resourceType: ResourceType.TOPIC, resourceNames: ['orders'], loses: ALL_OF_TOPIC, gains: [] },
    ])
  })

  test('tells whom an ACL lets in, and that it takes nothing from those who were out already', () => {
    const changes = run([acl()], [acl(), acl({ principal: 'User:bob' })])
    expect(changes).toMatchObject([{ ...bob, loses: [], gains: [AclOperation.READ, AclOperation.DESCRIBE] }])
  })

  test('follows a prefix to the topics there are, and to those there may be', () => {
    const deny = acl({ patternType: PatternType.PREFIXED, permissionType: PermissionType.DENY, principal: 'User:bob' })
    expect(run([], [deny], { askers: [bob] })).toMatchObject([{ ...bob, resourceNames: ['orders', 'orders-eu'] }])
  })

  test('follows a wildcard to everything', () => {
    const all = acl({ resourceName: '*', operation: AclOperation.ALL })
    expect(run([], [all], { askers: [bob] })).toMatchObject([{ resourceNames: ['*', 'orders', 'orders-eu', 'other'] }])
  })

  test('minds hosts, super users, and principals for whom ACLs do not speak', () => {
    const here = acl({ host: '10.0.0.9' })
    expect(run([here], [here, acl()]).map(({ principal }) => principal)).toEqual(['User:alice'])
    const iam = { principal: 'IAM:arn:aws:iam::000000000000:role/r', host: '10.0.0.1' }
    expect(run([], [acl()], { askers: [iam] })).toEqual([])
    const before = { acls: [], superUsers: new Set(['User:bob']), allowEveryoneIfNoAcl: true }
    expect(run([], [acl()], { askers: [bob], before })).toEqual([])
  })

  test('of a change that changes nothing is empty', () => {
    const all = acl({ operation: AclOperation.ALL })
    expect(run([all], [all, acl()])).toEqual([])
  })
})
