/** A client that is a program at work. One that reads its input is fed a line every 20 ms. It says when a broker has refused it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { until } from '../processes.ts'
import type { OpenCluster } from './open-cluster.ts'
import type { Turn } from './steady-client.ts'

const PERIOD_MS = 20
const PATIENCE_MS = 10_000
const REFUSED = /authorization ?failed|TopicAuthorizationException/i

export interface Tool {
  readonly command: string
  readonly args: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** Whether it works, by what it has said; left out: by its records in the topic. */
  readonly works?: (said: string) => boolean
}

export class ToolAtWork {
  readonly #child: ChildProcess
  readonly #feed: NodeJS.Timeout
  /** By itself, or by force. */
  readonly #ended: Promise<unknown>
  #said = ''
  #refusedMs: number | null = null

  private constructor({ command, args, environment }: Tool) {
    this.#child = spawn(command, args, { env: { ...process.env, ...environment }, stdio: ['pipe', 'pipe', 'pipe'] })
    this.#ended = new Promise((resolve) => this.#child.once('close', resolve))
    const hear = (bytes: Buffer): void => {
      this.#said += bytes.toString()
      if (this.#refusedMs === null && REFUSED.test(this.#said)) this.#refusedMs = performance.now()
    }
    this.#child.stdout?.on('data', hear)
    this.#child.stderr?.on('data', hear)
    this.#child.stdin?.on('error', () => undefined)
    this.#feed = setInterval(() => this.#child.stdin?.write('steady\n'), PERIOD_MS)
  }

  /** Resolves once its records are in `topic`. */
  static async start(cluster: OpenCluster, topic: string, tool: Tool): Promise<ToolAtWork> {
    const work = new ToolAtWork(tool)
    const grows = async (): Promise<boolean> => {
      if (tool.works !== undefined) return tool.works(work.#said)
      const offsets = await cluster.admin.fetchTopicOffsets(topic)
      return offsets.some(({ high }) => Number(high) > 20)
    }
    await until(grows, 'a tool at work', 60_000).catch(async (error: unknown) => {
      await work.close()
      throw new Error(`${String(error)}: ${work.#said}`)
    })
    return work
  }

  async turn(change: () => Promise<unknown>): Promise<Turn> {
    if (this.#refusedMs !== null) throw new Error(`refused before anything was changed: ${this.#said}`)
    await change()
    const answeredMs = performance.now()
    await until(() => this.#refusedMs !== null, 'a refusal', PATIENCE_MS).catch(() => undefined)
    return { elapsedMs: Math.max(0, (this.#refusedMs ?? Infinity) - answeredMs), how: [] }
  }

  async close(): Promise<void> {
    clearInterval(this.#feed)
    this.#child.kill('SIGKILL')
    await this.#ended
  }
}
