import { describe, expect, test } from 'vitest'
import { plantedBugs } from './planted-bugs.ts'
import { plantBug } from '@millrace/testkit/planted-bug'
import { readFileSync } from 'node:fs'
import { runSeed } from './simulated-run.ts'

/** Few, and among them one of every part of the scenario. */
const SEEDS = [2, 3, 7, 8, 17, 19, 21, 23, 66]

describe('a simulated cluster in trouble', () => {
  test(`keeps its promises (${SEEDS.length} seeds; npm run simulate runs more)`, () => {
    const outcomes = SEEDS.map((seed) => runSeed(seed))
    for (const { seed, violations, events } of outcomes)
      expect(violations, `seed ${seed}\n${events.join('\n')}`).toEqual([])
    const total = (what: string): number => outcomes.reduce((sum, { counts }) => sum + (counts[what] ?? 0), 0)
    expect(total('acknowledged')).toBeGreaterThan(1_000)
    expect(total('consumed')).toBeGreaterThan(1_000)
    expect(total('commits')).toBeGreaterThan(20)
    expect(total('commits of epochs')).toBeGreaterThan(50)
    expect(total('consumed by a group')).toBeGreaterThan(100)
    expect(total('records acquired')).toBeGreaterThan(100)
    expect(total('records finished')).toBeGreaterThan(100)
    expect(total('records delivered again')).toBeGreaterThan(5)
    expect(total('late batches')).toBeGreaterThan(1)
    expect(total('transactions committed')).toBeGreaterThan(20)
    expect(total('transactions aborted')).toBeGreaterThan(5)
    expect(total('committed records consumed')).toBeGreaterThan(100)
    expect(total('versions acknowledged')).toBeGreaterThan(100)
  }, 120_000)

  test('keeps its promises on encrypted storage', { timeout: 120_000 }, () => {
    for (const seed of [9, 11, 13]) {
      const { violations, events } = runSeed(seed, undefined, true)
      expect(violations, `seed ${seed}, sealed\n${events.join('\n')}`).toEqual([])
    }
  })

  test('repeats by its seed, and another seed is another run', { timeout: 120_000 }, () => {
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
