import { AclOperation, PatternType, PermissionType, ResourceType } from '@millrace/policy/acl/acl'
import { ErrorCode } from '@millrace/protocol/errors'
import { describeAclsRequest, describeAclsResponse } from '@millrace/protocol/messages/29-describe-acls'
import { describe, expect, it } from 'vitest'
import { describeAclsHandler } from './29-describe-acls.ts'
import { OTHER_TOPIC_ID, TOPIC_ID, ask, createHandlerFixture, imageOf } from './handler-fixture.ts'

const read = {
  id: TOPIC_ID,
  resourceType: ResourceType.TOPIC,
  resourceName: 'orders',
  patternType: PatternType.LITERAL,
  principal: 'User:a',
  host: '*',
  operation: AclOperation.READ,
  permissionType: PermissionType.ALLOW,
}
const prefixed = { ...read, id: OTHER_TOPIC_ID, patternType: PatternType.PREFIXED, principal: 'User:b' }
const written = { ...read, id: 'dGhpcmR0aGlyZHRoaXJkdA', operation: AclOperation.WRITE }
const image = imageOf([], [], { acls: new Map([read, prefixed, written].map((each) => [each.id, each])) })

function describeAcls(version: number, more: object = {}) {
  const filter = {
    resourceTypeFilter: ResourceType.ANY,
    resourceNameFilter: null,
    principalFilter: null,
    hostFilter: null,
    operation: AclOperation.ANY,
    permissionType: PermissionType.ANY,
  }
  const handler = describeAclsHandler(createHandlerFixture(image).runtime)
  return ask(handler, describeAclsRequest, describeAclsResponse, version, { ...filter, ...more }).response
}

describe('DescribeAcls', () => {
  it('lists ACLs by resource pattern', () => {
    const { resources } = describeAcls(3, { patternTypeFilter: PatternType.ANY }) ?? {}
    expect(resources?.map(({ patternType, acls }) => [patternType, acls.map(({ principal }) => principal)])).toEqual([
      [PatternType.LITERAL, ['User:a', 'User:a']],
      [PatternType.PREFIXED, ['User:b']],
    ])
  })

  it('knows only literal patterns in version 0', () => {
    expect(describeAcls(0)?.resources.map(({ acls }) => acls.length)).toEqual([2])
  })

  it('says what it does not understand', () => {
    const { errorCode, errorMessage } = describeAcls(3, { operation: 99 }) ?? {}
    expect([errorCode, errorMessage]).toEqual([ErrorCode.INVALID_REQUEST, 'Unknown operation 99 in the filter.'])
  })
})
