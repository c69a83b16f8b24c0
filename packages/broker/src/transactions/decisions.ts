/**
 * What each request gets in each state of a transactional id (kafka-protocol §5.5, §5.6; KIP-98, KIP-360, KIP-890). Pure:
 * state, request and time go in; an answer or the next state comes out. Whether another transition is still being written
 * has been looked at before (CONCURRENT_TRANSACTIONS), so that these see settled state only.
 */
import { ErrorCode } from '@millrace/protocol/errors'
import {
  EXHAUSTED_EPOCH,
  LAST_EPOCH,
  NO_PARTITIONS,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  includesAll,
  union,
  type TransactionMetadata,
  type TransactionPartitions,
} from './transaction-metadata.ts'
import { isDecided } from './transaction-state.ts'

/** First version of the transaction protocol that gives every transaction an epoch of its own. */
export const EPOCH_PER_TRANSACTION = 2

export interface ProducerIdentity {
  readonly producerId: number
  readonly producerEpoch: number
}

export type Decision =
  /** Nothing changes. With NONE the identity is what the producer goes on with. */
  | { readonly kind: 'answer'; readonly errorCode: number; readonly identity: ProducerIdentity | null }
  /** To be written; then the producer is answered NONE. */
  | { readonly kind: 'transition'; readonly to: TransactionMetadata }
  /** To be written; then the producer is answered CONCURRENT_TRANSACTIONS, and tries again. */
  | { readonly kind: 'fence'; readonly to: TransactionMetadata }
  /** Decide again with a producer id that nobody has had. */
  | { readonly kind: 'needs-producer-id' }

export interface InitRequest {
  readonly timeoutMs: number
  /** What the producer says it has (KIP-360); null: nothing. */
  readonly expected: ProducerIdentity | null
}

function answer(errorCode: number, identity: ProducerIdentity | null = null): Decision {
  return { kind: 'answer', errorCode, identity }
}

/** InitProducerId. `freshProducerId` is null until one is known to be needed. */
export function decideInit(
  current: TransactionMetadata | null,
  request: InitRequest,
  freshProducerId: number | null,
  nowMs: number,
): Decision {
  const { expected, timeoutMs } = request
  if (current === null) {
    if (freshProducerId === null) return { kind: 'needs-producer-id' }
    return { kind: 'transition', to: newTransaction(freshProducerId, timeoutMs, nowMs) }
  }
  if (expected !== null && !ownsProducerId(current, expected)) return answer(ErrorCode.PRODUCER_FENCED)
  if (isDecided(current.state)) return answer(ErrorCode.CONCURRENT_TRANSACTIONS)
  if (current.state === 'Ongoing') return { kind: 'fence', to: fenced(current, nowMs) }
  const rested = { ...current, timeoutMs, state: 'Empty', startMs: -1, lastUpdateMs: nowMs } as const
  const isCurrent = expected === null || expected.producerEpoch === current.producerEpoch
  if (current.producerEpoch >= EXHAUSTED_EPOCH && isCurrent) {
    if (freshProducerId === null) return { kind: 'needs-producer-id' }
    const to: TransactionMetadata = {
      ...rested,
      producerId: freshProducerId,
      producerEpoch: 0,
      previousProducerId: current.producerId,
      lastProducerEpoch: expected === null ? NO_PRODUCER_EPOCH : current.producerEpoch,
    }
    return { kind: 'transition', to }
  }
  if (isCurrent) {
    const lastProducerEpoch = expected === null ? NO_PRODUCER_EPOCH : current.producerEpoch
    return { kind: 'transition', to: { ...rested, producerEpoch: current.producerEpoch + 1, lastProducerEpoch } }
  }
  // The answer to an earlier try was lost: the same again, without another bump.
  if (expected.producerEpoch === current.lastProducerEpoch) return { kind: 'transition', to: rested }
  return answer(ErrorCode.PRODUCER_FENCED)
}

/** AddPartitionsToTxn that adds, and AddOffsetsToTxn. */
export function decideAdd(
  current: TransactionMetadata | null,
  who: ProducerIdentity,
  added: TransactionPartitions,
  clientVersion: number,
  nowMs: number,
): Decision {
  const refusal = refusalOf(current, who)
  if (refusal !== null || current === null) return answer(refusal ?? ErrorCode.INVALID_PRODUCER_ID_MAPPING)
  if (isDecided(current.state)) return answer(ErrorCode.CONCURRENT_TRANSACTIONS)
  const ongoing = current.state === 'Ongoing'
  if (ongoing && includesAll(current.partitions, added)) return answer(ErrorCode.NONE)
  const to: TransactionMetadata = {
    ...current,
    state: 'Ongoing',
    partitions: union(ongoing ? current.partitions : NO_PARTITIONS, added),
    startMs: ongoing ? current.startMs : nowMs,
    lastUpdateMs: nowMs,
    clientVersion,
  }
  return { kind: 'transition', to }
}

