import { describe, expect, it } from 'vitest'
import { AclOperation, PatternType, PermissionType, ResourceType, type Acl } from './acl.ts'
import { aclAuthorityOf } from './acl-settings.ts'
import type { AclQuestion } from './acl-index.ts'
import type { Authority } from './authority.ts'
import { Authorizer } from './authorizer.ts'

const { READ, WRITE, DESCRIBE } = AclOperation
const { TOPIC } = ResourceType
const ALICE = { principal: 'User:alice', remoteAddress: '10.0.0.1' }
const BOB = { principal: 'User:bob', remoteAddress: '10.0.0.2' }
const NODE = { principal: 'Node:internal', remoteAddress: '10.0.0.9' }

const readOrders: Acl = {
  resourceType: TOPIC,
  resourceName: 'orders',
  patternType: PatternType.LITERAL,
  principal: 'User:alice',
  host: '10.0.0.1',
  operation: READ,
  permissionType: PermissionType.ALLOW,
}

function authorizerOf(properties: Record<string, string> = {}, acls: readonly Acl[] = [readOrders]) {
  const clock = { nowMs: 1_000 }
  const authorizer = new Authorizer({ nodePrincipal: 'Node:internal', nowMs: () => clock.nowMs })
  authorizer.use([aclAuthorityOf(properties, acls)])
  return { authorizer, clock }
}

