import { describe, expect, test } from 'vitest'
import { RecentEntries } from './recent-entries.ts'

function entries(options: { entriesMax?: number; groupEntriesMax?: number } = {}): {
  clock: { now: number }
  recent: RecentEntries<{ text: string }>
  texts: () => string[]
} {
  const clock = { now: 1_000 }
  const recent = new RecentEntries<{ text: string }>({
    nowMs: () => clock.now,
    entriesMax: options.entriesMax ?? 4,
    groupEntriesMax: options.groupEntriesMax ?? 4,
  })
  return { clock, recent, texts: () => recent.list().map(({ text }) => text) }
}

describe('recent entries', () => {
  test('count what is the same, keep its newest words, and list the latest last', () => {
    const { clock, recent } = entries()
    recent.add('a', 'x', { text: 'first' })
    recent.add('b', 'x', { text: 'other' })
    clock.now = 2_000
    recent.add('a', 'x', { text: 'again' })
    expect(recent.list()).toEqual([
      { text: 'other', id: 2, sequence: 2, firstMs: 1_000, lastMs: 1_000, count: 1 },
      { text: 'again', id: 1, sequence: 3, firstMs: 1_000, lastMs: 2_000, count: 2 },
    ])
  })

  test('forget what happened least recently', () => {
    const { recent, texts } = entries()
    for (const key of ['a', 'b', 'c', 'd']) recent.add(key, key, { text: key })
    recent.add('a', 'a', { text: 'a' })
    recent.add('e', 'e', { text: 'e' })
    expect(texts()).toEqual(['c', 'd', 'a', 'e'])
  })

  test('of a group displace each other first, so that one who makes names up washes nobody away', () => {
    const { recent, texts } = entries({ entriesMax: 10, groupEntriesMax: 2 })
    recent.add('good', 'good', { text: 'good' })
    for (let index = 0; index < 1_000; index++) recent.add(`k${index}`, 'flood', { text: `k${index}` })
    expect(texts()).toEqual(['good', 'k998', 'k999'])
  })

  test('of a group of one are replaced', () => {
    const { recent, texts } = entries({ groupEntriesMax: 1 })
    recent.add('a', 'x', { text: 'a' })
    recent.add('b', 'x', { text: 'b' })
    recent.add('b', 'x', { text: 'c' })
    expect(texts()).toEqual(['c'])
    expect(recent.list()[0]).toMatchObject({ count: 2 })
  })

  test('are read on from where a reader was, in pieces', () => {
    const { recent } = entries()
    for (const key of ['a', 'b', 'c']) recent.add(key, key, { text: key })
    const page = recent.after(0, 2)
    expect(page.map(({ text }) => text)).toEqual(['a', 'b'])
    recent.add('a', 'a', { text: 'a' })
    expect(recent.after(page[1]?.sequence ?? 0, 10).map(({ text, count }) => [text, count])).toEqual([
      ['c', 1],
      ['a', 2],
    ])
    expect(recent.after(4, 10)).toEqual([])
  })
})
