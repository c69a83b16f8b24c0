import { describe, expect, it } from 'vitest'
import { APIS } from './apis.ts'
import type { FieldDefinition } from './definition.ts'
import { ErrorCode, errorMessage, errorName, isRetriable } from './errors.ts'

describe('errors', () => {
  it('are numbered from -1 to 133 without a gap', () => {
    const codes = Object.values(ErrorCode)
    expect(codes).toHaveLength(135)
    expect(new Set(codes)).toEqual(new Set(Array.from({ length: 135 }, (_, index) => index - 1)))
  })

  it('have a name and a sentence each', () => {
    for (const [name, code] of Object.entries(ErrorCode)) {
      expect(errorName(code)).toBe(name)
      expect(errorMessage(code)).toMatch(/\.$/)
    }
    expect(errorName(999)).toBe('UNKNOWN_ERROR_999')
    expect(isRetriable(999)).toBe(false)
  })

  it('tell what may be tried again', () => {
    expect(isRetriable(ErrorCode.NOT_LEADER_OR_FOLLOWER)).toBe(true)
    expect(isRetriable(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)).toBe(true)
    expect(isRetriable(ErrorCode.CONCURRENT_TRANSACTIONS)).toBe(true)
    expect(isRetriable(ErrorCode.NONE)).toBe(false)
    expect(isRetriable(ErrorCode.OFFSET_OUT_OF_RANGE)).toBe(false)
    expect(isRetriable(ErrorCode.UNKNOWN_MEMBER_ID)).toBe(false)
  })

  it('stand only on error code fields, each once', () => {
    const check = (fields: readonly FieldDefinition[]): void => {
      for (const field of fields) {
        if (field.errors !== undefined) {
          expect(field.type).toBe('int16')
          expect(new Set(field.errors).size).toBe(field.errors.length)
          for (const name of field.errors) expect(ErrorCode).toHaveProperty(name)
        }
        check(field.fields ?? [])
      }
    }
    for (const api of APIS) check(api.response.fields)
  })
})
