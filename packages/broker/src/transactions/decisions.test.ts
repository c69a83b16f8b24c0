import { describe, expect, it } from 'vitest'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  completed,
  decideAdd,
  decideEnd,
  decideInit,
  fenced,
  hasTimedOut,
  verify,
  type Decision,
  type InitRequest,
} from './decisions.ts'
import { NO_PARTITIONS, type TransactionMetadata } from './transaction-metadata.ts'
import { checkTransition, transactionStates, type TransactionState } from './transaction-state.ts'

const NOW = 10_000
const PARTITIONS = new Map([['orders', new Set([0, 1])]])
const STATES = Object.keys(transactionStates) as TransactionState[]

function known(state: TransactionState, more: Partial<TransactionMetadata> = {}): TransactionMetadata {
  const isOpen = state === 'Ongoing' || state === 'PrepareCommit' || state === 'PrepareAbort'
  return {
    producerId: 7,
    previousProducerId: -1,
    nextProducerId: -1,
    producerEpoch: 3,
    lastProducerEpoch: -1,
    timeoutMs: 1_000,
    state,
    partitions: isOpen ? PARTITIONS : NO_PARTITIONS,
    startMs: isOpen ? 9_500 : -1,
    lastUpdateMs: 9_500,
    clientVersion: 0,
    ...more,
  }
}

/** The answer as `name`, or the next state as `-> State id/epoch`. */
function told(decision: Decision): string {
  if (decision.kind === 'answer') {
    const name = Object.entries(ErrorCode).find(([, code]) => code === decision.errorCode)?.[0] ?? '?'
    return name
  }
  if (decision.kind === 'needs-producer-id') return decision.kind
  const { state, producerId, producerEpoch } = decision.to
  return `${decision.kind === 'fence' ? 'fence' : ''}-> ${state} ${producerId}/${producerEpoch}`
}

describe('the state table', () => {
  it.each(STATES.flatMap((from) => STATES.map((to) => [from, to] as const)))('%s to %s is checked', (from, to) => {
    const check = (): void => checkTransition('t', from, to)
    if (transactionStates[to].follows.includes(from)) expect(check).not.toThrow()
    else expect(check).toThrow(/illegal transition/)
  })

  it('lets a new transactional id begin as Empty only', () => {
    for (const to of STATES) {
      const check = (): void => checkTransition('t', null, to)
      if (to === 'Empty') expect(check).not.toThrow()
      else expect(check).toThrow(/illegal transition/)
    }
  })
})

describe('InitProducerId', () => {
  const init = (
    current: TransactionMetadata | null,
    expected: InitRequest['expected'] = null,
    fresh: number | null = null,
  ): string => told(decideInit(current, { timeoutMs: 60_000, expected }, fresh, NOW))

  it('gives a new transactional id a producer id of its own', () => {
    expect(init(null)).toBe('needs-producer-id')
    expect(init(null, null, 99)).toBe('-> Empty 99/0')
  })

  it.each(['Empty', 'CompleteCommit', 'CompleteAbort'] as const)('bumps the epoch in %s', (state) => {
    expect(init(known(state))).toBe('-> Empty 7/4')
  })

  it.each(['PrepareCommit', 'PrepareAbort'] as const)('waits for the markers in %s', (state) => {
    expect(init(known(state))).toBe('CONCURRENT_TRANSACTIONS')
  })

  it('fences and aborts what is Ongoing first', () => {
    expect(init(known('Ongoing'))).toBe('fence-> PrepareAbort 7/4')
  })

  it('goes up by two epochs over a version 2 producer, whose late EndTxn would look like a repeated one', () => {
    expect(init(known('Ongoing', { clientVersion: 2 }))).toBe('fence-> PrepareAbort 7/5')
    expect(init(known('Ongoing', { clientVersion: 2, producerEpoch: 32_766 }))).toBe('fence-> PrepareAbort 7/32767')
  })

  it('moves to another producer id when the epochs are used up', () => {
    expect(init(known('Empty', { producerEpoch: 32_765 }))).toBe('-> Empty 7/32766')
    expect(init(known('Empty', { producerEpoch: 32_766 }))).toBe('needs-producer-id')
    expect(init(known('CompleteAbort', { producerEpoch: 32_767 }), null, 8)).toBe('-> Empty 8/0')
  })

  it('bumps for the producer that has the current epoch', () => {
    expect(init(known('CompleteCommit'), { producerId: 7, producerEpoch: 3 })).toBe('-> Empty 7/4')
  })

  it('gives the same again to a producer whose answer was lost', () => {
    expect(init(known('Empty', { lastProducerEpoch: 2 }), { producerId: 7, producerEpoch: 2 })).toBe('-> Empty 7/3')
    const moved = known('Empty', { producerId: 8, producerEpoch: 0, previousProducerId: 7, lastProducerEpoch: 32_766 })
    expect(init(moved, { producerId: 7, producerEpoch: 32_766 })).toBe('-> Empty 8/0')
  })

  it('fences every other producer that says what it has', () => {
    expect(init(known('Empty'), { producerId: 6, producerEpoch: 3 })).toBe('PRODUCER_FENCED')
    expect(init(known('Empty'), { producerId: 7, producerEpoch: 2 })).toBe('PRODUCER_FENCED')
    expect(init(known('Empty'), { producerId: 7, producerEpoch: 4 })).toBe('PRODUCER_FENCED')
    expect(init(known('Ongoing'), { producerId: 6, producerEpoch: 3 })).toBe('PRODUCER_FENCED')
  })
})

