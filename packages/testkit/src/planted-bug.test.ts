import { describe, expect, test } from 'vitest'
import { plantBug } from './planted-bug.ts'

const bug = { name: 'off by one', what: 'counts wrong', file: 'a.ts', find: 'count + 1', replace: 'count + 2' }

describe('a planted bug', () => {
  test('replaces its passage', () => {
    expect(plantBug('next = count + 1\n', bug)).toBe('next = count + 2\n')
  })

  test('is refused when the passage has gone, or is not the only one', () => {
    expect(() => plantBug('next = count\n', bug)).toThrow('0 times in a.ts')
    expect(() => plantBug('count + 1; count + 1\n', bug)).toThrow('2 times in a.ts')
  })
})
