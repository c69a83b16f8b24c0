import { describe, expect, it } from 'vitest'
import { ConsumerGroupPromises, type Heard } from './consumer-group-promises.ts'
import { Ledger } from './ledger.ts'

const SESSION_MS = 1_000

/** A heartbeat that broker 1 answered. */
function at(sentMs: number, term: number = 1): Heard {
  return { sentMs, coordinator: `broker 1 in term ${term}` }
}

function fixture(): { promises: ConsumerGroupPromises; ledger: Ledger } {
  const ledger = new Ledger()
  return { promises: new ConsumerGroupPromises(ledger, SESSION_MS), ledger }
}

describe('what a consumer group is promised', () => {
  it('holds when a partition is given up before it is given on', () => {
    const { promises, ledger } = fixture()
    promises.given(0, { memberId: 'a', epoch: 1 }, at(0), 5)
    promises.released(0, 'a')
    promises.given(0, { memberId: 'b', epoch: 2 }, at(10), 15)
    expect(ledger.violations).toEqual([])
  })

  it('is broken by a partition that two members have, unless the first was silent for a session', () => {
    const { promises, ledger } = fixture()
    promises.given(0, { memberId: 'a', epoch: 1 }, at(0), 5)
    promises.heard('a', at(500))
    promises.given(0, { memberId: 'b', epoch: 2 }, at(500 + SESSION_MS), 500 + SESSION_MS)
    expect(ledger.violations).toEqual([])
    promises.given(0, { memberId: 'c', epoch: 3 }, at(1_600), 1_700)
    expect(ledger.violations).toEqual([expect.stringContaining('given to c while b had it')])
  })

  it('is not broken by another coordinator than the one that heard the member', () => {
    const { promises, ledger } = fixture()
    promises.given(0, { memberId: 'a', epoch: 1 }, at(0, 1), 5)
    promises.given(0, { memberId: 'b', epoch: 2 }, at(100, 2), 105)
    expect(ledger.violations).toEqual([])
  })

  it('is broken by an epoch that gives a partition to two members', () => {
    const { promises, ledger } = fixture()
    promises.given(0, { memberId: 'a', epoch: 1 }, at(0), 0)
    promises.released(0, 'a')
    promises.given(0, { memberId: 'b', epoch: 1 }, at(1), 1)
    expect(ledger.violations).toEqual([expect.stringContaining('epoch 1 gave partition 0 to a and to b')])
  })

  it('is broken by an epoch that falls, also for one who joins', () => {
    const { promises, ledger } = fixture()
    promises.told('a', 4, 0, 0)
    promises.told('a', 3, 4, 0)
    promises.told('b', 2, 0, promises.newestEpoch)
    expect(ledger.violations).toEqual(['a was told epoch 3 after 4', 'b was told epoch 2 after 4'])
  })

  it('is broken by a commit that is accepted from one who has the partition no more', () => {
    const { promises, ledger } = fixture()
    promises.given(0, { memberId: 'a', epoch: 1 }, at(0), 0)
    const before = promises.givenLast(0)
    promises.released(0, 'a')
    promises.given(0, { memberId: 'b', epoch: 2 }, at(1), 1)
    promises.acknowledgedCommit(0, { epoch: 1, offset: 5 }, 'a', before)
    expect(ledger.violations).toEqual([])
    promises.acknowledgedCommit(0, { epoch: 1, offset: 6 }, 'a', promises.givenLast(0))
    expect(ledger.violations).toEqual([expect.stringContaining('a commit of epoch 1 was accepted from a')])
  })

  it('is broken by a commit that is found no more, unless a newer epoch may have gone back', () => {
    const { promises, ledger } = fixture()
    promises.attempted(0, { epoch: 1, offset: 9 })
    promises.acknowledgedCommit(0, { epoch: 1, offset: 9 }, 'a', undefined)
    promises.fetched(0, 9, promises.promised(0))
    promises.attempted(0, { epoch: 2, offset: 7 })
    promises.fetched(0, 7, promises.promised(0))
    expect(ledger.violations).toEqual([])
    promises.fetched(0, 8, promises.promised(0))
    expect(ledger.violations).toEqual(['the commit 9 of partition 0 was acknowledged, the group finds 8'])
  })

  it('is broken by a record that no member consumed', () => {
    const { promises, ledger } = fixture()
    promises.acknowledged(0, 0, 'x')
    promises.acknowledged(0, 1, 'y')
    promises.consumed(0, [{ offset: 0, key: 'x' }], 2)
    promises.check(1)
    expect([ledger.violations, promises.consumedEnd(0)]).toEqual([['y at 0/1 was consumed by no member'], 2])
  })
})
