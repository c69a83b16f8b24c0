import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AwsError } from '../errors.ts'
import { loadModel, type Scalar } from '../model.ts'
import { decodeJsonMembers } from './json.ts'
import { Problems } from './problems.ts'
import { decodeQueryMembers, parseForm } from './query.ts'
import { decodeText, formatTimestamp } from './text.ts'
import { escapeXml } from './xml.ts'

const kafka = loadModel('kafka')
const iam = loadModel('iam')
const scalar = (kind: Scalar['kind'], format: Scalar['format'] = null): Scalar => ({ kind, format })

function text(shape: Scalar, value: string): unknown {
  const problems = new Problems()
  const decoded = decodeText(shape, value, 'x', null, problems)
  return problems.any ? 'refused' : decoded
}

test.each([
  [scalar('number'), '-1.5e3', -1500],
  [scalar('number'), '', 'refused'],
  [scalar('number'), 'NaN', 'refused'],
  [scalar('number'), '1 ', 'refused'],
  [scalar('boolean'), 'true', true],
  [scalar('boolean'), 'TRUE', 'refused'],
  [scalar('blob'), 'YQ==', Buffer.from('a')],
  [scalar('blob'), 'YQ', 'refused'],
  [scalar('blob'), 'Y*==', 'refused'],
  [scalar('timestamp'), '2026-11-21T12:00:00Z', new Date('2026-11-21T12:00:00Z')],
  [scalar('timestamp'), '2026-11-21T12:00:00.5+01:00', new Date('2026-11-21T11:00:00.500Z')],
  [scalar('timestamp'), '2026-11-21', 'refused'],
  [scalar('timestamp'), '2026-13-21T12:00:00Z', 'refused'],
  [scalar('timestamp', 'epoch-seconds'), '1.5', new Date(1500)],
  [scalar('timestamp', 'epoch-seconds'), '9'.repeat(30), 'refused'],
])('%o as text %s is %s', (shape, value, expected) => {
  expect(text(shape, value)).toEqual(expected)
})

test('timestamps are written with milliseconds', () => {
  const date = new Date('2025-01-01T00:00:00Z')
  expect(formatTimestamp(date, 'date-time')).toBe('2025-01-01T00:00:00.000Z')
  expect(formatTimestamp(date, 'epoch-seconds')).toBe(1735689600)
  expect(formatTimestamp(date, 'http-date')).toBe('Wed, 01 Jan 2025 00:00:00 GMT')
})

test('XML text holds no markup and no characters that XML lacks', () => {
  expect(escapeXml('<a href="x">&\'\r\u0000\u000b')).toBe('&lt;a href=&quot;x&quot;&gt;&amp;&apos;&#xD;\ufffd\ufffd')
})

describe('decoding', () => {
  test('of any JSON for any operation ends in values or problems', () => {
    const names = [...kafka.operations.values()].flatMap(
      ({ input }) => input?.members.map((member) => member.wireName) ?? [],
    )
    const body = fc.dictionary(fc.constantFrom('__proto__', ...names), fc.jsonValue({ maxDepth: 4 }))
    fc.assert(
      fc.property(fc.constantFrom(...kafka.operations.values()), body, (operation, value) => {
        if (operation.input !== null) decodeJsonMembers(operation.input, value, '', new Problems())
      }),
      { numRuns: 500 },
    )
  })

  test('of any form for any operation ends in values, problems or a refusal', () => {
    const part = fc.oneof(
      fc.constantFrom('member', 'entry', '1', '2', 'key', 'value', 'Tags', 'Key', 'UserName', ''),
      fc.string({ maxLength: 3 }),
    )
    const pair = fc
      .tuple(fc.array(part, { minLength: 1, maxLength: 5 }), fc.string())
      .map(([name, value]) => `${name.join('.')}=${value}`)
    fc.assert(
      fc.property(fc.constantFrom(...iam.operations.values()), fc.array(pair, { maxLength: 6 }), (operation, pairs) => {
        try {
          const form = parseForm(pairs.join('&'))
          if (operation.input !== null) decodeQueryMembers(operation.input, form, '', new Problems())
        } catch (error) {
          expect(error).toBeInstanceOf(AwsError)
        }
      }),
      { numRuns: 500 },
    )
  })

  test('of keys that JavaScript treats specially makes members like any other', () => {
    const input = kafka.operations.get('TagResource')?.input
    const body = JSON.parse('{"tags":{"__proto__":"a","constructor":"b"}}') as Record<string, unknown>
    const decoded = input === null || input === undefined ? {} : decodeJsonMembers(input, body, '', new Problems())
    expect(Object.entries(decoded['Tags'] as object)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ])
  })

  test('tells the first twenty problems and counts the rest', () => {
    const problems = new Problems()
    for (let index = 0; index < 25; index++) problems.missing(`m${index}`)
    const { message } = problems.error(kafka)
    expect(message).toMatch(/^25 validation errors detected: /)
    expect(message).toContain("'m19'")
    expect(message).not.toContain("'m20'")
    expect(message).toMatch(/; and 5 more$/)
  })
})
