/**
 * Appends for ever to the compacted log `users-0` in the directory given while the cleaner runs without a pause. Prints
 * `offset key` of each acknowledged record, and `compacted` for each cleaning. The value of a record is its offset.
 */
import { silentLogger } from '@millrace/base/logger'
// The process of a test: it stands where the engine does.
// oxlint-disable-next-line no-restricted-imports
import { createNodeHost } from '@millrace/host/node-host'
import { buildBatch } from '@millrace/protocol/records/build-batch'
import { Arena } from '../arena.ts'
import { defaultCleanerSettings } from '../cleaner/cleaner-settings.ts'
import { LogManager } from '../log-manager.ts'
import { configOf, TOPIC_ID } from './batches.ts'

const KEYS = 300

const host = createNodeHost()
const arena = new Arena({ slabBytes: 1024 * 1024, tailBytesMax: 4 * 1024 * 1024 })
const directory = process.argv[2] ?? ''
const config = configOf({
  segmentBytes: 60_000,
  cleanupPolicy: { compact: true, delete: false },
  minCleanableDirtyRatio: 0.1,
  fileDeleteDelayMs: 5,
})
const logger = { ...silentLogger, info: (message: string): void => void process.stdout.write(`${message}\n`) }
const cleanerSettings = (): typeof defaultCleanerSettings => ({ ...defaultCleanerSettings, backoffMs: 1 })
LogManager.open(
  { host, logger, directory, clusterId: 'c', nodeId: 1, arena, defaults: config, cleanerSettings },
  (error, manager) => {
    if (manager === null) throw error
    const log = manager.get('users', 0) ?? manager.create({ topic: 'users', partition: 0, topicId: TOPIC_ID, config })
    const appendSome = (): void => {
      const offset = log.nextOffset
      const keys = Array.from({ length: 20 }, () => `key-${host.random.below(KEYS)}`)
      const records = keys.map((key, index) => ({ key: Buffer.from(key), value: Buffer.from(`${offset + index}`) }))
      const batch = buildBatch({ records, timestampMs: host.clock.nowMs(), codec: host.random.below(2) })
      log.appendAsLeader(null, batch, 0, batch.length, 0, (failure) => {
        if (failure === null) process.stdout.write(keys.map((key, index) => `${offset + index} ${key}\n`).join(''))
      })
      log.whenWritten(() => {
        log.highWatermark = log.logEndOffset
        host.tick(appendSome)
      })
    }
    appendSome()
  },
)
