import { describe, expect, it } from 'vitest'
import { setBaseOffset } from '@millrace/protocol/records/batch-header'
import { ErrorCode } from '@millrace/protocol/errors'
import { batchOf } from './test-support/batches.ts'
import { decodeProducerSnapshot } from './producer-snapshot.ts'
import { ProducerStates } from './producer-states.ts'
import { LeaderEpochCache } from './leader-epoch-cache.ts'

const IMAX = 0x7fff_ffff

function batch(
  sequence: number,
  count: number,
  options: { epoch?: number; offset?: number; transactional?: boolean; id?: number } = {},
): Buffer {
  return batchOf(
    Array.from({ length: count }, () => 'v'),
    {
      producerId: options.id ?? 7,
      producerEpoch: options.epoch ?? 0,
      baseSequence: sequence,
      baseOffset: options.offset ?? 0,
      isTransactional: options.transactional ?? false,
    },
  )
}

/** ABORT or COMMIT of producer 1000 at `offset`, coordinator epoch 7. */
function marker(offset: number, type: 'abort' | 'commit'): Buffer {
  const bytes = Buffer.from(
    '000000000000000a0000004200000005028ec7f28500300000000000000192cc09140000000192cc091400' +
      '00000000000003e80000ffffffff000000012000000008000000010c00000000000700',
    'hex',
  )
  setBaseOffset(bytes, 0, offset)
  if (type === 'abort') bytes.writeInt16BE(0, 68)
  return bytes
}

function statesWith(...batches: Buffer[]): ProducerStates {
  const states = new ProducerStates(86_400_000)
  for (const each of batches) states.update(each, 0)
  return states
}

describe('check', () => {
  it('accepts an unknown producer with any sequence, and a batch without a producer', () => {
    const states = statesWith()
    expect(states.check(batch(50, 1), 0)).toBe('append')
    expect(states.check(batchOf(['v']), 0)).toBe('append')
  })

  it('accepts the next sequence and refuses any other', () => {
    const states = statesWith(batch(0, 3))
    expect(states.check(batch(3, 1), 0)).toBe('append')
    expect(states.check(batch(4, 1), 0)).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
    expect(states.check(batch(1, 1), 0)).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
  })

  it('answers one of the last five batches with its original, and an older one with an error', () => {
    const states = statesWith(...[0, 1, 2, 3, 4, 5].map((sequence) => batch(sequence, 1, { offset: 100 + sequence })))
    expect(states.check(batch(1, 1), 0)).toEqual({ duplicate: { baseOffset: 101, lastOffset: 101, timestamp: 1_000 } })
    expect(states.check(batch(0, 1), 0)).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
  })

  it('wraps sequences from 2^31-1 to 0', () => {
    const states = statesWith(batch(IMAX - 1, 3, { offset: 10 }))
    expect(states.get(7)?.batches.at(-1)?.lastSequence).toBe(0)
    expect(states.check(batch(1, 1), 0)).toBe('append')
    expect(states.check(batch(IMAX - 1, 3), 0)).toMatchObject({ duplicate: { baseOffset: 10, lastOffset: 12 } })
  })

  it('demands sequence 0 with a new epoch and refuses an old one', () => {
    const states = statesWith(batch(0, 1, { epoch: 3 }))
    expect(states.check(batch(0, 1, { epoch: 9 }), 0)).toBe('append')
    expect(states.check(batch(1, 1, { epoch: 4 }), 0)).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
    expect(states.check(batch(1, 1, { epoch: 2 }), 0)).toBe(ErrorCode.INVALID_PRODUCER_EPOCH)
  })

  it('forgets a producer after its expiration, unless its transaction is open', () => {
    const states = statesWith(batch(0, 1), batch(0, 1, { id: 1000, transactional: true }))
    states.expire(1_000 + 86_399_999)
    expect(states.size).toBe(2)
    states.expire(1_000 + 86_400_000)
    expect([states.get(7), states.size]).toEqual([undefined, 1])
  })
})

