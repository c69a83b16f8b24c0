/**
 * A producer that must never notice: idempotent, acks=all, with default settings, fed with numbered lines at a steady rate
 * while nodes die; and the proof afterwards, by reading every partition back.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { kafkaToolArgs } from './judges.ts'
import { runOk } from './run.ts'

const KEYS = 32

/** A program that reads `key:value` lines from its input and produces them. */
export interface LineProducer {
  readonly command: string
  readonly args: readonly string[]
}

export function kcatProducer(bootstrap: string, topic: string): LineProducer {
  // kcat gives up by itself when no broker at all can be reached (-E); the library goes on, as in any application.
  const settings = ['acks=all', 'enable.idempotence=true', 'linger.ms=5'].flatMap((setting) => ['-X', setting])
  return { command: 'kcat', args: ['-P', '-E', '-b', bootstrap, '-t', topic, '-K:', ...settings] }
}

/** Java's producer with its own settings (idempotent, acks=all), but for the console's three tries. */
export function consoleProducer(release: string, bootstrap: string, topic: string): LineProducer {
  const tool = ['--bootstrap-server', bootstrap, '--topic', topic, '--message-send-max-retries', '2147483647']
  const lines = ['--property', 'parse.key=true', '--property', 'key.separator=:']
  return { command: 'java', args: kafkaToolArgs(release, 'kafka-console-producer', [...tool, ...lines]) }
}

export class Feed {
  readonly #child: ChildProcess
  readonly #words: string[] = []
  readonly #timer: NodeJS.Timeout
  readonly #ended: Promise<number | null>
  sent = 0

  /**
   * @param perSecond records per second
   * @param paddingBytes how much longer each value is made, with spaces behind its number
   */
  constructor({ command, args }: LineProducer, perSecond: number, paddingBytes = 0) {
    const padding = ' '.repeat(paddingBytes)
    this.#child = spawn(command, args, { stdio: ['pipe', 'ignore', 'pipe'] })
    this.#child.stderr?.on('data', (chunk: Buffer) => this.#words.push(chunk.toString()))
    // A producer that has given up is told of by its status.
    this.#child.stdin?.on('error', () => {})
    this.#ended = new Promise((resolve) => this.#child.once('close', (status) => resolve(status)))
    this.#timer = setInterval(() => {
      const lines: string[] = []
      for (let at = 0; at < perSecond / 50; at++) {
        lines.push(`k${this.sent % KEYS}:${this.sent}${padding}`)
        this.sent++
      }
      this.#child.stdin?.write(`${lines.join('\n')}\n`)
    }, 20)
  }

  /** Ends the input and waits until everything is delivered; the words the producer had to say (errors) and its status. */
  async finish(): Promise<{ readonly status: number | null; readonly words: string }> {
    clearInterval(this.#timer)
    this.#child.stdin?.end()
    return { status: await this.#ended, words: this.#words.join('') }
  }
}

/** A consumer group of one kcat with default settings: what it has read, and what it complained about. */
export class GroupReader {
  readonly #child: ChildProcess
  readonly #words: string[] = []
  readonly #seen: Set<number> = new Set()
  #partial = ''

  constructor(bootstrap: string, topic: string, groupId: string) {
    const args = [
      '-E',
      '-b',
      bootstrap,
      '-G',
      groupId,
      topic,
      '-q',
      '-u',
      '-f',
      '%s\n',
      '-X',
      'auto.offset.reset=earliest',
    ]
    this.#child = spawn('kcat', args, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child.stderr?.on('data', (chunk: Buffer) => this.#words.push(chunk.toString()))
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      const lines = (this.#partial + chunk.toString()).split('\n')
      this.#partial = lines.pop() ?? ''
      for (const line of lines) this.#seen.add(Number(line))
    })
  }

  /** Numbers read so far, each counted once. */
  get count(): number {
    return this.#seen.size
  }

  get numbers(): number[] {
    return [...this.#seen]
  }

  get words(): string {
    return this.#words.join('')
  }

  /** True while the process runs: kcat ends at a fatal error. */
  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    if (!this.alive) return
    this.#child.kill('SIGKILL')
    await ended
  }
}

export interface ReadBack {
  /** Sequence numbers that are not in the log. */
  readonly missing: number[]
  /** Sequence numbers that are in it more than once. */
  readonly repeated: number[]
  /** Places where a key's numbers do not grow. */
  readonly disordered: string[]
}

/** Reads all partitions and compares with `sent` records 0..sent-1. */
export async function readBack(bootstrap: string, topic: string, sent: number): Promise<ReadBack> {
  const { stdout } = await runOk(
    'kcat',
    ['-C', '-b', bootstrap, '-t', topic, '-o', 'beginning', '-e', '-q', '-f', '%k %s\n'],
    { timeoutMs: 120_000 },
  )
  const times = new Uint8Array(sent)
  const last = new Map<string, number>()
  const disordered: string[] = []
  for (const line of stdout.split('\n')) {
    if (line === '') continue
    const [key = '', text = ''] = line.split(' ')
    const number = Number(text)
    times[number] = (times[number] ?? 0) + 1
    const before = last.get(key)
    if (before !== undefined && number <= before) disordered.push(`${key}: ${number} after ${before}`)
    last.set(key, number)
  }
  const missing: number[] = []
  const repeated: number[] = []
  times.forEach((count, number) => {
    if (count === 0) missing.push(number)
    if (count > 1) repeated.push(number)
  })
  return { missing, repeated, disordered }
}
