import { PatternType, PermissionType, ResourceType } from '@millrace/policy/acl/acl'
import { AclAuthority } from '@millrace/policy/acl/authority'
import { Authorizer } from '@millrace/policy/acl/authorizer'
import { describe, expect, it } from 'vitest'
import type { ApiHandler, RequestContext } from './api-handler.ts'
import { guardHandlers, guardOf, guardWholly, type GuardTable } from './guard.ts'

const KEY = 12
const CLIENT = { principal: 'User:a', remoteAddress: '10.0.0.1' }
const denial = {
  resourceType: ResourceType.GROUP,
  resourceName: 'g',
  patternType: PatternType.LITERAL,
  principal: 'User:a',
  host: '*',
  operation: 3,
  permissionType: PermissionType.DENY,
}

function createGuarded(guards: GuardTable) {
  const authorizer = new Authorizer({ nodePrincipal: 'Node:internal', nowMs: () => 0 })
  const restrict = (acls: (typeof denial)[]): void =>
    authorizer.use([new AclAuthority({ acls, superUsers: new Set(), allowEveryoneIfNoAcl: true })])
  const handled: unknown[] = []
  const handler = {
    request: { apiKey: KEY, name: 'HeartbeatRequest' },
    handle(_context: unknown, request: unknown, respond: (answer: unknown) => void) {
      handled.push(request)
      respond(`handled ${String(request)}`)
    },
  } as unknown as ApiHandler
  const answers: unknown[] = []
  const ask = (request: string, client: object = CLIENT): void => {
    const guarded = guardHandlers(new Map([[KEY, handler]]), guards, authorizer).get(KEY)
    const context = { connection: client, apiVersion: 0 } as RequestContext
    guarded?.handle(context, request, (answer) => answers.push(answer))
  }
  return { restrict, handled, answers, ask }
}

describe('guardHandlers', () => {
  const seen: unknown[] = []
  const watching = new Map([guardOf<string, string>(KEY, ({ request, pass }) => pass(`${seen.push(request)}`))])

  it('runs no guard while nothing is forbidden, nor for nodes', () => {
    const { restrict, handled, ask } = createGuarded(watching)
    ask('before')
    restrict([denial])
    ask('node', { ...CLIENT, principal: 'Node:internal' })
    expect(handled).toEqual(['before', 'node'])
    expect(seen).toEqual([])
    ask('client')
    expect(seen).toEqual(['client'])
  })

  it('lets a request pass whole, or answers it itself', () => {
    const row = guardWholly<string, string>(
      KEY,
      (access, request) => (access.allows(3, ResourceType.GROUP, request) ? 0 : 30),
      (request, errorCode) => `${request}: ${errorCode}`,
    )
    const { restrict, handled, answers, ask } = createGuarded(new Map([row]))
    restrict([denial])
    ask('g')
    ask('h')
    expect(handled).toEqual(['h'])
    expect(answers).toEqual(['g: 30', 'handled h'])
  })

  it('hands over a part of a request, and adds to its answer', () => {
    const row = guardOf<string, string>(KEY, ({ request, respond, pass }) =>
      pass(request.slice(1), (answer) => respond(`${answer ?? ''}!`)),
    )
    const { restrict, answers, ask } = createGuarded(new Map([row]))
    restrict([denial])
    ask('whole')
    expect(answers).toEqual(['handled hole!'])
  })

  it('leaves a handler alone whose row is null, and refuses one without a row', () => {
    const { restrict, handled, ask } = createGuarded(new Map([[KEY, null]]))
    restrict([denial])
    ask('g')
    expect(handled).toEqual(['g'])
    expect(() => createGuarded(new Map()).ask('g')).toThrow(/no row in the table of guards/)
  })
})
