import { describe, expect, test } from 'vitest'
import { AclOperation, PatternType, PermissionType, ResourceType } from '@millrace/policy/acl/acl'
import { aclArguments } from '../why/acl-remedy.ts'
import { aclsOf, filtersOf } from './acl-options.ts'

const { ALLOW, DENY, ANY } = PermissionType
const inWords = (options: Parameters<typeof aclsOf>[0]): string[] =>
  aclsOf(options).map((acl) => aclArguments(acl, '--kafka-cluster'))

describe('the options of acls add', () => {
  test('make every combination of principal, host, operation and resource', () => {
    const acls = aclsOf({
      allowPrincipal: ['User:a', 'User:b'],
      allowHost: ['10.0.0.1', '10.0.0.2'],
      operation: ['Read', 'DESCRIBE_CONFIGS'],
      topic: ['orders'],
      group: ['g'],
    })
    expect(acls).toHaveLength(16)
    expect(acls[0]).toEqual({
      resourceType: ResourceType.TOPIC,
      resourceName: 'orders',
      patternType: PatternType.LITERAL,
      principal: 'User:a',
      host: '10.0.0.1',
      operation: AclOperation.READ,
      permissionType: ALLOW,
    })
    expect(acls.at(-1)).toMatchObject({
      resourceName: 'g',
      principal: 'User:b',
      operation: AclOperation.DESCRIBE_CONFIGS,
    })
  })

  test('stand for All from anywhere where nothing is said', () => {
    expect(inWords({ denyPrincipal: ['User:a'], topic: ['x'], resourcePatternType: 'prefixed' })).toEqual([
      "--deny-principal User:a --deny-host '*' --operation All --topic x --resource-pattern-type prefixed",
    ])
    expect(inWords({ allowPrincipal: ['User:a'], kafkaCluster: true, operation: ['Create'] })).toEqual([
      "--allow-principal User:a --allow-host '*' --operation Create --kafka-cluster",
    ])
  })

  test('know what producers and consumers need', () => {
    const producer = {
      allowPrincipal: ['User:a'],
      topic: ['t'],
      transactionalId: ['x'],
      producer: true,
      idempotent: true,
    }
    expect(inWords(producer).map((words) => words.split('--operation ')[1])).toEqual([
      'Write --topic t',
      'Describe --topic t',
      'Create --topic t',
      'Write --transactional-id x',
      'Describe --transactional-id x',
      'IdempotentWrite --kafka-cluster',
    ])
    const consumer = { allowPrincipal: ['User:a'], topic: ['t'], group: ['g'], consumer: true }
    expect(inWords(consumer).map((words) => words.split('--operation ')[1])).toEqual([
      'Read --topic t',
      'Describe --topic t',
      'Read --group g',
    ])
  })

  test.each([
    [{ topic: ['t'] }, /Say who/],
    [{ allowPrincipal: ['User:a'] }, /Say what about/],
    [{ allowPrincipal: ['alice'], topic: ['t'] }, /User:alice/],
    [{ allowPrincipal: ['User:a'], topic: ['t'], operation: ['Reed'] }, /no operation Reed/],
    [{ allowPrincipal: ['User:a'], topic: ['t'], resourcePatternType: 'any' }, /literal or prefixed/],
    [{ allowPrincipal: ['User:a'], topic: ['t'], resourcePatternType: 'regex' }, /no pattern type regex/],
    [{ allowPrincipal: ['User:a'], topic: ['t'], consumer: true }, /needs a --group/],
  ])('%j is refused with what is missing', (options, words) => {
    expect(() => aclsOf(options)).toThrow(words)
  })
})

describe('the options of acls list and remove', () => {
  test('without any resource list everything, and remove nothing', () => {
    expect(filtersOf({}, 'list')).toMatchObject([{ resourceType: ResourceType.ANY, resourceName: null }])
    expect(() => filtersOf({}, 'remove')).toThrow(/Say what about/)
  })

  test('list by principals', () => {
    expect(filtersOf({ principal: ['User:a', 'User:b'], topic: ['t'] }, 'list')).toMatchObject([
      { principal: 'User:a', resourceName: 't', permissionType: ANY },
      { principal: 'User:b', resourceName: 't', permissionType: ANY },
    ])
  })

  test('remove everything on a resource, or exactly what is named', () => {
    expect(filtersOf({ topic: ['t'], resourcePatternType: 'any' }, 'remove')).toMatchObject([
      { resourceName: 't', patternType: PatternType.ANY, principal: null, operation: AclOperation.ANY },
    ])
    expect(filtersOf({ topic: ['t'], denyPrincipal: ['User:a'] }, 'remove')).toMatchObject([
      { principal: 'User:a', host: '*', permissionType: DENY, operation: AclOperation.ALL },
    ])
  })
})
