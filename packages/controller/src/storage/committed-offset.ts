/**
 * `recovery-point-offset-checkpoint` of the controller's directory, in Kafka's format: below the offset that it tells the
 * metadata log had been committed. It may lag behind, and is never ahead. Without it a log that was changed or cut short at
 * rest could not be told from one that a crash has torn, and the start would cut off what was committed.
 */
import type { Host } from '@millrace/base/host'
import type { Logger } from '@millrace/base/logger'
import {
  CheckpointFile,
  decodeOffsetCheckpoint,
  encodeOffsetCheckpoint,
  RECOVERY_POINT_CHECKPOINT,
} from '@millrace/log/checkpoints'
import { METADATA_TOPIC } from './directory.ts'

/** A write costs a sync of its own. */
const INTERVAL_MS = 10_000

/** 0 when nothing tells; a file that cannot be read is told of, and made again. */
export function readCommittedOffset({ disk }: Host, logger: Logger, directory: string): number {
  const path = `${directory}/${RECOVERY_POINT_CHECKPOINT}`
  if (!disk.exists(path)) return 0
  try {
    return decodeOffsetCheckpoint(disk.readFile(path)).find(({ topic }) => topic === METADATA_TOPIC)?.offset ?? 0
  } catch (error) {
    logger.warn('the checkpoint of the metadata log is malformed and will be written again', {
      path,
      error: String(error),
    })
    return 0
  }
}

export class CommittedOffset {
  readonly #host: Host
  readonly #logger: Logger
  readonly #file: CheckpointFile
  #nextMs = 0

  constructor(host: Host, logger: Logger, directory: string) {
    this.#host = host
    this.#logger = logger
    this.#file = new CheckpointFile(host.disk, `${directory}/${RECOVERY_POINT_CHECKPOINT}`)
  }

  /** All below `offset` is durable. Written now and then, not each time. */
  moved(offset: number): void {
    const nowMs = this.#host.clock.monotonicMs()
    if (nowMs < this.#nextMs || this.#file.isBusy) return
    this.#nextMs = nowMs + INTERVAL_MS
    this.#file.write(encode(offset), (error) => {
      if (error !== null) this.#failed(error)
    })
  }

  /** The last one, at once. */
  close(offset: number): void {
    try {
      this.#file.writeNow(encode(offset))
    } catch (error) {
      this.#failed(error as Error)
    }
  }

  /** Older content is as true. */
  #failed(error: Error): void {
    this.#logger.warn('the checkpoint of the metadata log could not be written', { error: error.message })
  }
}

function encode(offset: number): Buffer {
  return encodeOffsetCheckpoint([{ topic: METADATA_TOPIC, partition: 0, offset }])
}
