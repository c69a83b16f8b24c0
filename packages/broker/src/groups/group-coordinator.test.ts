import { ErrorCode } from '@millrace/protocol/errors'
import { describe, expect, it } from 'vitest'
import { createHandlerFixture, defaultImage } from '../handlers/handler-fixture.ts'
import { GroupCoordinator } from './group-coordinator.ts'

describe('a group without a name', () => {
  it('is no group that could have members, and is looked for where offsets may be kept', () => {
    const { runtime } = createHandlerFixture(defaultImage())
    const coordinator = new GroupCoordinator(runtime)
    expect(coordinator.locate('')).toEqual({ errorCode: ErrorCode.INVALID_GROUP_ID, served: null })
    expect(coordinator.locateAny('')).toEqual({ errorCode: ErrorCode.NOT_COORDINATOR, served: null })
    coordinator.close()
  })
})
