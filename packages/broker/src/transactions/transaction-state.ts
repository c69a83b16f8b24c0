/**
 * The states of a transactional id (kafka-protocol §5.5; KIP-98, KIP-890) as a table: the number a record holds, and the
 * states that each may follow. The names are the ones DescribeTransactions and ListTransactions print.
 */
import { invariant } from '@millrace/base/invariant'

export type TransactionState =
  | 'Empty'
  | 'Ongoing'
  | 'PrepareCommit'
  | 'PrepareAbort'
  | 'CompleteCommit'
  | 'CompleteAbort'
  | 'Dead'
  | 'PrepareEpochFence'

interface StateRow {
  /** As `__transaction_state` has it. */
  readonly id: number
  /** States it may follow; a transactional id without any begins at 'Empty'. */
  readonly follows: readonly TransactionState[]
}

export const transactionStates: Readonly<Record<TransactionState, StateRow>> = {
  /** A producer id and epoch, no transaction since they were given. */
  Empty: { id: 0, follows: ['Empty', 'CompleteCommit', 'CompleteAbort'] },
  /** Partitions have been added. */
  Ongoing: { id: 1, follows: ['Ongoing', 'Empty', 'CompleteCommit', 'CompleteAbort'] },
  /** Decided: the markers are on their way. */
  PrepareCommit: { id: 2, follows: ['Ongoing'] },
  /** As PrepareCommit; version 2 also aborts what has not begun, for the sake of the next epoch. */
  PrepareAbort: { id: 3, follows: ['Ongoing', 'Empty', 'CompleteCommit', 'CompleteAbort'] },
  /** Every marker is written. */
  CompleteCommit: { id: 4, follows: ['PrepareCommit'] },
  CompleteAbort: { id: 5, follows: ['PrepareAbort'] },
  /** Expired; a tombstone is on its way. Never in a record. */
  Dead: { id: 6, follows: ['Empty', 'CompleteCommit', 'CompleteAbort'] },
  /** Kafka's name, in its memory only, for an Ongoing transaction that is about to be aborted with a higher epoch. */
  PrepareEpochFence: { id: 7, follows: ['Ongoing'] },
}

export function isTransactionState(name: string): name is TransactionState {
  return Object.hasOwn(transactionStates, name)
}

/** The state with this number; null when there is none. */
export function transactionStateOf(id: number): TransactionState | null {
  for (const [name, row] of Object.entries(transactionStates)) if (row.id === id) return name as TransactionState
  return null
}

/** Whether a decision has been written whose markers are not all in the partitions yet. */
export function isDecided(state: TransactionState): state is 'PrepareCommit' | 'PrepareAbort' {
  return state === 'PrepareCommit' || state === 'PrepareAbort'
}

/** Whether no transaction is under way, so that the next may begin. */
export function isAtRest(state: TransactionState): state is 'Empty' | 'CompleteCommit' | 'CompleteAbort' {
  return state === 'Empty' || state === 'CompleteCommit' || state === 'CompleteAbort'
}

/** Throws InvariantError unless `to` may follow `from` (null: the transactional id is new). */
export function checkTransition(transactionalId: string, from: TransactionState | null, to: TransactionState): void {
  const legal = from === null ? to === 'Empty' : transactionStates[to].follows.includes(from)
  invariant(legal, 'illegal transition of a transaction', { transactionalId, from, to })
}
