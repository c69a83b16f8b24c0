/** What a leader checks before a batch goes into its log: the batch itself, then its producer (kafka-protocol §2.5, 4–7). */
import { AppendError } from '@millrace/log/append-error'
import type { PartitionLog } from '@millrace/log/partition-log'
import type { LogConfig } from '@millrace/metadata/configs/log-config'
import { ErrorCode } from '@millrace/protocol/errors'
import { batchSizeBytes, BATCH_HEADER_BYTES, recordCount } from '@millrace/protocol/records/batch-header'
import type { BatchRules } from '@millrace/protocol/records/validate-batch'
import type { PartitionEnvironment } from './partition-environment.ts'
import type { AppendOptions, AppendRefusal } from './append-types.ts'

export type AppendCheck =
  | { readonly kind: 'sound'; readonly recordCount: number }
  | { readonly kind: 'refused'; readonly errorCode: number; readonly refusal: AppendRefusal | null }
  | {
      readonly kind: 'duplicate'
      readonly baseOffset: number
      readonly lastOffset: number
      readonly logAppendTimeMs: number
    }

/** Produce versions below 7 know no zstd; a coordinator's batches come from no request. */
const NEWEST_PRODUCE = 13

/**
 * What compressed records may become. Kafka reads them as a stream and has no limit; here they are unpacked as a whole, in
 * one turn of the loop: a few kilobytes that stand for hundreds of megabytes would stop the broker for all its clients.
 */
const DECOMPRESSED_PER_MESSAGE_BYTE = 16
const DECOMPRESSED_BYTES_FLOOR = 16 * 1024 * 1024

/** The checks that need the log: of a batch that has been prepared. Changes nothing. */
export function checkAppend(
  log: PartitionLog,
  environment: PartitionEnvironment,
  bytes: Buffer,
  start: number,
  end: number,
  options: AppendOptions,
): AppendCheck {
  const settings = environment.topicSettings(log.topic)
  if (options.origin === 'coordinator') {
    const size = end - start
    if (size < BATCH_HEADER_BYTES || batchSizeBytes(bytes, start) !== size)
      return refused(ErrorCode.CORRUPT_MESSAGE, null)
    if (size > settings.maxMessageBytes) return refused(ErrorCode.MESSAGE_TOO_LARGE, null)
    return { kind: 'sound', recordCount: recordCount(bytes, start) }
  }
  const verdict = log.producers.check(bytes, start)
  if (verdict === 'append') return { kind: 'sound', recordCount: recordCount(bytes, start) }
  if (typeof verdict === 'number') return refused(verdict, null)
  const { baseOffset, lastOffset, timestamp } = verdict.duplicate
  const usesLogAppendTime = settings.messageTimestampType === 'LogAppendTime'
  return { kind: 'duplicate', baseOffset, lastOffset, logAppendTimeMs: usesLogAppendTime ? timestamp : -1 }
}

/** What a client's batch must look like, by the topic's settings. */
export function batchRules(settings: LogConfig, environment: PartitionEnvironment, options: AppendOptions): BatchRules {
  return {
    produceVersion: options.produceVersion ?? NEWEST_PRODUCE,
    messageBytesMax: settings.maxMessageBytes,
    segmentBytesMax: settings.segmentBytes,
    isCompacted: settings.cleanupPolicy.compact,
    usesLogAppendTime: settings.messageTimestampType === 'LogAppendTime',
    nowMs: environment.host.clock.nowMs(),
    timestampBeforeMaxMs: settings.messageTimestampBeforeMaxMs,
    timestampAfterMaxMs: settings.messageTimestampAfterMaxMs,
    decompressedBytesMax: Math.max(DECOMPRESSED_BYTES_FLOOR, DECOMPRESSED_PER_MESSAGE_BYTE * settings.maxMessageBytes),
    checksRecords: !environment.validateHeadersOnly,
  }
}

function refused(errorCode: number, refusal: AppendRefusal | null): AppendCheck {
  return { kind: 'refused', errorCode, refusal }
}

/** What an append is answered whose write failed. While the log is sound it was cut off: leadership had been lost. */
export function writeErrorCode(log: PartitionLog, error: Error): number {
  if (log.offline !== null) return ErrorCode.KAFKA_STORAGE_ERROR
  return error instanceof AppendError && error.reason === 'corrupt'
    ? ErrorCode.CORRUPT_MESSAGE
    : ErrorCode.NOT_LEADER_OR_FOLLOWER
}
