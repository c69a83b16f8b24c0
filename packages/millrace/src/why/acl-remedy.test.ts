import { describe, expect, test } from 'vitest'
import { AclOperation, PatternType, PermissionType, ResourceType, type Acl } from '@millrace/policy/acl/acl'
import { AclAuthority } from '@millrace/policy/acl/authority'
import { aclArguments, aclChangeFor, aclRemedies, shellWord, type ClusterAcls } from './acl-remedy.ts'
import type { DenialEvent } from './why-event.ts'

const HOST = '10.0.0.1'
const settings = { superUsers: new Set<string>(), allowEveryoneIfNoAcl: true }

function acl(change: Partial<Acl> = {}): Acl {
  return {
    resourceType: ResourceType.TOPIC,
    resourceName: 'orders',
    patternType: PatternType.LITERAL,
    principal: 'User:bob',
    host: '*',
    operation: AclOperation.READ,
    permissionType: PermissionType.ALLOW,
    ...change,
  }
}
const denyOrders = acl({ principal: 'User:*', operation: AclOperation.ALL, permissionType: PermissionType.DENY })

function denial(change: Partial<DenialEvent> = {}): DenialEvent {
  return {
    type: 'denial',
    clusterId: 'c',
    clusterName: 'orders',
    nodes: [1],
    principal: 'User:alice',
    remoteAddress: HOST,
    operation: AclOperation.READ,
    resourceType: ResourceType.TOPIC,
    resourceName: 'orders',
    acl: null,
    iam: null,
    reason: 'no',
    firstMs: 1,
    lastMs: 1,
    count: 1,
    ...change,
  }
}

function allowedAfter(event: DenialEvent, { acls, ...rest }: ClusterAcls): boolean {
  const change = aclChangeFor(event, { acls, ...rest })
  const rules = acls.filter((each) => change?.remove.includes(each) !== true)
  if (change?.add) rules.push(change.add)
  const { principal, remoteAddress: host, operation, resourceType, resourceName } = event
  return new AclAuthority({ acls: rules, ...rest }).decide({
    principal: principal ?? '',
    host,
    operation,
    resourceType,
    resourceName,
  }).allowed
}

describe('the ACL that allows what was denied', () => {
  test('names exactly the principal, host, operation and resource', () => {
    const change = aclChangeFor(denial(), { acls: [acl()], ...settings })
    expect(change).toEqual({ remove: [], add: acl({ principal: 'User:alice', host: HOST }) })
    expect(allowedAfter(denial(), { acls: [acl()], ...settings })).toBe(true)
  })

  test('is of no use while a DENY matches: that is to go, and only where needed an ALLOW to come', () => {
    const allowsAlice = acl({ principal: 'User:alice' })
    const two = { acls: [denyOrders, allowsAlice], ...settings }
    expect(aclChangeFor(denial(), two)).toEqual({ remove: [denyOrders], add: null })
    const one = { acls: [denyOrders, acl()], ...settings }
    expect(aclChangeFor(denial(), one)).toMatchObject({ remove: [denyOrders], add: { principal: 'User:alice' } })
    for (const acls of [two, one]) expect(allowedAfter(denial(), acls)).toBe(true)
    const alone = { acls: [denyOrders], ...settings }
    expect(aclChangeFor(denial(), alone)).toEqual({ remove: [denyOrders], add: null })
    const strict = { ...alone, allowEveryoneIfNoAcl: false }
    expect(aclChangeFor(denial(), strict)).toMatchObject({ remove: [denyOrders], add: { principal: 'User:alice' } })
  })

  test('is none when it would be allowed by now', () => {
    expect(aclChangeFor(denial(), { acls: [acl({ principal: 'User:alice' })], ...settings })).toBeNull()
  })

  test('of an idempotent producer that may write nowhere opens nothing else', () => {
    const anywhere = denial({ operation: AclOperation.WRITE, resourceName: '' })
    const strict = { acls: [acl()], ...settings, allowEveryoneIfNoAcl: false }
    const change = aclChangeFor(anywhere, strict)
    expect(change?.add).toMatchObject({
      operation: AclOperation.IDEMPOTENT_WRITE,
      resourceType: ResourceType.CLUSTER,
      resourceName: 'kafka-cluster',
    })
    const after = { ...strict, acls: [...strict.acls, change?.add as Acl] }
    expect(aclChangeFor(anywhere, after)).toBeNull()
  })
})

describe('an ACL as options', () => {
  test('of both tools', () => {
    const added = acl({ principal: 'User:alice', host: HOST })
    expect(aclRemedies('orders', { remove: [denyOrders], add: added }).map(({ lines }) => lines)).toEqual([
      [
        "kafka-acls.sh --bootstrap-server $BS --remove --force --deny-principal 'User:*' --deny-host '*' --operation All --topic orders",
        'kafka-acls.sh --bootstrap-server $BS --add --allow-principal User:alice --allow-host 10.0.0.1 --operation Read --topic orders',
      ],
      [
        "millrace acls remove --cluster orders --deny-principal 'User:*' --deny-host '*' --operation All --topic orders",
        'millrace acls add --cluster orders --allow-principal User:alice --allow-host 10.0.0.1 --operation Read --topic orders',
      ],
    ])
  })

  test('tells a prefix from a name, and the cluster from a topic', () => {
    const prefixed = acl({ resourceType: ResourceType.GROUP, patternType: PatternType.PREFIXED })
    expect(aclArguments(prefixed, '--cluster')).toContain('--group orders --resource-pattern-type prefixed')
    const cluster = acl({ resourceType: ResourceType.CLUSTER, resourceName: 'kafka-cluster' })
    expect(aclArguments(cluster, '--cluster')).toMatch(/--operation Read --cluster$/)
  })

  test('keeps what clients made up from the shell', () => {
    expect(shellWord("a'; rm -rf /")).toBe(`'a'\\''; rm -rf /'`)
    expect(shellWord('User:CN=a,OU=b')).toBe('User:CN=a,OU=b')
  })
})
