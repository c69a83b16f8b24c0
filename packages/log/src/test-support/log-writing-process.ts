/** Appends for ever to `orders-0` in the directory given, and prints the last offset of each acknowledged batch. */
import { silentLogger } from '@millrace/base/logger'
// The process of a test: it stands where the engine does.
// oxlint-disable-next-line no-restricted-imports
import { createNodeHost } from '@millrace/host/node-host'
import { Arena } from '../arena.ts'
import { LogManager } from '../log-manager.ts'
import { batchOf, configOf, TOPIC_ID } from './batches.ts'

const host = createNodeHost()
const arena = new Arena({ slabBytes: 1024 * 1024, tailBytesMax: 4 * 1024 * 1024 })
const directory = process.argv[2] ?? ''
LogManager.open(
  { host, logger: silentLogger, directory, clusterId: 'c', nodeId: 1, arena, defaults: configOf() },
  (error, manager) => {
    if (manager === null) throw error
    const config = configOf({ segmentBytes: 400_000 })
    const log = manager.create({ topic: 'orders', partition: 0, topicId: TOPIC_ID, config })
    const appendSome = (): void => {
      for (let i = 0; i < 20; i++) {
        const offset = log.nextOffset
        const padding = '.'.repeat(offset % 50 === 0 ? 70_000 : 100)
        const batch = batchOf([`${offset}${padding}`, `${offset + 1}${padding}`])
        log.appendAsLeader(null, batch, 0, batch.length, 0, (failure, base) => {
          if (failure === null) process.stdout.write(`${base + 1}\n`)
        })
      }
      log.whenWritten(() => host.tick(appendSome))
    }
    appendSome()
  },
)
