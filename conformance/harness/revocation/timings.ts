/** How long changes took to act: a table for whoever reads the run, and the figures of a full one. */
import { recordFigures } from '../figures.ts'
import type { Turn } from './steady-client.ts'

export interface TimingsOptions {
  /** How often each case is done. */
  readonly times: number
  /** How often one of these may be tried before it counts as too slow: a busy machine stops everybody for a while. */
  readonly attempts: number
  readonly limitMs: number
}

const PATIENCE_MS = 10_000

/** `limited` false: it is told, and may take longer. */
export type Measured = (turn: Pick<Turn, 'elapsedMs'>, what?: string, limited?: boolean) => void

interface Found {
  readonly what: string
  readonly elapsedMs: number
  readonly limited: boolean
}

export class Timings {
  readonly #options: TimingsOptions
  readonly #times = new Map<string, number[]>()

  constructor(options: TimingsOptions) {
    this.#options = options
  }

  /**
   * Does `once` as often as wanted; it tells what it has measured.
   * @throws when something takes longer than it may, every time it is tried
   */
  async measure(name: string, once: (measured: Measured) => Promise<void>): Promise<void> {
    const { times, attempts, limitMs } = this.#options
    for (let time = 0; time < times; time++) {
      let slow: readonly Found[] = []
      for (let attempt = 0; attempt < attempts; attempt++) {
        const found: Found[] = []
        await once(({ elapsedMs }, what = '', limited = true) => found.push({ what, elapsedMs, limited }))
        slow = found.filter(({ elapsedMs, limited }) => elapsedMs > (limited ? limitMs : PATIENCE_MS))
        if (slow.length > 0 && attempt < attempts - 1) continue
        for (const { what, elapsedMs } of found) this.#add(what === '' ? name : `${name}, ${what}`, elapsedMs)
        break
      }
      const [first] = slow
      if (first !== undefined) throw new Error(`${name} ${first.what}: acted after ${first.elapsedMs.toFixed(0)} ms`)
    }
  }

  /** Something that may take its time. */
  tell(name: string, { elapsedMs }: Pick<Turn, 'elapsedMs'>): void {
    this.#add(name, elapsedMs)
  }

  /** One line per case, and the figures of a full run beside its result. */
  print(): void {
    const rows = [...this.#times].map(([name, times]) => {
      const sorted = times.toSorted((one, other) => one - other)
      const quantile = (part: number): number => sorted[Math.ceil(sorted.length * part) - 1] ?? Number.NaN
      return { name, count: sorted.length, p50Ms: quantile(0.5), p99Ms: quantile(0.99), maxMs: quantile(1) }
    })
    const lines = rows.map(({ name, count, p50Ms, p99Ms, maxMs }) => {
      const shown = [count, ...[p50Ms, p99Ms, maxMs].map((ms) => ms.toFixed(0))].map((text) => String(text).padStart(6))
      return `${name.padEnd(64)}${shown.join('')}\n`
    })
    process.stdout.write(`${'ms until it acts'.padEnd(64)} times   p50   p99   max\n${lines.join('')}`)
    recordFigures({ what: 'ms from the answer of the call until the last of three brokers acted', rows })
  }

  #add(name: string, elapsedMs: number): void {
    const known = this.#times.get(name) ?? []
    known.push(Math.round(elapsedMs))
    this.#times.set(name, known)
  }
}

/** When `ask` was refused for the first time; Infinity: it never was. */
export async function untilRefused(ask: () => Promise<unknown>): Promise<number> {
  const untilMs = performance.now() + PATIENCE_MS
  while (performance.now() < untilMs) {
    try {
      await ask()
    } catch {
      return performance.now()
    }
  }
  return Infinity
}
