import { describe, expect, it } from 'vitest'
import { DeliveryState, type StateBatch } from '../share-coordinator/share-state.ts'
import { AcknowledgeType, InFlightRecords, type AcquireOptions } from './in-flight-records.ts'

const { ACCEPT, RELEASE, REJECT, RENEW, GAP } = AcknowledgeType

function options(memberId = 'm', recordsMax = 1000): AcquireOptions {
  return { memberId, deadlineMs: 100, recordsMax, isStrict: false }
}

function window(start = 0, stored: StateBatch[] = [], deliveryCountMax = 5): InFlightRecords {
  return new InFlightRecords(start, stored, () => deliveryCountMax)
}

function ack(firstOffset: number, lastOffset: number, ...acknowledgeTypes: number[]) {
  return [{ firstOffset, lastOffset, acknowledgeTypes }]
}

function acknowledge(records: InFlightRecords, ...args: Parameters<typeof ack>): readonly StateBatch[] {
  const taken = records.acknowledge('m', ack(...args), 500)
  if (typeof taken === 'string') throw new Error(taken)
  records.settle(taken.settling, true)
  return taken.batches
}

describe('InFlightRecords', () => {
  it('acquires a record batch whole, or record by record when strict', () => {
    const records = window()
    expect(records.acquire({ first: 0, last: 9 }, options('m', 3))).toEqual([
      { firstOffset: 0, lastOffset: 9, deliveryCount: 1 },
    ])
    expect(records.acquire({ first: 10, last: 19 }, { ...options('m', 3), isStrict: true })).toEqual([
      { firstOffset: 10, lastOffset: 12, deliveryCount: 1 },
    ])
    expect(records.nextOffset()).toBe(13)
    expect(records.endOffset).toBe(20)
  })

  it('gives nobody what another member holds', () => {
    const records = window()
    records.acquire({ first: 0, last: 4 }, options('a'))
    expect(records.acquire({ first: 0, last: 9 }, options('b'))).toEqual([
      { firstOffset: 5, lastOffset: 9, deliveryCount: 1 },
    ])
    expect(records.acknowledge('b', ack(0, 4, ACCEPT), 0)).toBe('invalid-state')
  })

  it('takes back exactly the ranges that a member gives back, as far as it has them still', () => {
    const records = window()
    records.acquire({ first: 0, last: 4 }, options('a'))
    const [given] = records.acquire({ first: 5, last: 9 }, options('a'))
    records.acquire({ first: 10, last: 14 }, options('b'))
    const taken = records.acknowledge('a', ack(7, 7, ACCEPT), 0)
    const all = [
      given ?? { firstOffset: -1, lastOffset: -1, deliveryCount: 0 },
      { firstOffset: 10, lastOffset: 14, deliveryCount: 1 },
    ]
    const available = { deliveryState: DeliveryState.AVAILABLE, deliveryCount: 1 }
    expect(typeof taken).toBe('object')
    expect(records.giveBack('a', all)).toEqual([
      { firstOffset: 5, lastOffset: 6, ...available },
      { firstOffset: 8, lastOffset: 9, ...available },
    ])
    expect(records.giveBack('a', all)).toEqual([])
    expect(records.nextOffset()).toBe(5)
    expect(records.acquire({ first: 0, last: 14 }, options('c')).map(({ firstOffset }) => firstOffset)).toEqual([5, 8])
  })

  it('moves the start offset only when the acknowledgement is durable', () => {
    const records = window()
    records.acquire({ first: 0, last: 9 }, options())
    const taken = records.acknowledge('m', ack(0, 4, ACCEPT), 0)
    if (typeof taken === 'string') throw new Error(taken)
    expect(records.startOffset).toBe(0)
    expect(records.startOffsetAfter(new Set([taken.settling]))).toBe(5)
    expect(records.acknowledge('m', ack(0, 4, ACCEPT), 0)).toBe('invalid-state')
    expect(records.expire(1000)).toEqual([
      { firstOffset: 5, lastOffset: 9, deliveryState: DeliveryState.AVAILABLE, deliveryCount: 1 },
    ])
    records.settle(taken.settling, true)
    expect(records.startOffset).toBe(5)
  })

  it('takes a failed acknowledgement back', () => {
    const records = window()
    records.acquire({ first: 0, last: 9 }, options())
    const taken = records.acknowledge('m', ack(0, 9, ACCEPT), 0)
    if (typeof taken === 'string') throw new Error(taken)
    records.settle(taken.settling, false)
    expect(records.startOffset).toBe(0)
    expect(acknowledge(records, 0, 9, ACCEPT)).toHaveLength(1)
    expect(records.startOffset).toBe(10)
  })

  it('takes types per offset, and none of a request of which one is wrong', () => {
    const records = window()
    records.acquire({ first: 0, last: 4 }, options())
    const twice = [...ack(0, 1, ACCEPT), ...ack(2, 9, ACCEPT)]
    expect(records.acknowledge('m', twice, 0)).toBe('out-of-range')
    expect(acknowledge(records, 0, 4, ACCEPT, ACCEPT, RELEASE, REJECT, GAP)).toEqual([
      { firstOffset: 0, lastOffset: 1, deliveryState: DeliveryState.ACKNOWLEDGED, deliveryCount: 1 },
      { firstOffset: 2, lastOffset: 2, deliveryState: DeliveryState.AVAILABLE, deliveryCount: 1 },
      { firstOffset: 3, lastOffset: 3, deliveryState: DeliveryState.ARCHIVED, deliveryCount: 1 },
      { firstOffset: 4, lastOffset: 4, deliveryState: DeliveryState.ARCHIVED, deliveryCount: 1 },
    ])
    expect([records.startOffset, records.nextOffset(), records.endOffset]).toEqual([2, 2, 5])
    expect(records.acquire({ first: 0, last: 4 }, options())).toEqual([
      { firstOffset: 2, lastOffset: 2, deliveryCount: 2 },
    ])
    expect(acknowledge(records, 0, 2, ACCEPT)).toHaveLength(1)
    expect(records.startOffset).toBe(5)
  })

  it('archives a record that was delivered as often as allowed', () => {
    const records = window(0, [], 2)
    for (const deliveryState of [DeliveryState.AVAILABLE, DeliveryState.ARCHIVED]) {
      records.acquire({ first: 0, last: 0 }, options())
      expect(records.release('m')).toMatchObject([{ deliveryState }])
    }
    expect([records.startOffset, records.endOffset]).toEqual([1, 1])
  })

  it('keeps a renewed lock beyond its first end', () => {
    const records = window()
    records.acquire({ first: 0, last: 3 }, options())
    acknowledge(records, 0, 1, RENEW)
    expect(records.expire(100)).toEqual([
      { firstOffset: 2, lastOffset: 3, deliveryState: DeliveryState.AVAILABLE, deliveryCount: 1 },
    ])
    expect(records.nextDeadlineMs()).toBe(500)
  })

  it('starts from stored batches with what lies between them available', () => {
    const stored = [
      { firstOffset: 10, lastOffset: 14, deliveryState: DeliveryState.ACKNOWLEDGED, deliveryCount: 1 },
      { firstOffset: 20, lastOffset: 24, deliveryState: DeliveryState.AVAILABLE, deliveryCount: 2 },
    ]
    const records = window(10, stored)
    expect([records.startOffset, records.nextOffset(), records.endOffset]).toEqual([15, 15, 25])
    expect(records.acquire({ first: 15, last: 24 }, options())).toEqual([
      { firstOffset: 15, lastOffset: 19, deliveryCount: 1 },
      { firstOffset: 20, lastOffset: 24, deliveryCount: 3 },
    ])
    expect(records.completeCount(new Set())).toBe(0)
  })

  it('passes over offsets that hold nothing, in the window and beyond it', () => {
    const records = window()
    records.acquire({ first: 0, last: 4 }, options())
    records.archive({ first: 5, last: 6 })
    expect(records.acquire({ first: 7, last: 9 }, options())).toHaveLength(1)
    expect(acknowledge(records, 0, 4, ACCEPT)).toHaveLength(1)
    expect(records.startOffset).toBe(7)
  })

  it('forgets what the log has deleted, also what is held', () => {
    const records = window()
    records.acquire({ first: 0, last: 9 }, options())
    records.logStartMoved(4)
    expect(records.startOffset).toBe(4)
    expect(acknowledge(records, 0, 9, ACCEPT)).toMatchObject([{ firstOffset: 4, lastOffset: 9 }])
    records.logStartMoved(50)
    expect([records.startOffset, records.nextOffset(), records.size]).toEqual([50, 50, 0])
  })

  it('never loses or doubles an offset, whatever happens', () => {
    let seed = 7
    const below = (bound: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff
      return seed % bound
    }
    const records = window(0, [], 1000)
    const held: { firstOffset: number; lastOffset: number; member: string }[] = []
    const accepted = new Set<number>()
    for (let step = 0; step < 3000; step++) {
      const member = `m${below(3)}`
      const choice = below(10)
      if (choice < 5) {
        const first = records.nextOffset()
        for (const range of records.acquire({ first, last: first + below(8) }, options(member, 1 + below(6))))
          held.push({ ...range, member })
      } else if (choice < 9 && held.length > 0) {
        const [range] = held.splice(below(held.length), 1)
        if (range === undefined) continue
        const type = below(3) === 0 ? RELEASE : ACCEPT
        const taken = records.acknowledge(range.member, ack(range.firstOffset, range.lastOffset, type), 0)
        if (typeof taken === 'string') throw new Error(taken)
        const isDurable = below(8) > 0
        records.settle(taken.settling, isDurable)
        if (!isDurable) held.push(range)
        else if (type === ACCEPT)
          for (let offset = range.firstOffset; offset <= range.lastOffset; offset++) {
            expect(accepted.has(offset)).toBe(false)
            accepted.add(offset)
          }
      } else {
        records.release(member)
        held.splice(0, held.length, ...held.filter((range) => range.member !== member))
      }
      expect(records.startOffset).toBeLessThanOrEqual(records.nextOffset())
    }
    for (let offset = 0; offset < records.startOffset; offset++) expect(accepted.has(offset)).toBe(true)
    expect(records.startOffset).toBeGreaterThan(500)
  })
})