describe('AddPartitionsToTxn', () => {
  const more = new Map([['payments', new Set([2])]])
  const add = (
    current: TransactionMetadata | null,
    who = { producerId: 7, producerEpoch: 3 },
    added = more,
  ): Decision => decideAdd(current, who, added, 0, NOW)

  it.each(['Empty', 'CompleteCommit', 'CompleteAbort'] as const)('begins a transaction in %s', (state) => {
    const decision = add(known(state))
    expect(told(decision)).toBe('-> Ongoing 7/3')
    expect(decision).toMatchObject({ to: { startMs: NOW, partitions: more } })
  })

  it('keeps the start of an Ongoing transaction and adds to its partitions', () => {
    expect(add(known('Ongoing'))).toMatchObject({
      to: { startMs: 9_500, partitions: new Map([...PARTITIONS, ...more]) },
    })
  })

  it('answers at once what is in the transaction already', () => {
    expect(told(add(known('Ongoing'), undefined, new Map([['orders', new Set([1])]])))).toBe('NONE')
  })

  it.each(['PrepareCommit', 'PrepareAbort'] as const)('waits in %s', (state) => {
    expect(told(add(known(state)))).toBe('CONCURRENT_TRANSACTIONS')
  })

  it('refuses another producer id, another epoch, and an unknown id', () => {
    expect(told(add(null))).toBe('INVALID_PRODUCER_ID_MAPPING')
    expect(told(add(known('Ongoing'), { producerId: 8, producerEpoch: 3 }))).toBe('INVALID_PRODUCER_ID_MAPPING')
    expect(told(add(known('Ongoing'), { producerId: 7, producerEpoch: 2 }))).toBe('PRODUCER_FENCED')
    expect(told(add(known('Ongoing'), { producerId: 7, producerEpoch: 4 }))).toBe('PRODUCER_FENCED')
  })
})

describe('verification', () => {
  const who = { producerId: 7, producerEpoch: 3 }

  it('finds partitions of the transaction, and no others', () => {
    expect(verify(known('Ongoing'), who, 'orders', 1)).toBe(ErrorCode.NONE)
    expect(verify(known('Ongoing'), who, 'orders', 2)).toBe(ErrorCode.TRANSACTION_ABORTABLE)
    expect(verify(known('Ongoing'), who, 'payments', 0)).toBe(ErrorCode.TRANSACTION_ABORTABLE)
  })

  it.each([
    ['Empty', ErrorCode.TRANSACTION_ABORTABLE],
    ['CompleteCommit', ErrorCode.TRANSACTION_ABORTABLE],
    ['CompleteAbort', ErrorCode.TRANSACTION_ABORTABLE],
    ['PrepareCommit', ErrorCode.CONCURRENT_TRANSACTIONS],
    ['PrepareAbort', ErrorCode.CONCURRENT_TRANSACTIONS],
  ] as const)('in %s answers %d', (state, errorCode) => {
    expect(verify(known(state), who, 'orders', 0)).toBe(errorCode)
  })

  it('tells the fenced and the unknown', () => {
    expect(verify(null, who, 'orders', 0)).toBe(ErrorCode.INVALID_PRODUCER_ID_MAPPING)
    expect(verify(known('Ongoing'), { ...who, producerEpoch: 2 }, 'orders', 0)).toBe(ErrorCode.PRODUCER_FENCED)
  })
})

describe('EndTxn of versions 0 and 1', () => {
  const end = (current: TransactionMetadata | null, commit: boolean, producerEpoch = 3, producerId = 7): string =>
    told(decideEnd(current, { producerId, producerEpoch, commit, clientVersion: 0 }, null, NOW))

  it.each([
    ['Empty', 'INVALID_TXN_STATE', 'INVALID_TXN_STATE'],
    ['Ongoing', '-> PrepareCommit 7/3', '-> PrepareAbort 7/3'],
    ['PrepareCommit', 'CONCURRENT_TRANSACTIONS', 'INVALID_TXN_STATE'],
    ['PrepareAbort', 'INVALID_TXN_STATE', 'CONCURRENT_TRANSACTIONS'],
    ['CompleteCommit', 'NONE', 'INVALID_TXN_STATE'],
    ['CompleteAbort', 'INVALID_TXN_STATE', 'NONE'],
    ['Dead', 'INVALID_TXN_STATE', 'INVALID_TXN_STATE'],
    ['PrepareEpochFence', 'INVALID_TXN_STATE', 'INVALID_TXN_STATE'],
  ] as const)('in %s answers a commit with %s and an abort with %s', (state, commit, abort) => {
    expect(end(known(state), true)).toBe(commit)
    expect(end(known(state), false)).toBe(abort)
  })

  it.each([2, 4])('fences epoch %d, lower or higher', (epoch) => {
    for (const state of STATES) expect(end(known(state), true, epoch)).toBe('PRODUCER_FENCED')
  })

  it('refuses another producer id and an unknown id', () => {
    expect(end(known('Ongoing'), true, 3, 8)).toBe('INVALID_PRODUCER_ID_MAPPING')
    expect(end(null, true)).toBe('INVALID_PRODUCER_ID_MAPPING')
  })
})

