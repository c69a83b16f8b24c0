/**
 * The Node implementation of Host: the one place where logs, brokers and controllers meet files, sockets, clocks and
 * randomness of the operating system. Holds no state of its own beyond the random pool and the shared read buffer.
 */
import { randomBytes } from 'node:crypto'
import type { Clock, Host, Random, TimerHandle, Timers } from '@millrace/base/host'
import { createInlineComputing } from '@millrace/base/inline-computing'
import { createNodeDisk } from './disk.ts'
import { createNodeNetwork } from './network.ts'
import { createThreadComputing } from './thread-computing.ts'

const RANDOM_POOL_BYTES = 4096
const UINT32_RANGE = 0x1_0000_0000

export interface NodeHostOptions {
  /**
   * True: a pending timer keeps the process alive. For a command that may have nothing but a retry to wait for; a
   * server is held by its listeners. False by default.
   */
  readonly timersHoldProcess?: boolean
  /** Entry point of computing threads; without it computations run on the loop. */
  readonly computingScript?: URL
}

/** A Host over the running Node process. Several may exist; each has its own read buffer of 256 KiB. */
export function createNodeHost(options: NodeHostOptions = {}): Host {
  const tick = (callback: () => void): void => {
    setImmediate(callback)
  }
  const { computingScript } = options
  return {
    clock: nodeClock,
    timers: options.timersHoldProcess === true ? holdingTimers : nodeTimers,
    tick,
    random: createPooledRandom(),
    disk: createNodeDisk(),
    network: createNodeNetwork(),
    computing: computingScript === undefined ? createInlineComputing(tick) : createThreadComputing(computingScript),
  }
}

const nodeClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
}

const nodeTimers: Timers = {
  set(delayMs: number, callback: () => void): TimerHandle {
    return { timer: setTimeout(callback, delayMs).unref() }
  },
  clear(handle: TimerHandle): void {
    clearTimeout(handle.timer as NodeJS.Timeout)
  },
}

const holdingTimers: Timers = {
  ...nodeTimers,
  set: (delayMs, callback) => ({ timer: setTimeout(callback, delayMs) }),
}

/** Cryptographic bytes from a pool: one call into OpenSSL per 4 KiB instead of one per number. */
function createPooledRandom(): Random {
  let pool = Buffer.alloc(0)
  let position = 0

  function take(count: number): Buffer {
    if (position + count > pool.length) {
      // A fresh pool, not a refill in place: views handed out earlier keep their bytes.
      pool = randomBytes(RANDOM_POOL_BYTES)
      position = 0
    }
    position += count
    return pool.subarray(position - count, position)
  }

  function below(boundExclusive: number): number {
    if (!Number.isSafeInteger(boundExclusive) || boundExclusive < 1) {
      throw new RangeError(`bound ${boundExclusive} is not a positive safe integer`)
    }
    const wide = boundExclusive > UINT32_RANGE
    const range = wide ? Number.MAX_SAFE_INTEGER + 1 : UINT32_RANGE
    // Rejecting the tail keeps every result equally likely.
    const acceptedBelow = range - (range % boundExclusive)
    for (;;) {
      const bytes = take(wide ? 8 : 4)
      const value = wide
        ? (bytes.readUInt32BE(0) & 0x1f_ffff) * UINT32_RANGE + bytes.readUInt32BE(4)
        : bytes.readUInt32BE(0)
      if (value < acceptedBelow) return value % boundExclusive
    }
  }

  return {
    bytes: (count) => (count > RANDOM_POOL_BYTES / 4 ? randomBytes(count) : take(count)),
    below,
  }
}
