/** What all logs of one directory share: the outside world, memory, open files and the group commit. */
import type { Host } from '@millrace/base/host'
import type { Logger } from '@millrace/base/logger'
import { Arena } from './arena.ts'
import { BackgroundQueue } from './background-queue.ts'
import { CommitScheduler } from './commit-scheduler.ts'
import { CorruptionReport } from './corrupt-batch.ts'
import { deviceClock } from './device-clock.ts'
import { DescriptorLru } from './descriptor-lru.ts'
import { Removals } from './removals.ts'
import { IndexMemory } from './index-memory.ts'
import type { FileAccess } from './segment-file.ts'
import { SyncWriteLimit } from './sync-write-limit.ts'

const OPEN_FILES_MAX = 1024
/** Of a log without an arena: the metadata log, which is read in small pieces. */
const READ_SLAB_BYTES = 256 * 1024

export interface LogContext {
  readonly host: Host
  readonly logger: Logger
  /** Where appended bytes live that their caller does not keep; null: on the heap, and nothing is cached. */
  readonly arena: Arena | null
  /** Buffers for reads from files; not part of any tail. */
  readonly readArena: Arena
  readonly files: FileAccess
  readonly indexMemory: IndexMemory
  readonly commits: CommitScheduler
  readonly syncWrites: SyncWriteLimit
  readonly background: BackgroundQueue
  readonly removals: Removals
  readonly corruption: CorruptionReport
  /** producer.id.expiration.ms */
  readonly producerIdExpirationMs: number | (() => number)
  /** A truncation went below a recovery point: the checkpoint says too much and is to be written again soon. */
  readonly recoveryPointFell: () => void
  /** Records were deleted from the start, inside a segment: only the checkpoint tells, and is to be written soon. */
  readonly logStartMoved: () => void
}

export interface LogContextOptions {
  readonly host: Host
  readonly logger: Logger
  readonly arena: Arena | null
  /** Most files held open; 1024 unless given. */
  readonly openFilesMax?: number
  /** producer.id.expiration.ms; a day unless given. */
  readonly producerIdExpirationMs?: number | (() => number)
  /** Whom to tell that the recovery point checkpoint is to be written soon; nobody unless given. */
  readonly recoveryPointFell?: () => void
  /** Whom to tell that the log start checkpoint is to be written soon; nobody unless given. */
  readonly logStartMoved?: () => void
  /** For tests: poison released read buffers. */
  readonly poison?: boolean
}

export function createLogContext(options: LogContextOptions): LogContext {
  const { host, logger, arena } = options
  const descriptors = new DescriptorLru({ disk: host.disk, limit: options.openFilesMax ?? OPEN_FILES_MAX })
  const background = new BackgroundQueue(host)
  return {
    host,
    logger,
    arena,
    readArena: new Arena({
      slabBytes: arena?.slabBytes ?? READ_SLAB_BYTES,
      tailBytesMax: 0,
      poison: options.poison === true || arena?.poison === true,
    }),
    files: { disk: host.disk, descriptors },
    indexMemory: new IndexMemory(),
    commits: new CommitScheduler(host),
    syncWrites: new SyncWriteLimit(deviceClock(host)),
    background,
    removals: new Removals(host, logger, background),
    corruption: new CorruptionReport(logger),
    producerIdExpirationMs: options.producerIdExpirationMs ?? 86_400_000,
    recoveryPointFell: options.recoveryPointFell ?? ((): void => undefined),
    logStartMoved: options.logStartMoved ?? ((): void => undefined),
  }
}
