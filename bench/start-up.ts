/** How long it takes from `millrace start`, with an empty data directory, until the AWS API accepts connections. */
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { connect } from 'node:net'
import { freePort, scratchDirectory } from './targets.ts'

const POLL_MS = 2

export async function coldStartMs(): Promise<number> {
  const scratch = scratchDirectory('millrace-start-')
  const port = await freePort()
  const program = new URL('../dist/bin/millrace.js', import.meta.url).pathname
  const startedMs = performance.now()
  const child = spawn(process.execPath, [program, 'start', '--port', String(port), '--data-dir', scratch], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const exit = new Promise((resolve) => child.once('exit', resolve))
  try {
    while (!(await accepts(port))) {
      if (child.exitCode !== null) throw new Error(`millrace start ended with ${child.exitCode}`)
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
    return performance.now() - startedMs
  } finally {
    child.kill('SIGTERM')
    await exit
    rmSync(scratch, { recursive: true, force: true })
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('close', () => socket.removeAllListeners())
    socket.once('connect', () => socket.destroy())
  })
}
