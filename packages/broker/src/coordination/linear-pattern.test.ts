import { describe, expect, it } from 'vitest'
import { compilePattern } from './linear-pattern.ts'

describe('a pattern over names', () => {
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
    ['(?i)Orders', ['ORDERS', 'orders'], ['order']],
    ['(?i:a)b', ['Ab', 'ab'], ['AB']],
    ['(?P<zone>eu|us)-.+?', ['eu-1', 'us-a'], ['ap-1', 'eu-']],
    ['[[:alpha:]_]+[[:^digit:]]', ['a_b'], ['a1', '1']],
    ['\\pL+\\x2d\\x{31}', ['é-1'], ['1-1']],
    ['\\p{Greek}\\P{Lu}', ['αb'], ['ab', 'αB']],
    ['\\Qa.b\\E+', ['a.bb'], ['axb']],
    ['\\Aa\\b-\\Bx?\\z', ['a-'], ['ab', 'a-x']],
    ['^(orders|payments)-.*$', ['orders-1', 'payments-'], ['orders', 'my-orders-1']],
  ])('%s matches whole names', (pattern, matching, other) => {
    const matches = compilePattern(pattern)
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
    '(?<=a)b',
    '(a)\\1',
    '[[:nothing:]]',
    '\\p{Nothing}',
    '\\x{110000}',
  ])('%s is refused', (pattern) => {
    expect(compilePattern(pattern)).toBeNull()
  })

  it('takes linear time where backtracking would not end', () => {
    const matches = compilePattern('(a*)*(a|aa)+b')
    expect(matches?.('a'.repeat(2_000))).toBe(false)
  })

  it('forgets what it kept when there is too much of it, and matches on', () => {
    const matches = compilePattern('(.*a.{12})|never')
    let found = 0
    for (let seed = 1; seed < 6_000; seed++) {
      const name = (seed * 2_654_435_761).toString(2).slice(-26).replaceAll('1', 'a').replaceAll('0', 'b')
      if (matches?.(name) === true) found++
      expect(matches?.(name)).toBe(name.at(-13) === 'a')
    }
    expect(found).toBeGreaterThan(1_000)
  })
})
