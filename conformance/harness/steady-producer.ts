/** A client in a process of its own that produces at a steady rate and tells its latencies (steady-producer.mjs). */
import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export function percentile99(latencies: readonly number[]): number {
  const sorted = latencies.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length * 0.99)] ?? 0
}

export interface SteadyResult {
  /** Latencies in ms, a new series with every mark. */
  readonly series: readonly (readonly number[])[]
  readonly errors: readonly string[]
}

export class SteadyProducer {
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  static async start(bootstrap: string, topic: string, perSecond: number): Promise<SteadyProducer> {
    const program = fileURLToPath(new URL('./steady-producer.mjs', import.meta.url))
    const child = fork(program, [bootstrap, topic, String(perSecond)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    await new Promise((resolve, reject) => {
      child.once('message', resolve)
      child.once('exit', () => reject(new Error('the steady producer did not start')))
    })
    return new SteadyProducer(child)
  }

  mark(): void {
    this.#child.send('mark')
  }

  end(): Promise<SteadyResult> {
    return new Promise((resolve) => {
      this.#child.once('message', (message: SteadyResult) => resolve(message))
      this.#child.send('end')
    })
  }
}
