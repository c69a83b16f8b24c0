import { expect, test } from 'vitest'
import { silentLogger } from '@millrace/base/logger'
import { Arena } from '@millrace/log/arena'
import { defaultLogConfig } from '@millrace/log/log-config'
import { LogManager } from '@millrace/log/log-manager'
import { baseOffset } from '@millrace/protocol/records/batch-header'
import { buildBatch } from '@millrace/protocol/records/build-batch'
import { World } from '@millrace/testkit/world'
import type { Partition } from '../replication/partition.ts'
import { replayPartition } from './replay-partition.ts'

test('a replay sees what an earlier epoch has queued and not yet written', () => {
  const world = new World({ seed: 1 })
  const host = world.addHost('broker')
  let logs: LogManager | null = null
  LogManager.open(
    {
      host,
      logger: silentLogger,
      directory: '/data',
      clusterId: 'c',
      nodeId: 1,
      arena: new Arena({ slabBytes: 64 * 1024, tailBytesMax: 256 * 1024 }),
      defaults: defaultLogConfig,
    },
    (_error, opened) => (logs = opened),
  )
  world.runUntil(() => logs !== null)
  const log = (logs as unknown as LogManager).create({
    topic: '__consumer_offsets',
    partition: 0,
    topicId: 'AAECAwQFBgcICQoLDA0ODw',
    config: defaultLogConfig,
  })
  const batch = buildBatch({ records: [{ value: Buffer.from('a commit') }], timestampMs: 1 })
  log.appendAsLeader(null, batch, 0, batch.length, 0, () => {})
  expect(log.logEndOffset).toBe(0)
  const seen: number[] = []
  let done = false
  const partition = {
    log,
    get logStartOffset() {
      return log.logStartOffset
    },
    get logEndOffset() {
      return log.logEndOffset
    },
  } as unknown as Partition
  replayPartition({
    host,
    partition,
    goesOn: () => true,
    visit: (bytes, at) => seen.push(baseOffset(bytes, at)),
    done: (error) => {
      expect(error).toBeNull()
      done = true
    },
  })
  world.runUntil(() => done)
  expect(seen).toEqual([0])
})