/** AddPartitionsToTxn that verifies: TRANSACTION_ABORTABLE for a partition that is not in the transaction. */
export function verify(
  current: TransactionMetadata | null,
  who: ProducerIdentity,
  topic: string,
  partition: number,
): number {
  const refusal = refusalOf(current, who)
  if (refusal !== null || current === null) return refusal ?? ErrorCode.INVALID_PRODUCER_ID_MAPPING
  if (isDecided(current.state)) return ErrorCode.CONCURRENT_TRANSACTIONS
  const isIn = current.state === 'Ongoing' && current.partitions.get(topic)?.has(partition) === true
  return isIn ? ErrorCode.NONE : ErrorCode.TRANSACTION_ABORTABLE
}

export interface EndRequest extends ProducerIdentity {
  readonly commit: boolean
  /** EndTxn version 5 and above speaks version 2. */
  readonly clientVersion: number
}

/** EndTxn. */
export function decideEnd(
  current: TransactionMetadata | null,
  request: EndRequest,
  freshProducerId: number | null,
  nowMs: number,
): Decision {
  if (current === null) return answer(ErrorCode.INVALID_PRODUCER_ID_MAPPING)
  return request.clientVersion >= EPOCH_PER_TRANSACTION
    ? decideEndWithBump(current, request, freshProducerId, nowMs)
    : decidePlainEnd(current, request, nowMs)
}

/** Versions 0 and 1: the epoch stays, so a repeated request is told by the state it finds. */
function decidePlainEnd(current: TransactionMetadata, request: EndRequest, nowMs: number): Decision {
  const refusal = refusalOf(current, request)
  if (refusal !== null) return answer(refusal)
  const { commit } = request
  switch (current.state) {
    case 'Ongoing':
      return { kind: 'transition', to: prepared(current, commit, nowMs, request.clientVersion) }
    case 'PrepareCommit':
      return answer(commit ? ErrorCode.CONCURRENT_TRANSACTIONS : ErrorCode.INVALID_TXN_STATE)
    case 'PrepareAbort':
      return answer(commit ? ErrorCode.INVALID_TXN_STATE : ErrorCode.CONCURRENT_TRANSACTIONS)
    case 'CompleteCommit':
      return answer(commit ? ErrorCode.NONE : ErrorCode.INVALID_TXN_STATE, current)
    case 'CompleteAbort':
      return answer(commit ? ErrorCode.INVALID_TXN_STATE : ErrorCode.NONE, current)
    case 'Empty':
    case 'Dead':
    case 'PrepareEpochFence':
      return answer(ErrorCode.INVALID_TXN_STATE)
  }
}

/** Version 2: every end bumps the epoch, so an old epoch is a repeated request and the current one a new transaction's. */
function decideEndWithBump(
  current: TransactionMetadata,
  request: EndRequest,
  freshProducerId: number | null,
  nowMs: number,
): Decision {
  const { commit, producerId, producerEpoch, clientVersion } = request
  const isCurrent = producerEpoch === current.producerEpoch
  const overflowed =
    current.previousProducerId === producerId && producerEpoch === EXHAUSTED_EPOCH && current.producerEpoch === 0
  const repeats = overflowed || (producerId === current.producerId && current.producerEpoch === producerEpoch + 1)
  if (producerId !== current.producerId && !overflowed) return answer(ErrorCode.INVALID_PRODUCER_ID_MAPPING)
  const end = (): Decision => {
    const exhausted = current.producerEpoch >= EXHAUSTED_EPOCH
    if (exhausted && freshProducerId === null) return { kind: 'needs-producer-id' }
    const to = prepared(current, commit, nowMs, clientVersion)
    const nextProducerId = exhausted && freshProducerId !== null ? freshProducerId : NO_PRODUCER_ID
    return { kind: 'transition', to: { ...to, nextProducerId } }
  }
  switch (current.state) {
    case 'Ongoing':
      return isCurrent ? end() : answer(ErrorCode.PRODUCER_FENCED)
    case 'Empty':
      if (!isCurrent) return answer(ErrorCode.PRODUCER_FENCED)
      return commit ? answer(ErrorCode.INVALID_TXN_STATE) : end()
    case 'PrepareCommit':
    case 'PrepareAbort': {
      if (!repeats) return answer(ErrorCode.PRODUCER_FENCED)
      const same = commit === (current.state === 'PrepareCommit')
      return answer(same ? ErrorCode.CONCURRENT_TRANSACTIONS : ErrorCode.INVALID_TXN_STATE)
    }
    case 'CompleteCommit':
    case 'CompleteAbort': {
      if (!repeats && !isCurrent) return answer(ErrorCode.PRODUCER_FENCED)
      if (!repeats) return commit ? answer(ErrorCode.INVALID_TXN_STATE) : end()
      const same = commit === (current.state === 'CompleteCommit')
      return answer(same ? ErrorCode.NONE : ErrorCode.INVALID_TXN_STATE, current)
    }
    case 'Dead':
    case 'PrepareEpochFence':
      return answer(ErrorCode.INVALID_TXN_STATE)
  }
}

