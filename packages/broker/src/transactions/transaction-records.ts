/**
 * The records of `__transaction_state` (kafka-records §3.3): key { int16 0, transactional id }, value { int16 version, body }.
 * Version 1, flexible, once transaction.version is finalized at 1 or above; a null value is a tombstone. Partitions are
 * null in Empty and a list otherwise.
 */
import { decodeMessage, encodeMessage } from '@millrace/protocol/codec'
import { DecodeError } from '@millrace/protocol/primitives/decode-error'
import { Reader } from '@millrace/protocol/primitives/reader'
import { Writer } from '@millrace/protocol/primitives/writer'
import type { RecordInput } from '@millrace/protocol/records/build-batch'
import { NO_PRODUCER_EPOCH, type TransactionMetadata } from './transaction-metadata.ts'
import { transactionStateOf, transactionStates } from './transaction-state.ts'

const KEY_VERSION = 0

const transactionLogKey = {
  kind: 'data',
  name: 'TransactionLogKey',
  versions: '0',
  flexibleVersions: 'none',
  fields: [{ name: 'transactionalId', type: 'string' }],
} as const

const transactionLogValue = {
  kind: 'data',
  name: 'TransactionLogValue',
  versions: '0-1',
  flexibleVersions: '1+',
  fields: [
    { name: 'producerId', type: 'int64' },
    { name: 'producerEpoch', type: 'int16' },
    { name: 'transactionTimeoutMs', type: 'int32' },
    { name: 'transactionStatus', type: 'int8' },
    {
      name: 'transactionPartitions',
      type: '[]struct',
      nullableVersions: '0+',
      fields: [
        { name: 'topic', type: 'string' },
        { name: 'partitionIds', type: '[]int32' },
      ],
    },
    { name: 'transactionLastUpdateTimestampMs', type: 'int64' },
    { name: 'transactionStartTimestampMs', type: 'int64' },
    { name: 'previousProducerId', type: 'int64', versions: '1+', tag: 0, default: -1, ignorable: true },
    { name: 'nextProducerId', type: 'int64', versions: '1+', tag: 1, default: -1, ignorable: true },
    { name: 'clientTransactionVersion', type: 'int16', versions: '1+', tag: 2, default: 0, ignorable: true },
  ],
} as const

/** What a record says; null metadata is a tombstone. */
export interface ReadTransaction {
  readonly transactionalId: string
  readonly metadata: TransactionMetadata | null
}

/** @param transactionVersion the finalized level of the feature transaction.version */
export function transactionRecord(
  transactionalId: string,
  metadata: TransactionMetadata | null,
  transactionVersion: number,
): RecordInput {
  const key = new Writer()
  key.int16(KEY_VERSION)
  encodeMessage(transactionLogKey, KEY_VERSION, { transactionalId }, key)
  if (metadata === null) return { key: key.finishBuffer(), value: null }
  const version = transactionVersion >= 1 ? 1 : 0
  const partitions = [...metadata.partitions].map(([topic, indexes]) => ({ topic, partitionIds: [...indexes] }))
  const value = new Writer()
  value.int16(version)
  const body = {
    producerId: metadata.producerId,
    producerEpoch: metadata.producerEpoch,
    transactionTimeoutMs: metadata.timeoutMs,
    transactionStatus: transactionStates[metadata.state].id,
    transactionPartitions: metadata.state === 'Empty' ? null : partitions,
    transactionLastUpdateTimestampMs: metadata.lastUpdateMs,
    transactionStartTimestampMs: metadata.startMs,
    previousProducerId: metadata.previousProducerId,
    nextProducerId: metadata.nextProducerId,
    clientTransactionVersion: metadata.clientVersion,
  }
  encodeMessage(transactionLogValue, version, body, value)
  return { key: key.finishBuffer(), value: value.finishBuffer() }
}

/** Reads one record; null for a key of another kind. Throws DecodeError when the bytes are not what their version says. */
export function readTransactionRecord(key: Buffer, value: Buffer | null): ReadTransaction | null {
  const keyReader = new Reader(key)
  if (keyReader.int16() !== KEY_VERSION) return null
  const { transactionalId } = decodeMessage(transactionLogKey, KEY_VERSION, keyReader)
  if (value === null) return { transactionalId, metadata: null }
  const reader = new Reader(value)
  const version = reader.int16()
  if (version !== 0 && version !== 1) throw new DecodeError(`version ${version} of a transaction's record`)
  const body = decodeMessage(transactionLogValue, version, reader)
  const state = transactionStateOf(body.transactionStatus)
  if (state === null) throw new DecodeError(`transaction status ${body.transactionStatus}`)
  const partitions = new Map<string, ReadonlySet<number>>()
  for (const { topic, partitionIds } of body.transactionPartitions ?? []) partitions.set(topic, new Set(partitionIds))
  const metadata: TransactionMetadata = {
    producerId: body.producerId,
    previousProducerId: body.previousProducerId,
    nextProducerId: body.nextProducerId,
    producerEpoch: body.producerEpoch,
    lastProducerEpoch: NO_PRODUCER_EPOCH,
    timeoutMs: body.transactionTimeoutMs,
    state,
    partitions,
    startMs: body.transactionStartTimestampMs,
    lastUpdateMs: body.transactionLastUpdateTimestampMs,
    clientVersion: body.clientTransactionVersion,
  }
  return { transactionalId, metadata }
}
