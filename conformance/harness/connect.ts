/** Processes of Kafka Connect: a distributed worker and MirrorMaker 2, started from their own jars. */
import { spawn, type ChildProcess } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { connectClassPath } from './judges.ts'

export interface ConnectProcess {
  readonly process: ChildProcess
  /** All it has said so far. */
  words(): string
  stop(): Promise<void>
}

const WORDS_KEPT = 200_000

/** Starts `mainClass` with a properties file of `properties` in `directory`. */
export function startConnect(
  mainClass: string,
  directory: string,
  name: string,
  properties: Readonly<Record<string, string>>,
): ConnectProcess {
  const file = join(directory, `${name}.properties`)
  const lines = Object.entries(properties).map(([key, value]) => `${key}=${value}`)
  writeFileSync(file, `${lines.join('\n')}\n`)
  const args = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto']
  const child = spawn('java', [...args, '-cp', connectClassPath(), mainClass, file], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let words = ''
  const hear = (chunk: Buffer): void => {
    words = (words + chunk.toString()).slice(-WORDS_KEPT)
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  return {
    process: child,
    words: () => words,
    stop() {
      if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
      return new Promise((resolve) => {
        const impatience = setTimeout(() => child.kill('SIGKILL'), 20_000)
        child.once('exit', () => {
          clearTimeout(impatience)
          resolve()
        })
        child.kill('SIGTERM')
      })
    },
  }
}

/** A port of this machine that nobody listens on now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}

/** A distributed worker's REST interface. */
export class ConnectApi {
  readonly #endpoint: string

  constructor(port: number) {
    this.#endpoint = `http://127.0.0.1:${port}`
  }

  /** Null while the worker does not answer, or has no leader yet. */
  async connectors(): Promise<readonly string[] | null> {
    try {
      const response = await fetch(`${this.#endpoint}/connectors`)
      return response.ok ? ((await response.json()) as string[]) : null
    } catch {
      return null
    }
  }

  /** Throws with the worker's words when it refuses. */
  async put(name: string, config: Readonly<Record<string, string>>): Promise<void> {
    const response = await fetch(`${this.#endpoint}/connectors/${name}/config`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(config),
    })
    if (!response.ok) throw new Error(`connector ${name}: ${response.status} ${await response.text()}`)
  }

  /** States of the connector and its tasks: 'RUNNING', 'FAILED' and so on; null when the worker does not answer. */
  async states(name: string): Promise<readonly string[] | null> {
    try {
      const response = await fetch(`${this.#endpoint}/connectors/${name}/status`)
      if (!response.ok) return null
      const { connector, tasks } = (await response.json()) as {
        connector: { state: string }
        tasks: { state: string }[]
      }
      return [connector.state, ...tasks.map(({ state }) => state)]
    } catch {
      return null
    }
  }
}
