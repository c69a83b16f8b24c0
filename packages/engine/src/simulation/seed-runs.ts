/**
 * Runs a range of seeds, in this thread or in several at once. A seed is the whole of a run, so who runs it does not
 * matter: workers are given a few seeds at a time, and what they say is put together by the thread that asked.
 */
import { Worker, parentPort } from 'node:worker_threads'
import { prepareCompression } from '@millrace/protocol/compression/compression'
import { runSeed, type Outcome } from './simulated-run.ts'
import { storyLogger } from './story-logger.ts'

/** Seeds that a worker is given at a time: few, so that all end at about the same time. */
const CHUNK = 8
const WORKER_MEMORY_MB = { maxOldGenerationSizeMb: 2_048, maxYoungGenerationSizeMb: 192 }

export interface SeedRange {
  readonly from: number
  readonly seeds: number
}

export interface SeedOptions {
  /** Runs each seed twice and compares. */
  readonly verify: boolean
  /** On encrypted storage. */
  readonly sealed: boolean
  /** Told line by line what happens; only in this thread. */
  readonly story: ((line: string) => void) | null
}

export interface SeedReport {
  readonly seed: number
  /** Broken promises; empty when all is well. */
  readonly violations: readonly string[]
  readonly events: readonly string[]
  readonly virtualMs: number
  /** What came about, by name: so that a run shows what it covered. */
  readonly counts: Readonly<Record<string, number>>
}

export interface SeedRun extends SeedRange, SeedOptions {
  readonly workers: number
  readonly entry: string
  readonly onReport: (report: SeedReport) => void
  /** Asked after every report: no further seeds are begun. */
  readonly stopped: () => boolean
}

interface Chunk extends SeedRange {
  readonly verify: boolean
  readonly sealed: boolean
}

/** Compression must be loaded before: inside a run nothing waits for the outside world. */
export function prepareSeeds(): Promise<void> {
  return new Promise((resolve) => {
    prepareCompression(() => resolve())
  })
}

export async function runSeeds(run: SeedRun): Promise<void> {
  if (run.workers > 1) return runInWorkers(run)
  await prepareSeeds()
  for (let seed = run.from; seed < run.from + run.seeds; seed++) {
    run.onReport(reportOf(seed, run))
    if (run.stopped()) return
    // Lets signals and output through.
    await new Promise((resolve) => setImmediate(resolve))
  }
}

export function reportOf(seed: number, { verify, sealed, story }: SeedOptions): SeedReport {
  const outcome = runSeed(seed, story === null ? undefined : storyLogger(story), sealed)
  const violations = [...outcome.violations]
  if (verify) {
    const { fingerprint } = runSeed(seed, undefined, sealed)
    if (fingerprint !== outcome.fingerprint)
      violations.push(`the second run was another one: ${outcome.fingerprint}, then ${fingerprint}`)
  }
  const { events, virtualMs, counts }: Outcome = outcome
  return { seed, violations, events, virtualMs, counts }
}

async function runInWorkers(run: SeedRun): Promise<void> {
  let next = run.from
  const end = run.from + run.seeds
  const takeChunk = (): Chunk | null => {
    if (next >= end || run.stopped()) return null
    const chunk = { from: next, seeds: Math.min(CHUNK, end - next), verify: run.verify, sealed: run.sealed }
    next += chunk.seeds
    return chunk
  }
  const count = Math.min(run.workers, Math.ceil(run.seeds / CHUNK))
  await Promise.all(Array.from({ length: count }, () => useWorker(run, takeChunk)))
}

/** One worker until there is nothing left to do. Rejects when it dies. */
function useWorker(run: SeedRun, takeChunk: () => Chunk | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(run.entry, { resourceLimits: WORKER_MEMORY_MB })
    worker.on('message', (message: SeedReport | 'next') => {
      if (message !== 'next') {
        if (!run.stopped()) run.onReport(message)
        return
      }
      const chunk = takeChunk()
      worker.postMessage(chunk)
    })
    worker.once('error', reject)
    worker.once('exit', () => resolve())
  })
}

/** The other end of useWorker: asks for seeds and reports on each, until it is given none. */
export async function serveSeeds(): Promise<void> {
  const port = parentPort
  if (port === null) throw new Error('serveSeeds runs in a worker')
  await prepareSeeds()
  port.on('message', (chunk: Chunk | null) => {
    if (chunk === null) return port.close()
    for (let seed = chunk.from; seed < chunk.from + chunk.seeds; seed++)
      port.postMessage(reportOf(seed, { verify: chunk.verify, sealed: chunk.sealed, story: null }))
    port.postMessage('next')
  })
  port.postMessage('next')
}