describe('EndTxn of version 2', () => {
  const end = (
    current: TransactionMetadata | null,
    commit: boolean,
    producerEpoch: number,
    fresh: number | null = null,
    producerId = 7,
  ): string => told(decideEnd(current, { producerId, producerEpoch, commit, clientVersion: 2 }, fresh, NOW))

  it.each([
    // state, epoch asked with, commit, abort; the state's own epoch is 3
    ['Empty', 3, 'INVALID_TXN_STATE', '-> PrepareAbort 7/4'],
    ['Empty', 2, 'PRODUCER_FENCED', 'PRODUCER_FENCED'],
    ['Ongoing', 3, '-> PrepareCommit 7/4', '-> PrepareAbort 7/4'],
    ['Ongoing', 2, 'PRODUCER_FENCED', 'PRODUCER_FENCED'],
    ['PrepareCommit', 2, 'CONCURRENT_TRANSACTIONS', 'INVALID_TXN_STATE'],
    ['PrepareCommit', 3, 'PRODUCER_FENCED', 'PRODUCER_FENCED'],
    ['PrepareAbort', 2, 'INVALID_TXN_STATE', 'CONCURRENT_TRANSACTIONS'],
    ['PrepareAbort', 1, 'PRODUCER_FENCED', 'PRODUCER_FENCED'],
    ['CompleteCommit', 2, 'NONE', 'INVALID_TXN_STATE'],
    ['CompleteCommit', 3, 'INVALID_TXN_STATE', '-> PrepareAbort 7/4'],
    ['CompleteCommit', 1, 'PRODUCER_FENCED', 'PRODUCER_FENCED'],
    ['CompleteAbort', 2, 'INVALID_TXN_STATE', 'NONE'],
    ['CompleteAbort', 3, 'INVALID_TXN_STATE', '-> PrepareAbort 7/4'],
  ] as const)('in %s with epoch %d answers a commit with %s and an abort with %s', (state, epoch, commit, abort) => {
    expect(end(known(state), true, epoch)).toBe(commit)
    expect(end(known(state), false, epoch)).toBe(abort)
  })

  it('gives the next producer id with the decision when the epochs are used up, and knows its repeated request', () => {
    const last = known('Ongoing', { producerEpoch: 32_766 })
    expect(end(last, true, 32_766)).toBe('needs-producer-id')
    const decision = decideEnd(last, { producerId: 7, producerEpoch: 32_766, commit: true, clientVersion: 2 }, 90, NOW)
    if (decision.kind !== 'transition') throw new Error('no transition')
    expect(decision.to).toMatchObject({ producerId: 7, producerEpoch: 32_767, nextProducerId: 90 })
    const after = completed(decision.to, NOW)
    expect(after).toMatchObject({ state: 'CompleteCommit', producerId: 90, producerEpoch: 0, previousProducerId: 7 })
    expect(end(after, true, 32_766)).toBe('NONE')
    expect(end(after, true, 5)).toBe('INVALID_PRODUCER_ID_MAPPING')
  })
})

describe('time', () => {
  it('is up when the transaction is as old as its timeout, in Ongoing only', () => {
    expect(hasTimedOut(known('Ongoing', { startMs: NOW - 1_000 }), NOW)).toBe(true)
    expect(hasTimedOut(known('Ongoing', { startMs: NOW - 999 }), NOW)).toBe(false)
    expect(hasTimedOut(known('PrepareCommit', { startMs: 0 }), NOW)).toBe(false)
  })

  it('fences with an epoch that the producer cannot bump from', () => {
    const aborted = fenced(known('Ongoing', { lastProducerEpoch: 2 }), NOW)
    expect(aborted).toMatchObject({ state: 'PrepareAbort', producerEpoch: 4, lastProducerEpoch: -1 })
    const again = decideInit(
      completed(aborted, NOW),
      { timeoutMs: 1, expected: { producerId: 7, producerEpoch: 3 } },
      null,
      NOW,
    )
    expect(told(again)).toBe('PRODUCER_FENCED')
  })
})
