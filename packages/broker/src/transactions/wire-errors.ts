/** How errors of transactions are told to clients of old versions (kafka-protocol §5.6). */
import { ErrorCode } from '@millrace/protocol/errors'

/** PRODUCER_FENCED is new in `fencedVersion`, TRANSACTION_ABORTABLE in `abortableVersion`. */
export interface TransactionErrorVersions {
  readonly fencedVersion: number
  readonly abortableVersion: number
}

export const INIT_PRODUCER_ID_ERRORS: TransactionErrorVersions = { fencedVersion: 4, abortableVersion: 5 }
export const ADD_PARTITIONS_ERRORS: TransactionErrorVersions = { fencedVersion: 2, abortableVersion: 5 }
export const ADD_OFFSETS_ERRORS: TransactionErrorVersions = { fencedVersion: 2, abortableVersion: 4 }
export const END_TXN_ERRORS: TransactionErrorVersions = { fencedVersion: 2, abortableVersion: 4 }
/** Produce and TxnOffsetCommit never tell PRODUCER_FENCED. */
export const PRODUCE_ERRORS: TransactionErrorVersions = { fencedVersion: Infinity, abortableVersion: 11 }
export const TXN_OFFSET_COMMIT_ERRORS: TransactionErrorVersions = { fencedVersion: Infinity, abortableVersion: 4 }

export function transactionError(errorCode: number, apiVersion: number, versions: TransactionErrorVersions): number {
  if (errorCode === ErrorCode.PRODUCER_FENCED && apiVersion < versions.fencedVersion)
    return ErrorCode.INVALID_PRODUCER_EPOCH
  if (errorCode === ErrorCode.TRANSACTION_ABORTABLE && apiVersion < versions.abortableVersion)
    return ErrorCode.INVALID_TXN_STATE
  return errorCode
}

/** Of a verification that could not be made: what producers take as "try again". Version 2 producers know better. */
export function verificationError(errorCode: number, adds: boolean): number {
  switch (errorCode) {
    case ErrorCode.NETWORK_EXCEPTION:
    case ErrorCode.REQUEST_TIMED_OUT:
    case ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
    case ErrorCode.COORDINATOR_NOT_AVAILABLE:
    case ErrorCode.NOT_COORDINATOR:
      return ErrorCode.NOT_ENOUGH_REPLICAS
    case ErrorCode.CONCURRENT_TRANSACTIONS:
      return adds ? errorCode : ErrorCode.NOT_ENOUGH_REPLICAS
    default:
      return errorCode
  }
}
