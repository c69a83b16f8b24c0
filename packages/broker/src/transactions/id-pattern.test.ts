import { describe, expect, it } from 'vitest'
import { compileIdPattern } from './id-pattern.ts'

describe('a pattern over transactional ids', () => {
  it.each([
    ['orders-.*', ['orders-', 'orders-1'], ['my-orders-1', 'order']],
    ['', [''], ['a']],
    ['a|bc', ['a', 'bc'], ['abc', 'b']],
    ['(a|b)+c?', ['a', 'abac', 'bc'], ['c', 'acc']],
    ['(?:ab){2,3}', ['abab', 'ababab'], ['ab', 'abababab']],
    ['x{2}y{1,}', ['xxy', 'xxyyy'], ['xy', 'xx']],
    ['[a-c\\d_-]+', ['a1_-', 'c'], ['d', '']],
    ['[^a-c]', ['d', '-'], ['a', 'dd']],
    ['[]a]+', [']a'], ['b']],
    ['^\\w+\\.\\d\\S$', ['tx.1a'], ['tx-1a', 'tx.1 ']],
    ['a$b', [], ['ab']],
    ['é.', ['é𝄞'], ['é']],
  ])('%s matches whole ids', (pattern, matching, other) => {
    const matches = compileIdPattern(pattern)
    expect(matching.map((id) => matches?.(id))).toEqual(matching.map(() => true))
    expect(other.map((id) => matches?.(id))).toEqual(other.map(() => false))
  })

  it.each([
    '(',
    ')',
    '[a',
    '*a',
    'a**',
    'a{2',
    'a{3,2}',
    'a{1001}',
    '(?=a)',
    '\\q',
    '\\',
    '[b-a]',
    '((a{1000}){1000})',
  ])('%s is refused', (pattern) => {
    expect(compileIdPattern(pattern)).toBeNull()
  })

  it('takes linear time where backtracking would not end', () => {
    const matches = compileIdPattern('(a*)*(a|aa)+b')
    expect(matches?.('a'.repeat(2_000))).toBe(false)
  })
})