/**
 * An Ongoing transaction is aborted over its producer's head: with an epoch that the producer does not have. Version 2
 * goes up by two, so that the producer's late EndTxn is not taken for a repeated one.
 */
export function fenced(current: TransactionMetadata, nowMs: number): TransactionMetadata {
  const bump = current.clientVersion >= EPOCH_PER_TRANSACTION ? 2 : 1
  return {
    ...current,
    state: 'PrepareAbort',
    producerEpoch: Math.min(LAST_EPOCH, current.producerEpoch + bump),
    lastProducerEpoch: NO_PRODUCER_EPOCH,
    lastUpdateMs: nowMs,
  }
}

/** Whether an Ongoing transaction has lasted longer than its producer allowed. */
export function hasTimedOut(current: TransactionMetadata, nowMs: number): boolean {
  return current.state === 'Ongoing' && current.startMs + current.timeoutMs <= nowMs
}

/** What follows when every marker is written. */
export function completed(current: TransactionMetadata, nowMs: number): TransactionMetadata {
  const moved = current.nextProducerId !== NO_PRODUCER_ID
  return {
    ...current,
    state: current.state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort',
    producerId: moved ? current.nextProducerId : current.producerId,
    producerEpoch: moved ? 0 : current.producerEpoch,
    previousProducerId: moved ? current.producerId : current.previousProducerId,
    nextProducerId: NO_PRODUCER_ID,
    partitions: NO_PARTITIONS,
    lastUpdateMs: nowMs,
  }
}

function prepared(
  current: TransactionMetadata,
  commit: boolean,
  nowMs: number,
  clientVersion: number,
): TransactionMetadata {
  const bumps = clientVersion >= EPOCH_PER_TRANSACTION
  const ongoing = current.state === 'Ongoing'
  return {
    ...current,
    state: commit ? 'PrepareCommit' : 'PrepareAbort',
    producerEpoch: bumps ? current.producerEpoch + 1 : current.producerEpoch,
    lastProducerEpoch: bumps ? current.producerEpoch : current.lastProducerEpoch,
    partitions: ongoing ? current.partitions : NO_PARTITIONS,
    startMs: ongoing ? current.startMs : nowMs,
    lastUpdateMs: nowMs,
    clientVersion,
  }
}

function newTransaction(producerId: number, timeoutMs: number, nowMs: number): TransactionMetadata {
  return {
    producerId,
    previousProducerId: NO_PRODUCER_ID,
    nextProducerId: NO_PRODUCER_ID,
    producerEpoch: 0,
    lastProducerEpoch: NO_PRODUCER_EPOCH,
    timeoutMs,
    state: 'Empty',
    partitions: NO_PARTITIONS,
    startMs: -1,
    lastUpdateMs: nowMs,
    clientVersion: 0,
  }
}

/** The producer has the current id, or the one before whose epochs are used up. */
function ownsProducerId(current: TransactionMetadata, expected: ProducerIdentity): boolean {
  if (expected.producerId === current.producerId) return true
  return expected.producerId === current.previousProducerId && expected.producerEpoch >= EXHAUSTED_EPOCH
}

function refusalOf(current: TransactionMetadata | null, who: ProducerIdentity): number | null {
  if (current === null || current.producerId !== who.producerId) return ErrorCode.INVALID_PRODUCER_ID_MAPPING
  return current.producerEpoch === who.producerEpoch ? null : ErrorCode.PRODUCER_FENCED
}