describe('Authorizer', () => {
  it('restricts nobody while there is no ACL', () => {
    expect(authorizerOf({}, []).authorizer.of(ALICE).unrestricted).toBe(true)
  })

  it('restricts everybody without ACLs when allow.everyone.if.no.acl.found is false, but never the nodes', () => {
    const { authorizer } = authorizerOf({ 'allow.everyone.if.no.acl.found': 'false' }, [])
    expect(authorizer.of(ALICE).allows(READ, TOPIC, 'orders')).toBe(false)
    expect(authorizer.of(NODE).unrestricted).toBe(true)
  })

  it('closes a resource with its first ACL and leaves the others open', () => {
    const access = authorizerOf().authorizer.of(ALICE)
    expect(access.allows(READ, TOPIC, 'orders')).toBe(true)
    expect(access.allows(WRITE, TOPIC, 'orders')).toBe(false)
    expect(access.allows(WRITE, TOPIC, 'other')).toBe(true)
  })

  it('knows a client by its address however it is written', () => {
    const { authorizer } = authorizerOf()
    const mapped = { principal: 'User:alice', remoteAddress: '::ffff:10.0.0.1' }
    expect(authorizer.of(mapped).allows(READ, TOPIC, 'orders')).toBe(true)
    expect(authorizer.of({ ...ALICE, remoteAddress: '10.0.0.2' }).allows(READ, TOPIC, 'orders')).toBe(false)
  })

  it('lets super users do everything; their names may hold commas', () => {
    const { authorizer } = authorizerOf({ 'super.users': 'User:root; User:CN=a,OU=b' })
    for (const principal of ['User:root', 'User:CN=a,OU=b'])
      expect(authorizer.of({ ...ALICE, principal }).allows(WRITE, TOPIC, 'orders')).toBe(true)
    expect(authorizer.of({ ...ALICE, principal: 'User:CN=a' }).allows(WRITE, TOPIC, 'orders')).toBe(false)
  })

  it('asks once for each answer, until the rules change', () => {
    const asked: AclQuestion[] = []
    const authority = (allowed: boolean): Authority => ({
      allowsEverything: false,
      allowsEverythingTo: () => false,
      goodUntilMs: () => Infinity,
      speaksFor: () => true,
      decide(question) {
        asked.push(question)
        return { allowed, reason: 'so', acl: null }
      },
      decideByType: () => ({ allowed, reason: 'so', acl: null }),
    })
    const { authorizer } = authorizerOf()
    authorizer.use([authority(true)])
    for (let time = 0; time < 5; time++) expect(authorizer.of(ALICE).allows(READ, TOPIC, 'orders')).toBe(true)
    expect(authorizer.of({ ...ALICE }).allows(READ, TOPIC, 'orders')).toBe(true)
    expect(asked.length).toBe(1)
    authorizer.use([authority(false)])
    expect(authorizer.of(ALICE).wouldAllow(READ, TOPIC, 'orders')).toBe(false)
    expect(asked.length).toBe(2)
  })

  it('follows a connection to another principal', () => {
    const { authorizer } = authorizerOf()
    const connection = { ...ALICE, principal: 'User:ANONYMOUS' }
    expect(authorizer.of(connection).allows(READ, TOPIC, 'orders')).toBe(false)
    connection.principal = 'User:alice'
    expect(authorizer.of(connection).allows(READ, TOPIC, 'orders')).toBe(true)
  })

  it('leaves principals to the first authority that speaks for them', () => {
    const { authorizer } = authorizerOf()
    const iam: Authority = {
      allowsEverything: false,
      allowsEverythingTo: () => false,
      goodUntilMs: () => Infinity,
      speaksFor: (principal) => principal.startsWith('IAM:'),
      decide: () => ({ allowed: false, reason: 'no statement allows it', acl: null }),
      decideByType: () => ({ allowed: true, reason: 'a statement', acl: null }),
    }
    authorizer.use([iam, aclAuthorityOf({}, [])])
    const role = authorizer.of({ ...ALICE, principal: 'IAM:role' })
    expect(role.allows(READ, TOPIC, 'orders')).toBe(false)
    expect(role.allowsSome(WRITE, TOPIC)).toBe(true)
    expect(authorizer.of(ALICE).allows(READ, TOPIC, 'orders')).toBe(true)
    expect(authorizer.denials.list()).toMatchObject([{ principal: 'IAM:role', reason: 'no statement allows it' }])
  })

  it('tells the operations on a resource as bits, without recording denials', () => {
    const { authorizer } = authorizerOf()
    expect(authorizer.of(ALICE).operationsOn(TOPIC, 'orders')).toBe((1 << READ) | (1 << DESCRIBE))
    expect(authorizer.of(NODE).operationsOn(TOPIC, 'orders')).toBe(0b1101_1111_1000)
    expect(authorizer.of(ALICE).operationsOn(ResourceType.GROUP, 'g')).toBe(0b1101_0100_1000)
    expect(authorizer.denials.list()).toEqual([])
  })

  it('keeps why something was denied, once per question, with its count', () => {
    const { authorizer, clock } = authorizerOf()
    authorizer.of(ALICE).allows(WRITE, TOPIC, 'orders')
    clock.nowMs = 2_000
    authorizer.of(ALICE).allows(WRITE, TOPIC, 'orders')
    expect(authorizer.denials.list()).toMatchObject([
      {
        principal: 'User:alice',
        host: '10.0.0.1',
        operation: WRITE,
        resourceType: TOPIC,
        resourceName: 'orders',
        reason: 'No ACL on TOPIC orders allows User:alice from 10.0.0.1 to WRITE.',
        acl: null,
        firstMs: 1_000,
        lastMs: 2_000,
        count: 2,
      },
    ])
  })

  it('names the ACL that denied', () => {
    const denial = { ...readOrders, permissionType: PermissionType.DENY, principal: 'User:*', host: '*' }
    const { authorizer } = authorizerOf({}, [readOrders, denial])
    authorizer.of(ALICE).allows(READ, TOPIC, 'orders')
    expect(authorizer.denials.list()).toMatchObject([
      { reason: 'DENY READ on TOPIC orders (LITERAL) to User:* from *', acl: denial },
    ])
  })

  it('forgets rather than fills its memory with names that somebody makes up', () => {
    let asked = 0
    const authority: Authority = {
      allowsEverything: false,
      allowsEverythingTo: () => false,
      goodUntilMs: () => Infinity,
      speaksFor: () => true,
      decide() {
        asked++
        return { allowed: true, reason: 'so', acl: null }
      },
      decideByType: () => ({ allowed: true, reason: 'so', acl: null }),
    }
    const { authorizer } = authorizerOf()
    authorizer.use([authority])
    const ask = (name: string): boolean => authorizer.of(ALICE).allows(READ, TOPIC, name)
    ask('first')
    for (let index = 0; index < 100_000; index++) ask(`made-up-${index}`)
    ask('first')
    expect(asked).toBe(100_002)
    const long = 'x'.repeat(256)
    ask(long)
    ask(long)
    expect(asked).toBe(100_004)
  })

  it('keeps the latest denials of each asker', () => {
    const { authorizer } = authorizerOf({ 'allow.everyone.if.no.acl.found': 'false' })
    authorizer.of(BOB).allows(READ, TOPIC, 'orders')
    for (let index = 0; index < 1_100; index++) authorizer.of(ALICE).allows(READ, TOPIC, `t${index}`)
    const names = authorizer.denials.list().map(({ resourceName }) => resourceName)
    expect([names.length, names[0], names[1], names.at(-1)]).toEqual([201, 'orders', 't900', 't1099'])
  })
})

it('remembers answers only as long as they are good', () => {
  let nowMs = 1_000
  let allowed = true
  const authorizer = new Authorizer({ nodePrincipal: 'Node:internal', nowMs: () => nowMs })
  authorizer.use([
    {
      allowsEverything: false,
      allowsEverythingTo: () => false,
      goodUntilMs: () => 2_000,
      speaksFor: () => true,
      decide: () => ({ allowed, reason: '', acl: null }),
      decideByType: () => ({ allowed, reason: '', acl: null }),
    },
  ])
  const asker = { principal: 'IAM:arn', remoteAddress: '127.0.0.1' }
  const read = (): boolean => authorizer.of(asker).wouldAllow(AclOperation.READ, ResourceType.TOPIC, 'orders')
  expect(read()).toBe(true)
  allowed = false
  nowMs = 1_999
  expect(read()).toBe(true)
  nowMs = 2_000
  expect(read()).toBe(false)
})
