import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Paginator } from './pagination.ts'

const paginator = new Paginator(Buffer.from('secret'))
const scope = ['ListClusters', '000000000000', 'us-east-1', '']
const names = ['a', 'b', 'c', 'd', 'e']
const ask = (items: readonly string[], maxResults?: number, nextToken?: string, of: readonly string[] = scope) =>
  paginator.page({ items, sortKey: (item) => item, maxResults, nextToken, scope: of })

describe('page', () => {
  test('walks the whole list once, whatever the page size', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string(), { maxLength: 30 }),
        fc.integer({ min: 1, max: 100 }),
        (unsorted, size) => {
          const items = unsorted.toSorted((a, b) => (a < b ? -1 : 1))
          const seen: string[] = []
          let token: string | undefined
          do {
            const page = ask(items, size, token)
            seen.push(...page.items)
            token = page.nextToken
          } while (token !== undefined)
          expect(seen).toEqual(items)
        },
      ),
    )
  })

  test('goes on after the last item shown, also when that item is gone', () => {
    const { nextToken } = ask(names, 2)
    expect(ask(['a', 'c', 'd'], 2, nextToken)).toEqual({ items: ['c', 'd'], nextToken: undefined })
  })

  test.each([0, 101, 1.5])('refuses maxResults %s', (maxResults) => {
    expect(() => ask(names, maxResults)).toThrow(
      expect.objectContaining({ name: 'BadRequestException', members: { InvalidParameter: 'maxResults' } }),
    )
  })

  test('refuses a token of another list, of another process, or one that was changed', () => {
    const { nextToken = '' } = ask(names, 2)
    const refusal = expect.objectContaining({ name: 'BadRequestException', members: { InvalidParameter: 'nextToken' } })
    expect(() => ask(names, 2, nextToken, ['ListNodes', ...scope.slice(1)])).toThrow(refusal)
    expect(() => new Paginator(Buffer.from('other')).readToken(nextToken, scope)).toThrow(refusal)
    for (const token of ['', 'x', `${nextToken}AA`, nextToken.slice(0, -2), `B${nextToken.slice(1)}`])
      expect(() => ask(names, 2, token)).toThrow(refusal)
  })
})
