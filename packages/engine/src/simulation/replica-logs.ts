/**
 * What the replicas of a partition hold up to the high watermark, byte for byte. A compacted log is compacted by each
 * replica in its own time: below the active segments only the last record of every key must be the same.
 */
import { createHash } from 'node:crypto'
import type { Broker } from '@millrace/broker/broker'
import type { LogRead } from '@millrace/log/log-types'
import type { PartitionLog } from '@millrace/log/partition-log'
import { isControl, isTransactional } from '@millrace/protocol/records/batch-header'
import { visitBatches, visitRecords } from '@millrace/protocol/records/records'
import type { World } from '@millrace/testkit/world'

const READ_BYTES = 1024 * 1024

/** Bytes of the batches in `[startOffset, endOffset)`. Runs the world. */
export function readLog(world: World, log: PartitionLog, startOffset: number, endOffset: number): Buffer {
  const pieces: Buffer[] = []
  let done = false
  const take = (read: LogRead): void => {
    for (const buffer of read.buffers) pieces.push(Buffer.from(buffer))
    const next = read.lastOffset + 1
    read.release?.()
    readFrom(next)
  }
  const readFrom = (offset: number): void => {
    if (offset >= endOffset) {
      done = true
      return
    }
    const request = { offset, maxBytes: READ_BYTES, endOffset, atLeastOne: true }
    log.readCold(request, (error, read) => {
      if (error !== null || read === null || read.sizeBytes === 0)
        throw new Error(`${log.topic}-${log.partition} cannot be read at ${offset}: ${error?.message ?? 'nothing'}`)
      take(read)
    })
  }
  readFrom(startOffset)
  world.runUntil(() => done)
  return Buffer.concat(pieces)
}

/** What differs between the replicas of `topic`; empty when they are the same. Runs the world. */
export function compareReplicas(
  world: World,
  brokers: ReadonlyMap<number, Broker>,
  topic: string,
  partitions: number,
): { readonly differences: string[]; readonly digest: string } {
  const differences: string[] = []
  const digest = createHash('sha256')
  for (let partition = 0; partition < partitions; partition++) {
    const replicas = [...brokers].flatMap(([id, broker]) => {
      const replica = broker.runtime.replicaManager.get(topic, partition)
      return replica === undefined ? [] : [{ id, replica }]
    })
    const endOffset = Math.min(...replicas.map(({ replica }) => replica.highWatermark))
    const isCompacted = replicas.some(({ replica }) => replica.log.config.cleanupPolicy.compact)
    const logStart = Math.max(...replicas.map(({ replica }) => replica.log.logStartOffset))
    const activeStart = Math.max(...replicas.map(({ replica }) => replica.log.segments.active.baseOffset))
    const startOffset = isCompacted ? Math.max(logStart, activeStart) : logStart
    const contents = replicas.map(({ id, replica }) => ({
      id,
      bytes: readLog(world, replica.log, startOffset, endOffset),
    }))
    if (isCompacted) {
      const wholes = replicas.map(({ replica }) => readLog(world, replica.log, logStart, endOffset))
      for (const key of keysThatDiffer(wholes))
        differences.push(`${topic}-${partition} below ${endOffset}: the last record of ${key}`)
    }
    const [first, ...others] = contents
    if (first === undefined) continue
    digest.update(first.bytes)
    for (const other of others) {
      if (other.bytes.equals(first.bytes)) continue
      const at = first.bytes.findIndex((byte, index) => byte !== other.bytes[index])
      differences.push(
        `${topic}-${partition} below ${endOffset} differs between ${first.id} (${first.bytes.length} bytes) and ` +
          `${other.id} (${other.bytes.length} bytes) from byte ${at}`,
      )
    }
  }
  return { differences, digest: digest.digest('hex') }
}

/**
 * Keys whose last records differ, and where they are in each log. A deletion may be gone from one replica and not yet from another. Keys written in
 * transactions are left out: aborted records may be gone or not.
 */
function keysThatDiffer(logs: readonly Buffer[]): string[] {
  const transactional = new Set<string>()
  const latest = logs.map((bytes) => {
    const last = new Map<string, { readonly offset: number; readonly isDeletion: boolean }>()
    visitBatches(bytes, 0, bytes.length, (at) => {
      if (isControl(bytes, at)) return
      visitRecords(bytes, at, (record) => {
        const key = record.key?.toString('hex') ?? ''
        if (isTransactional(bytes, at)) transactional.add(key)
        last.set(key, { offset: record.offset, isDeletion: record.value === null })
      })
    })
    return last
  })
  const differs = (key: string): boolean => {
    const offsets = latest.flatMap((last) => {
      const record = last.get(key)
      return record === undefined || record.isDeletion ? [] : [record.offset]
    })
    const gone = latest.some((last) => !last.has(key))
    const deleted = latest.every((last) => last.get(key)?.isDeletion !== false)
    return !deleted && (gone || new Set(offsets).size > 1 || offsets.length < latest.length)
  }
  const shown = (key: string): string =>
    latest
      .map((last) => `${last.get(key)?.offset ?? 'none'}${last.get(key)?.isDeletion === true ? '!' : ''}`)
      .join(', ')
  const keys = new Set(latest.flatMap((last) => [...last.keys()]))
  return [...keys]
    .filter((key) => !transactional.has(key) && differs(key))
    .map((key) => `key ${Buffer.from(key, 'hex').toString()} is at ${shown(key)}`)
}
