import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { assignorsByName } from './assignors.ts'
import type { Assignor, AssignorInput, AssignorMember } from './assignor.ts'
import { rangeAssignor } from './range-assignor.ts'
import { countPartitions, fromWire, NO_PARTITIONS, toWire, type TopicPartitions } from './topic-partitions.ts'
import { uniformAssignor } from './uniform-assignor.ts'

function member(memberId: string, topics: string, more: Partial<AssignorMember> = {}): AssignorMember {
  return { memberId, instanceId: null, rackId: null, topicIds: new Set(topics), assigned: NO_PARTITIONS, ...more }
}

function assign(assignor: Assignor, members: AssignorMember[], counts: Record<string, number>): Record<string, string> {
  const input: AssignorInput = { members, partitionCounts: new Map(Object.entries(counts)) }
  const told: Record<string, string> = {}
  for (const [memberId, partitions] of assignor.assign(input)) told[memberId] = shown(partitions)
  return told
}

/** a0 a1 b2 */
function shown(partitions: TopicPartitions): string {
  return toWire(partitions)
    .flatMap(({ topicId, partitions: indexes }) => indexes.map((index) => `${topicId}${index}`))
    .sort()
    .join(' ')
}

function holds(text: string): TopicPartitions {
  return fromWire(text.split(' ').map((one) => ({ topicId: one.slice(0, 1), partitions: [Number(one.slice(1))] })))
}

describe('the range assignor', () => {
  it('gives each member a run of every topic, the first members one more', () => {
    expect(assign(rangeAssignor, [member('m2', 'ab'), member('m1', 'ab')], { a: 3, b: 3 })).toEqual({
      m1: 'a0 a1 b0 b1',
      m2: 'a2 b2',
    })
  })

  it('puts static members first, by instance id', () => {
    const members = [
      member('m1', 'a'),
      member('m9', 'a', { instanceId: 'i1' }),
      member('m8', 'a', { instanceId: 'i2' }),
    ]
    expect(assign(rangeAssignor, members, { a: 3 })).toEqual({ m9: 'a0', m8: 'a1', m1: 'a2' })
  })

  it('divides a topic among its subscribers only', () => {
    const members = [member('m1', 'a'), member('m2', 'ab'), member('m3', 'b')]
    expect(assign(rangeAssignor, members, { a: 2, b: 2 })).toEqual({ m1: 'a0', m2: 'a1 b0', m3: 'b1' })
  })
})

describe('the uniform assignor', () => {
  it('spreads partitions evenly', () => {
    expect(assign(uniformAssignor, [member('m1', 'ab'), member('m2', 'ab')], { a: 3, b: 2 })).toEqual({
      m1: 'a0 a2 b1',
      m2: 'a1 b0',
    })
  })

  it('moves no more than a new member has to get', () => {
    const members = [
      member('m1', 'a', { assigned: holds('a0 a2 a4') }),
      member('m2', 'a', { assigned: holds('a1 a3 a5') }),
      member('m3', 'a'),
    ]
    expect(assign(uniformAssignor, members, { a: 6 })).toEqual({ m1: 'a0 a2', m2: 'a1 a3', m3: 'a4 a5' })
  })

  it('leaves the odd partition where it is', () => {
    const members = [member('m1', 'a'), member('m2', 'a', { assigned: holds('a0 a1') })]
    expect(assign(uniformAssignor, members, { a: 3 })).toEqual({ m1: 'a2', m2: 'a0 a1' })
  })

  it('forgets partitions that are gone and topics that are not subscribed to any more', () => {
    const members = [member('m1', 'a', { assigned: holds('a0 a7 b0') }), member('m2', 'b')]
    expect(assign(uniformAssignor, members, { a: 1, b: 1 })).toEqual({ m1: 'a0', m2: 'b0' })
  })

  it('evens out members whose subscriptions differ, one move at a time', () => {
    const members = [member('m1', 'a', { assigned: holds('a0 a1 a2 a3 a4') }), member('m2', 'ab'), member('m3', 'b')]
    expect(assign(uniformAssignor, members, { a: 5, b: 1 })).toEqual({ m1: 'a0 a1 a2', m2: 'a3 a4', m3: 'b0' })
  })
})

describe('any assignor', () => {
  const members = fc.array(fc.record({ topics: fc.subarray(['a', 'b', 'c']), isStatic: fc.boolean() }), {
    minLength: 1,
    maxLength: 7,
  })
  const counts = fc.record({ a: fc.nat(9), b: fc.nat(9), c: fc.nat(9) })

  it.each([rangeAssignor, uniformAssignor])(
    '$name gives every subscribed partition to one of its subscribers',
    (assignor) => {
      fc.assert(
        fc.property(members, counts, (given, partitions) => {
          const described = given.map(({ topics, isStatic }, index) =>
            member(`m${index}`, topics.join(''), { instanceId: isStatic ? `i${index}` : null }),
          )
          const targets = assignor.assign({ members: described, partitionCounts: new Map(Object.entries(partitions)) })
          for (const [topic, count] of Object.entries(partitions)) {
            const subscribers = described.filter(({ topicIds }) => topicIds.has(topic))
            const all = subscribers.flatMap(({ memberId }) => [...(targets.get(memberId)?.get(topic) ?? [])])
            const expected = subscribers.length === 0 ? [] : [...Array(count).keys()]
            expect(all.sort((a, b) => a - b)).toEqual(expected)
          }
          expect(targets.size).toBe(described.length)
        }),
        { numRuns: 200, seed: 848 },
      )
    },
  )

  it('uniform is even where all subscribe alike, and changes nothing when asked again', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), counts, (size, partitions) => {
        const given = [...Array(size).keys()].map((index) => member(`m${index}`, 'abc'))
        const partitionCounts = new Map(Object.entries(partitions))
        const targets = uniformAssignor.assign({ members: given, partitionCounts })
        const sizes = [...targets.values()].map(countPartitions)
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
        const again = given.map((one) => ({ ...one, assigned: targets.get(one.memberId) ?? NO_PARTITIONS }))
        const repeated = uniformAssignor.assign({ members: again, partitionCounts })
        for (const [id, target] of targets) expect(shown(repeated.get(id) ?? NO_PARTITIONS)).toBe(shown(target))
      }),
      { numRuns: 200, seed: 848 },
    )
  })
})

describe('the configured assignors', () => {
  it.each([
    [
      ['uniform', 'range'],
      ['uniform', 'range'],
    ],
    [['org.apache.kafka.coordinator.group.assignor.RangeAssignor'], ['range']],
    [['nobody'], ['uniform']],
  ])('%j are %j, the default first', (names, known) => {
    expect([...assignorsByName(names).keys()]).toEqual(known)
  })
})
