/** Batches and reads for the tests of this package. */
import type { Host } from '@millrace/base/host'
import type { Logger } from '@millrace/base/logger'
import { baseOffset, batchSizeBytes, crcMatches, nextOffset } from '@millrace/protocol/records/batch-header'
import { buildBatch } from '@millrace/protocol/records/build-batch'
import { readRecords } from '@millrace/protocol/records/records'
import { Arena } from '../arena.ts'
import type { CleanerSettings } from '../cleaner/cleaner-settings.ts'
import { defaultLogConfig, type LogConfig } from '../log-config.ts'
import { LogManager } from '../log-manager.ts'
import type { LogRead, ReadRequest } from '../log-types.ts'
import type { PartitionLog } from '../partition-log.ts'

export const TOPIC_ID = 'AAECAwQFBgcICQoLDA0ODw'
export const DIRECTORY = '/data/logs'

export interface BatchOptions {
  readonly timestampMs?: number
  readonly baseOffset?: number
  readonly leaderEpoch?: number
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly isTransactional?: boolean
  readonly codec?: number
}

/** A batch of one record per value. */
export function batchOf(values: readonly string[], options: BatchOptions = {}): Buffer {
  const { timestampMs = 1_000, leaderEpoch, ...rest } = options
  return buildBatch({
    records: values.map((value) => ({ value: Buffer.from(value) })),
    timestampMs,
    ...(leaderEpoch === undefined ? {} : { partitionLeaderEpoch: leaderEpoch }),
    ...rest,
  })
}

export function configOf(changes: Partial<LogConfig> = {}): LogConfig {
  return { ...defaultLogConfig, ...changes }
}

export function openManager(
  host: Host,
  logger: Logger,
  run: (until: () => boolean) => void,
  changes: {
    readonly arena?: Arena
    readonly openFilesMax?: number
    readonly defaults?: LogConfig
    readonly directory?: string
    readonly cleanerSettings?: () => CleanerSettings
  } = {},
): LogManager {
  let opened: LogManager | null = null
  let failure: Error | null = null
  LogManager.open(
    {
      host,
      logger,
      directory: changes.directory ?? DIRECTORY,
      clusterId: 'cluster-1',
      nodeId: 1,
      arena: changes.arena ?? new Arena({ slabBytes: 64 * 1024, tailBytesMax: 256 * 1024, poison: true }),
      defaults: changes.defaults ?? configOf(),
      ...(changes.cleanerSettings === undefined ? {} : { cleanerSettings: changes.cleanerSettings }),
      ...(changes.openFilesMax === undefined ? {} : { openFilesMax: changes.openFilesMax }),
      poison: true,
    },
    (error, manager) => {
      failure = error
      opened = manager
    },
  )
  run(() => opened !== null || failure !== null)
  if (failure !== null) throw failure
  return opened as unknown as LogManager
}

export interface Appended {
  error: Error | null
  baseOffset: number
  done: boolean
  logAppendTimeMs: number
}

/** Appends and tells, later, what came of it. */
export function append(log: PartitionLog, batch: Buffer, leaderEpoch = 0): Appended {
  const result: Appended = { error: null, baseOffset: -1, done: false, logAppendTimeMs: -1 }
  log.appendAsLeader(null, batch, 0, batch.length, leaderEpoch, (error, offset, logAppendTimeMs) => {
    Object.assign(result, { error, baseOffset: offset, done: true, logAppendTimeMs })
  })
  return result
}

/** Reads through `read`, or `readCold` when that declines. */
export function readAny(log: PartitionLog, request: ReadRequest, run: (until: () => boolean) => void): LogRead {
  const hot = log.read(request)
  if (hot !== null) return hot
  return readCold(log, request, run)
}

export function readCold(log: PartitionLog, request: ReadRequest, run: (until: () => boolean) => void): LogRead {
  let result: LogRead | null = null
  let failure: Error | null = null
  log.readCold(request, (error, read) => {
    failure = error
    result = read
  })
  run(() => failure !== null || result !== null)
  if (failure !== null) throw failure
  return result as unknown as LogRead
}

/** `offset:value` of every record, read batch by batch; checks CRCs and releases. */
export function contentOf(read: LogRead): string[] {
  const found: string[] = []
  for (const bytes of read.buffers) {
    for (let at = 0; at < bytes.length; at += batchSizeBytes(bytes, at)) {
      if (!crcMatches(bytes, at)) throw new Error(`checksum of the batch at ${baseOffset(bytes, at)} does not match`)
      for (const record of readRecords(bytes, at)) found.push(`${record.offset}:${String(record.value)}`)
    }
  }
  read.release?.()
  return found
}

/** Everything from `offset` to the log end. */
export function readAll(
  log: PartitionLog,
  run: (until: () => boolean) => void,
  from: number = log.logStartOffset,
): string[] {
  const found: string[] = []
  let offset = from
  while (offset < log.logEndOffset) {
    const request = { offset, maxBytes: 10_000, endOffset: log.logEndOffset, atLeastOne: true }
    const read = readAny(log, request, run)
    const next = read.lastOffset + 1
    found.push(...contentOf(read))
    if (next <= offset) throw new Error(`nothing to read at ${offset}, below the log end ${log.logEndOffset}`)
    offset = next
  }
  return found
}

export function nextOffsetOf(batch: Buffer): number {
  return nextOffset(batch, 0)
}
