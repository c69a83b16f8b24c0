import { describe, expect, it } from 'vitest'
import { silentLogger } from '@millrace/base/logger'
import { ErrorCode } from '@millrace/protocol/errors'
import { isTransactional, producerEpoch, producerId } from '@millrace/protocol/records/batch-header'
import { buildTransactionMarker } from '@millrace/protocol/records/control-records'
import { World } from '@millrace/testkit/world'
import type { AppendCallback } from '../replication/append-types.ts'
import type { Partition } from '../replication/partition.ts'
import { Commits } from './commits.ts'
import { GroupShard } from './shard.ts'

const NOBODY = { memberId: '', groupInstanceId: null, generationId: -1 }

/** A shard over a partition that is an array of batches. */
function serve(batches: Buffer[] = [], knownEpoch = -1) {
  const world = new World({ seed: 1 })
  const host = world.addHost('broker-1')
  const partition = {
    partition: 0,
    logStartOffset: 0,
    logEndOffset: batches.length,
    log: {
      whenWritten: (done: (error: Error | null) => void) => done(null),
      producers: { get: () => (knownEpoch < 0 ? undefined : { epoch: knownEpoch }) },
      read: ({ offset }: { offset: number }) => ({ buffers: batches.slice(offset), release: null }),
    },
    isLeader: true,
    appendAsLeader(_slab: null, bytes: Buffer, start: number, end: number, _options: object, done: AppendCallback) {
      const batch = Buffer.from(bytes.subarray(start, end))
      batch.writeBigInt64BE(BigInt(batches.length), 0)
      const baseOffset = batches.push(batch) - 1
      host.timers.set(1, () => done(0, baseOffset, -1, null))
    },
  } as unknown as Partition
  const shard = new GroupShard({ host, logger: silentLogger, partition, leaderEpoch: 0, appendTimeoutMs: 5_000 })
  shard.load(() => {})
  world.advance(5)
  const commits = new Commits(shard, 10)
  const commit = (offset: number, claim = NOBODY, epoch = 1): readonly number[] => {
    let told: readonly number[] = []
    const offsets = [{ topic: 't', partition: 0, offset, leaderEpoch: -1, metadata: '' }]
    commits.commitTransactional({ groupId: 'g', claim, producerId: 7, producerEpoch: epoch, offsets }, (codes) => {
      told = codes
    })
    world.advance(5)
    return told
  }
  const offset = (): number | undefined => commits.fetch('g', 't', 0)?.offset
  const commitPlainly = (committed: number): void => {
    const offsets = [{ topic: 't', partition: 0, offset: committed, leaderEpoch: -1, metadata: '' }]
    commits.commit({ groupId: 'g', claim: NOBODY, retentionMs: -1, apiVersion: 8, offsets }, () => {})
    world.advance(5)
  }
  const deleteTopic = (): void => {
    commits.forgetTopics(new Set(['t']))
    world.advance(5)
  }
  return { batches, shard, commits, commit, commitPlainly, deleteTopic, offset }
}

function marker(commit: boolean, at: number): Buffer {
  const timestampMs = 1
  return buildTransactionMarker({
    commit,
    producerId: 7,
    producerEpoch: 1,
    coordinatorEpoch: 0,
    timestampMs,
    baseOffset: at,
  })
}

describe('offsets of a transaction', () => {
  it('are written as a transactional batch, and seen by nobody before the marker', () => {
    const { batches, shard, commits, commit, offset } = serve()
    expect(commit(5)).toEqual([0])
    const batch = batches[0] as Buffer
    expect([isTransactional(batch, 0), producerId(batch, 0), producerEpoch(batch, 0)]).toEqual([true, 7, 1])
    expect(offset()).toBeUndefined()
    expect(commits.isUnstable('g', 't', 0)).toBe(true)
    shard.transactionEnded(7, true)
    expect(offset()).toBe(5)
    expect(commits.isUnstable('g', 't', 0)).toBe(false)
  })

  it('are the last that were committed in it, and are forgotten with an abort', () => {
    const { shard, commits, commit, offset } = serve()
    commit(5)
    commit(6)
    shard.transactionEnded(7, true)
    commit(9)
    shard.transactionEnded(7, false)
    expect(offset()).toBe(6)
    expect(commits.isUnstable('g', 't', 0)).toBe(false)
  })

  it('are settled or pending after a load, as the log says', () => {
    const { batches, commit } = serve()
    commit(5)
    batches.push(marker(true, 1))
    commit(6)
    const settled = serve([...batches, marker(false, 3)])
    expect(settled.offset()).toBe(5)
    expect(settled.commits.isUnstable('g', 't', 0)).toBe(false)
    const pending = serve([...batches])
    expect(pending.commits.isUnstable('g', 't', 0)).toBe(true)
    pending.shard.transactionEnded(7, true)
    expect(pending.offset()).toBe(6)
  })

  it('are refused for a fenced producer, an unknown generation and metadata that is too long', () => {
    expect(serve([], 2).commit(5)).toEqual([ErrorCode.INVALID_PRODUCER_EPOCH])
    expect(serve().commit(5, { ...NOBODY, memberId: 'm', generationId: 3 })).toEqual([ErrorCode.ILLEGAL_GENERATION])
  })

  it('do not take the place of a plain commit that stands behind them in the log', () => {
    const { batches, shard, commit, commitPlainly, offset } = serve()
    commit(5)
    commitPlainly(8)
    expect(offset()).toBe(8)
    shard.transactionEnded(7, true)
    expect(offset()).toBe(8)
    expect(serve([...batches, marker(true, 2)]).offset()).toBe(8)
    commitPlainly(3)
    commit(9)
    shard.transactionEnded(7, true)
    expect(offset()).toBe(9)
    expect(serve([...batches.slice(0, 2), marker(true, 2), ...batches.slice(2), marker(true, 5)]).offset()).toBe(9)
  })

  it('are dropped with their topic, and do not come back with the marker', () => {
    const { batches, shard, commits, commit, deleteTopic, offset } = serve()
    commit(5)
    deleteTopic()
    expect(commits.isUnstable('g', 't', 0)).toBe(false)
    shard.transactionEnded(7, true)
    expect(offset()).toBeUndefined()
    const loaded = serve([...batches, marker(true, 2)])
    expect(loaded.offset()).toBeUndefined()
    expect(loaded.shard.pendingOffsets.hasGroup('g')).toBe(false)
  })

  it('keep their group from expiring', () => {
    const { shard, commits, commit } = serve()
    commit(5)
    shard.transactionEnded(7, true)
    commit(6)
    commits.expire(1_000_000)
    expect(shard.pendingOffsets.hasGroup('g')).toBe(true)
    expect(shard.groups.has('g')).toBe(true)
  })
})
