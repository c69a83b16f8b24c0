/** Every API has a case in guard-cases-fixture.ts: one that is added without fails the first test. */
import { guardHandlers } from '@millrace/network/guard'
import { AclOperation, PatternType, PermissionType, ResourceType, type Acl } from '@millrace/policy/acl/acl'
import { AclAuthority } from '@millrace/policy/acl/authority'
import { ApiKey, apiByKey } from '@millrace/protocol/apis'
import { versionsOf, type RequestDefinition, type ResponseDefinition } from '@millrace/protocol/definition'
import { encodeMessage } from '@millrace/protocol/codec'
import { EncodeError } from '@millrace/protocol/primitives/encode-error'
import { Writer } from '@millrace/protocol/primitives/writer'
import { describe, expect, it } from 'vitest'
import { ask, createHandlerFixture } from '../handlers/handler-fixture.ts'
import { CASES as CLIENT_CASES, NAMES, UNCHECKED, type Case, type Need, type Resource } from './guard-cases-fixture.ts'
import { brokerGuards } from './guards.ts'
import { SHARE_CASES } from './share-guard-cases-fixture.ts'

const CASES: readonly Case[] = [...CLIENT_CASES, ...SHARE_CASES]

function aclFor([operation, resource]: Need, permissionType: number = PermissionType.ALLOW): Acl {
  return {
    resourceType: ResourceType[resource],
    resourceName: NAMES[resource],
    patternType: PatternType.LITERAL,
    principal: 'User:ANONYMOUS',
    host: '10.1.2.3',
    operation: AclOperation[operation],
    permissionType,
  }
}

/** Asks as User:ANONYMOUS from 10.1.2.3 with these ACLs, where nothing else is allowed. */
function askWith(acls: readonly Acl[], { api, version, body, answer = {} }: Case) {
  const fixture = createHandlerFixture()
  fixture.runtime.authorizer.use([new AclAuthority({ acls, superUsers: new Set(), allowEveryoneIfNoAcl: false })])
  const key = ApiKey[api]
  const definition = apiByKey(key)
  if (definition === undefined) throw new Error(`no API ${api}`)
  const request: RequestDefinition = definition.request
  const response: ResponseDefinition = definition.response
  const passed: object[] = []
  const handler = {
    request,
    response,
    handle(_context: unknown, asked: unknown, respond: (answer: unknown) => void) {
      passed.push(asked as object)
      respond({ ...ANSWER, ...answer })
    },
  }
  const guarded = guardHandlers(new Map([[key, handler]]), brokerGuards(fixture.runtime), fixture.runtime.authorizer)
  const told = ask(guarded.get(key) as never, request, response, version, body as never)
  return {
    passed,
    errors: errorsIn(told.response),
    responses: told.responses,
    denials: fixture.runtime.authorizer.denials.list(),
  }
}

/** What all responses need; the codecs take what theirs names. */
const ANSWER = {
  throttleTimeMs: 0,
  errorCode: 0,
  topics: [],
  responses: [],
  groups: [],
  results: [],
  coordinators: [],
  brokers: [],
  members: [],
  nodeId: 1,
  host: 'h',
  port: 1,
  clusterId: null,
  controllerId: 1,
  generationId: 1,
  leader: '',
  memberId: '',
  protocolName: '',
  assignment: Buffer.alloc(0),
  producerId: 1,
  producerEpoch: 0,
}

/** Every error code anywhere in a response but NONE. */
function errorsIn(value: unknown, name = ''): number[] {
  if (typeof value === 'number') return /errorCode$/i.test(name) && value !== 0 ? [value] : []
  if (Array.isArray(value)) return value.flatMap((each) => errorsIn(each))
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return []
  return Object.entries(value).flatMap(([key, each]) => errorsIn(each, key))
}

describe('guards', () => {
  it('have a case here for every API', () => {
    const known = new Set<number>([...CASES.map(({ api }) => ApiKey[api]), ...unchecked()])
    const missing = [...brokerGuards(createHandlerFixture().runtime).keys()].filter((key) => !known.has(key))
    expect(missing).toEqual([])
  })

  it('are absent only where this table says why', () => {
    const without = [...brokerGuards(createHandlerFixture().runtime)].filter(([, guard]) => guard === null)
    expect(without.map(([key]) => key).sort((a, b) => a - b)).toEqual(unchecked())
  })

  describe.each(CASES.map((each) => [`${each.api} ${each.version} ${JSON.stringify(each.needs)}`, each] as const))(
    'of %s',
    (_, each) => {
      const sufficient = each.oneOf === undefined ? [each.needs] : each.oneOf.map((need) => [need])

      it('pass the request whole with what it needs', () => {
        for (const needs of sufficient) {
          const { passed, errors, denials } = askWith(
            needs.map((need) => aclFor(need)),
            each,
          )
          expect(errors).toEqual([])
          expect(passed).toHaveLength(1)
          expect(denials).toEqual([])
        }
      })

      it('refuse it with the resource’s error without any one of them, and keep the denial', () => {
        for (const need of each.oneOf?.slice(-1) ?? each.needs) {
          const others = each.needs.filter((other) => other !== need).map((other) => aclFor(other))
          const { errors, responses, denials } = askWith(others, each)
          expect(errors).toContain(need[2])
          expect(responses).toBe(1)
          expect(denials.length).toBeGreaterThan(0)
        }
      })

      it('refuse it in every version that can carry the request', () => {
        const codes = (each.oneOf?.slice(-1) ?? each.needs).map(([, , errorCode]) => errorCode)
        if (codes.length === 0) return
        for (const version of versionsOfCase(each)) {
          const { errors, responses } = askWith([], { ...each, version })
          expect([version, responses, errors.some((code) => codes.includes(code))]).toEqual([version, 1, true])
        }
      })

      it('refuse it when it is denied to everyone, however much else is allowed', () => {
        const everything = (Object.keys(NAMES) as Resource[]).map((resource) => aclFor(['ALL', resource, 0]))
        for (const need of each.oneOf === undefined ? each.needs : []) {
          const denial = { ...aclFor(need, PermissionType.DENY), principal: 'User:*', host: '*' }
          const { errors, denials } = askWith([...everything, denial], each)
          expect(errors).toContain(need[2])
          expect(denials.at(-1)?.acl).toBe(denial)
        }
      })
    },
  )
})

function unchecked(): number[] {
  return (Object.keys(UNCHECKED) as (keyof typeof ApiKey)[]).map((api) => ApiKey[api]).sort((a, b) => a - b)
}

/** The versions in which the case's body can be written down. */
function versionsOfCase({ api, body, since = 0 }: Case): number[] {
  const request = apiByKey(ApiKey[api])?.request
  if (request === undefined) return []
  const { min, max } = versionsOf(request)
  const versions = Array.from({ length: max - min + 1 }, (_, index) => min + index).filter(
    (version) => version >= since,
  )
  return versions.filter((version) => {
    try {
      encodeMessage(request, version, body as never, new Writer())
      return true
    } catch (error) {
      if (error instanceof EncodeError) return false
      throw error
    }
  })
}