describe('transactions', () => {
  it('hold the last stable offset at their first record until the marker is below the high watermark', () => {
    const states = statesWith(batch(0, 2, { id: 1000, transactional: true, offset: 5 }))
    expect(states.lastStableOffset(100)).toBe(5)
    expect(states.update(marker(10, 'abort'), 0)).toEqual({
      producerId: 1000,
      firstOffset: 5,
      lastOffset: 10,
      aborted: true,
    })
    expect(states.lastStableOffset(10)).toBe(5)
    expect(states.lastStableOffset(11)).toBe(11)
  })

  it('refuse data outside of the open transaction and markers of an older coordinator', () => {
    const states = statesWith(batch(0, 1, { id: 1000, transactional: true }))
    expect(states.check(batch(1, 1, { id: 1000 }), 0)).toBe(ErrorCode.INVALID_TXN_STATE)
    states.update(marker(10, 'commit'), 0)
    expect(states.checkMarker({ producerId: 1000, epoch: 0, coordinatorEpoch: 6 })).toBe(
      ErrorCode.TRANSACTION_COORDINATOR_FENCED,
    )
    expect(states.checkMarker({ producerId: 1000, epoch: 0, coordinatorEpoch: 7 })).toBe(0)
  })
})

describe('snapshot', () => {
  it('keeps of each producer the last batch and the open transaction', () => {
    const states = statesWith(
      batch(0, 1),
      batch(1, 2, { offset: 1 }),
      batch(0, 1, { id: 1000, transactional: true, offset: 3 }),
    )
    const restored = new ProducerStates(86_400_000)
    restored.loadSnapshot(decodeProducerSnapshot(states.encodeSnapshot()) ?? [], 4, 2_000)
    expect(restored.check(batch(1, 2), 0)).toMatchObject({ duplicate: { baseOffset: 1 } })
    expect(restored.check(batch(3, 1), 0)).toBe('append')
    expect(restored.lastStableOffset(100)).toBe(3)
    expect(restored.encodeSnapshot()).toEqual(states.encodeSnapshot())
  })
})

describe('offsets that a group coordinator commits in a transaction', () => {
  const commit = (offset: number): Buffer => batch(-1, 1, { offset, transactional: true, id: 1000 })

  it('hold back the last stable offset until the marker, without sequences', () => {
    const states = statesWith(commit(5), commit(6))
    expect(states.get(1000)).toMatchObject({ currentTxnFirstOffset: 5, batches: [] })
    expect(states.lastStableOffset(20)).toBe(5)
    states.update(marker(7, 'commit'), 0)
    expect(states.lastStableOffset(20)).toBe(20)
  })

  it('cannot be cut from memory, nor can a marker', () => {
    expect(statesWith(commit(5)).truncateTo(5)).toBe(false)
    expect(statesWith(commit(5)).truncateTo(6)).toBe(true)
    expect(statesWith(marker(7, 'abort')).truncateTo(7)).toBe(false)
    expect(statesWith(marker(7, 'abort')).truncateTo(8)).toBe(true)
  })
})

describe('leader epochs', () => {
  function cache(...entries: [number, number][]): LeaderEpochCache {
    const epochs = new LeaderEpochCache({ entries: [], logEndOffset: () => 50, onChange: () => undefined })
    for (const [epoch, start] of entries) epochs.assign(epoch, start)
    return epochs
  }

  it('answer the end of an epoch by the start of the next, and of the latest by the log end', () => {
    const epochs = cache([2, 10], [5, 30])
    const ends = [-1, 1, 2, 3, 5, 6].map((epoch) => epochs.endOffsetFor(epoch))
    expect(ends.map(({ epoch, endOffset }) => [epoch, endOffset])).toEqual([
      [-1, -1],
      [1, 10],
      [2, 30],
      [2, 30],
      [5, 50],
      [-1, -1],
    ])
  })

  it('drop what a new assignment contradicts', () => {
    expect(cache([1, 0], [3, 20], [4, 30], [2, 10]).entries).toEqual([
      { epoch: 1, startOffset: 0 },
      { epoch: 2, startOffset: 10 },
    ])
    expect(cache([1, 0], [1, 5]).entries).toEqual([{ epoch: 1, startOffset: 0 }])
    expect(cache([1, 10], [2, 10]).entries).toEqual([{ epoch: 2, startOffset: 10 }])
  })

  it('follow truncation at both ends', () => {
    const epochs = cache([1, 0], [2, 10], [3, 20])
    epochs.truncateFromEnd(20)
    epochs.truncateFromStart(15)
    expect(epochs.entries).toEqual([{ epoch: 2, startOffset: 15 }])
    expect([epochs.epochAt(14), epochs.epochAt(16)]).toEqual([-1, 2])
  })
})
