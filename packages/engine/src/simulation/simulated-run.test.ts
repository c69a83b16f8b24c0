import { describe, expect, test } from 'vitest'
import { plantedBugs } from './planted-bugs.ts'
import { plantBug } from '@millrace/testkit/planted-bug'
import { readFileSync } from 'node:fs'
import { runSeed } from './simulated-run.ts'

const SEEDS = 8

describe('a simulated cluster in trouble', () => {
  test(`keeps its promises (${SEEDS} seeds; npm run simulate runs more)`, () => {
    const outcomes = Array.from({ length: SEEDS }, (_, index) => runSeed(1 + index))
    for (const { seed, violations, events } of outcomes)
      expect(violations, `seed ${seed}\n${events.join('\n')}`).toEqual([])
    const total = (what: string): number => outcomes.reduce((sum, { counts }) => sum + (counts[what] ?? 0), 0)
    expect(total('acknowledged')).toBeGreaterThan(SEEDS * 200)
    expect(total('consumed')).toBeGreaterThan(SEEDS * 200)
    expect(total('commits')).toBeGreaterThan(SEEDS * 20)
  }, 60_000)

  test('repeats by its seed, and another seed is another run', { timeout: 60_000 }, () => {
    const first = runSeed(2)
    expect(runSeed(2)).toEqual(first)
    expect(runSeed(3).fingerprint).not.toBe(first.fingerprint)
  })
})

describe('the planted bugs', () => {
  const root = new URL('../../../../', import.meta.url)

  test.each(plantedBugs)('$name has its place in the source', (bug) => {
    expect(() => plantBug(readFileSync(new URL(bug.file, root), 'utf8'), bug)).not.toThrow()
  })
})
