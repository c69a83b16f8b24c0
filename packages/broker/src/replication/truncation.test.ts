import { describe, expect, test } from 'vitest'
import { buildBatch } from '@millrace/protocol/records/build-batch'
import { divergence, truncationOffset, wholeBatchStart } from './truncation.ts'

describe('divergence seen by the leader', () => {
  test('none when the epoch reaches at least as far as the follower', () => {
    expect(divergence({ epoch: 3, endOffset: 100 }, 3, 100)).toBeNull()
    expect(divergence({ epoch: 3, endOffset: 100 }, 3, 40)).toBeNull()
  })

  test('the follower is told the end of the epoch when it is beyond it', () => {
    expect(divergence({ epoch: 3, endOffset: 100 }, 3, 101)).toEqual({ epoch: 3, endOffset: 100 })
  })

  test('the follower is told an earlier epoch when its last one never existed here', () => {
    expect(divergence({ epoch: 2, endOffset: 100 }, 3, 90)).toEqual({ epoch: 2, endOffset: 100 })
  })
})

describe('truncation of the follower', () => {
  test("goes to the end of the epoch in the leader's log", () => {
    expect(truncationOffset({ epoch: 3, endOffset: 90 }, { epoch: 3, endOffset: 120 }, 120)).toBe(90)
  })

  test('goes to the own end of the epoch when that comes first', () => {
    expect(truncationOffset({ epoch: 3, endOffset: 90 }, { epoch: 3, endOffset: 70 }, 120)).toBe(70)
  })

  test("goes to the end of the next smaller own epoch when the leader's is not known", () => {
    expect(truncationOffset({ epoch: 3, endOffset: 90 }, { epoch: 2, endOffset: 60 }, 120)).toBe(60)
  })

  test('goes by the leader alone when no own epoch is that small', () => {
    expect(truncationOffset({ epoch: 1, endOffset: 50 }, { epoch: -1, endOffset: -1 }, 120)).toBe(50)
    expect(truncationOffset({ epoch: 1, endOffset: 500 }, { epoch: -1, endOffset: -1 }, 120)).toBe(120)
  })
})

describe("a replica with nothing in it, when the leader's log begins inside a batch", () => {
  const batch = buildBatch({
    baseOffset: 107,
    timestampMs: 1,
    records: Array.from({ length: 5 }, () => ({ value: Buffer.from('v') })),
  })

  test('begins where the batch begins', () => {
    expect(wholeBatchStart({ logStartOffset: 110, nextOffset: 110 }, batch)).toBe(107)
  })

  test('stays where it is when the batch begins there, or lies elsewhere', () => {
    expect(wholeBatchStart({ logStartOffset: 107, nextOffset: 107 }, batch)).toBeNull()
    expect(wholeBatchStart({ logStartOffset: 50, nextOffset: 50 }, batch)).toBeNull()
    expect(wholeBatchStart({ logStartOffset: 112, nextOffset: 112 }, batch)).toBeNull()
  })

  test('is not cut when it holds anything', () => {
    expect(wholeBatchStart({ logStartOffset: 100, nextOffset: 110 }, batch)).toBeNull()
  })
})
