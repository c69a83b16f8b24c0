import { RecordType } from '@millrace/metadata/records/metadata-record'
import { AclOperation, PatternType, PermissionType, ResourceType } from '@millrace/policy/acl/acl'
import { ErrorCode } from '@millrace/protocol/errors'
import type { CreateAclsRequest } from '@millrace/protocol/messages/30-create-acls'
import type { DeleteAclsRequest } from '@millrace/protocol/messages/31-delete-acls'
import { describe, expect, it } from 'vitest'
import type { ControlState } from '../decision.ts'
import { after, stateOf } from '../testing/decision-fixture.ts'
import { createAcls, deleteAcls } from './acl-decisions.ts'

type Creation = CreateAclsRequest['creations'][number]
type Filter = DeleteAclsRequest['filters'][number]

function creation(options: Partial<Creation> = {}): Creation {
  return {
    resourceType: ResourceType.TOPIC,
    resourceName: 'orders',
    resourcePatternType: PatternType.LITERAL,
    principal: 'User:a',
    host: '*',
    operation: AclOperation.READ,
    permissionType: PermissionType.ALLOW,
    ...options,
  }
}

function filter(options: Partial<Filter> = {}): Filter {
  return {
    resourceTypeFilter: ResourceType.ANY,
    resourceNameFilter: null,
    patternTypeFilter: PatternType.ANY,
    principalFilter: null,
    hostFilter: null,
    operation: AclOperation.ANY,
    permissionType: PermissionType.ANY,
    ...options,
  }
}

const empty = stateOf([])
const withAcls = (...creations: Creation[]): ControlState => after(empty, createAcls(empty, { creations }))

describe('CreateAcls', () => {
  it('records each ACL under an id of its own', () => {
    const decision = createAcls(empty, { creations: [creation(), creation({ operation: AclOperation.WRITE })] })
    expect(decision.response.results).toEqual([
      { errorCode: 0, errorMessage: null },
      { errorCode: 0, errorMessage: null },
    ])
    expect(decision.records.map(({ type }) => type)).toEqual([18, 18])
    expect(new Set(decision.records.map(({ body }) => (body as { id: string }).id)).size).toBe(2)
    const [first] = after(empty, decision).image.acls.values()
    expect(first).toMatchObject({ resourceName: 'orders', patternType: PatternType.LITERAL, principal: 'User:a' })
  })

  it('takes what exists, and what is asked for twice, for success without a record', () => {
    const state = withAcls(creation())
    const decision = createAcls(state, { creations: [creation(), creation({ host: 'h' }), creation({ host: 'h' })] })
    expect(decision.records).toHaveLength(1)
    expect(decision.response.results.map(({ errorCode }) => errorCode)).toEqual([0, 0, 0])
  })

  it.each<[string, Partial<Creation>]>([
    ['of no resource type', { resourceType: 0 }],
    ['of any resource type', { resourceType: ResourceType.ANY }],
    ['of a resource type yet to come', { resourceType: 99 }],
    ['of any pattern', { resourcePatternType: PatternType.ANY }],
    ['of a pattern for filters', { resourcePatternType: PatternType.MATCH }],
    ['of any operation', { operation: AclOperation.ANY }],
    ['of an unknown operation', { operation: 99 }],
    ['of any permission', { permissionType: PermissionType.ANY }],
    ['without a resource name', { resourceName: '' }],
    ['on another cluster', { resourceType: ResourceType.CLUSTER, resourceName: 'other' }],
    ['of a principal without type', { principal: 'a' }],
    ['of a principal with an empty type', { principal: ':a' }],
    ['without a host', { host: '' }],
  ])('refuses an ACL %s alone, beside good ones', (_, options) => {
    const decision = createAcls(empty, { creations: [creation(options), creation()] })
    expect(decision.response.results.map(({ errorCode }) => errorCode)).toEqual([ErrorCode.INVALID_REQUEST, 0])
    expect(decision.response.results[0]?.errorMessage).toBeTruthy()
    expect(decision.records).toHaveLength(1)
  })

  it('refuses more at once than one append can hold', () => {
    const creations = Array.from({ length: 10_001 }, (_, index) => creation({ resourceName: `t${index}` }))
    const decision = createAcls(empty, { creations })
    expect(decision.records).toEqual([])
    expect(decision.response.results.every(({ errorCode }) => errorCode === ErrorCode.INVALID_REQUEST)).toBe(true)
  })
})

describe('DeleteAcls', () => {
  it('removes what each filter matches, and lists it under every filter that does', () => {
    const state = withAcls(creation(), creation({ principal: 'User:b' }), creation({ resourceName: 'other' }))
    const filters = [
      filter({ resourceNameFilter: 'orders' }),
      filter({ principalFilter: 'User:b' }),
      filter({ hostFilter: 'x' }),
    ]
    const decision = deleteAcls(state, { filters })
    expect(decision.response.filterResults.map(({ matchingAcls }) => matchingAcls.length)).toEqual([2, 1, 0])
    expect(decision.records.map(({ type }) => type)).toEqual([
      RecordType.REMOVE_ACCESS_CONTROL_ENTRY,
      RecordType.REMOVE_ACCESS_CONTROL_ENTRY,
    ])
    expect([...after(state, decision).image.acls.values()].map(({ resourceName }) => resourceName)).toEqual(['other'])
  })

  it('refuses more filters than can be compared in one go', () => {
    const state = withAcls(...Array.from({ length: 300 }, (_, index) => creation({ resourceName: `t${index}` })))
    const decision = deleteAcls(state, { filters: Array.from({ length: 7_000 }, () => filter()) })
    expect(decision.records).toEqual([])
    expect(decision.response.filterResults[6_999]?.errorCode).toBe(ErrorCode.INVALID_REQUEST)
  })

  it('refuses a filter that it does not understand, alone', () => {
    const state = withAcls(creation())
    const decision = deleteAcls(state, { filters: [filter({ operation: 99 }), filter()] })
    expect(decision.response.filterResults.map(({ errorCode }) => errorCode)).toEqual([ErrorCode.INVALID_REQUEST, 0])
    expect(decision.records).toHaveLength(1)
  })
})
