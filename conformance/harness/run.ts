/** Runs one program to its end and gives back what it said. */
import { spawn } from 'node:child_process'

export interface RunResult {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly input?: string | Buffer
  readonly environment?: Readonly<Record<string, string>>
  /** Default 60,000. On expiry the program is killed and the result's status is null. */
  readonly timeoutMs?: number
  readonly workingDirectory?: string
}

export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { ...process.env, ...options.environment },
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      ...(options.workingDirectory === undefined ? {} : { cwd: options.workingDirectory }),
    })
    const stdout = new Words()
    const stderr = new Words()
    child.stdout?.on('data', (chunk: Buffer) => stdout.add(chunk))
    child.stderr?.on('data', (chunk: Buffer) => stderr.add(chunk))
    const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 60_000)
    child.on('error', reject)
    child.on('close', (status) => {
      clearTimeout(timer)
      resolve({ status, stdout: stdout.text, stderr: stderr.text })
    })
    if (options.input !== undefined && child.stdin !== null) {
      // A program may end before it has read all; its exit status tells the story then.
      child.stdin.on('error', () => {})
      child.stdin.end(options.input)
    }
  })
}

/** As `run`, and throws with the program's words unless it ended with status 0. */
export async function runOk(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const result = await run(command, args, options)
  if (result.status !== 0) {
    throw new Error(
      `${command} ${args.join(' ')} ended with ${String(result.status)}\n${result.stdout}\n${result.stderr}`,
    )
  }
  return result
}

/** Of what a program says, its beginning and its end: one that goes round and round says more than a string can hold. */
const WORDS_BYTES_MAX = 128 * 1024 * 1024

class Words {
  readonly #first: Buffer[] = []
  readonly #last: Buffer[] = []
  #firstBytes = 0
  #lastBytes = 0
  #isCut = false

  add(chunk: Buffer): void {
    if (this.#firstBytes < WORDS_BYTES_MAX / 2) {
      this.#first.push(chunk)
      this.#firstBytes += chunk.length
      return
    }
    this.#last.push(chunk)
    this.#lastBytes += chunk.length
    while (this.#lastBytes > WORDS_BYTES_MAX / 2) {
      this.#lastBytes -= this.#last.shift()?.length ?? 0
      this.#isCut = true
    }
  }

  get text(): string {
    const gap = this.#isCut ? [Buffer.from('\n… cut …\n')] : []
    return Buffer.concat([...this.#first, ...gap, ...this.#last]).toString()
  }
}
