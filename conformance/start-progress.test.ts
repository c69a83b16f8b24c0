/**
 * A start that takes its time says in a terminal what it is busy with, in one line that is written over; programs that read
 * its output see nothing of that. The terminal is that of util-linux's `script`.
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'

const command = new URL('../dist/bin/millrace.js', import.meta.url).pathname
const hasScript = spawnSync('script', ['--version']).status === 0
const scratch = mkdtempSync(join(tmpdir(), 'millrace-start-progress-'))
/** Before the command has said anything so much time has passed that the first thing it does is told. */
const SLOW = 'data:text/javascript,await new Promise((resolve) => setTimeout(resolve, 400))'
const ERASE = '\r\u001B[2K'

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

interface Said {
  readonly stdout: string
  readonly stderr: string
}

/** Runs `millrace start` until it is ready, then ends it. */
function untilReady(name: string, options: { readonly terminal: boolean; readonly json?: boolean }): Promise<Said> {
  const where = ['--port', '0', '--ephemeral', '--data-dir', join(scratch, name)]
  const args = ['--import', SLOW, command, 'start', ...where, ...(options.json === true ? ['--json'] : [])]
  const line = [process.execPath, ...args].map((word) => `'${word}'`).join(' ')
  const child = options.terminal
    ? spawn('script', ['-qefc', `exec ${line}`, '/dev/null'], { stdio: ['pipe', 'pipe', 'pipe'] })
    : spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', () => resolve({ stdout, stderr }))
    child.stdout.on('data', (chunk: Buffer) => {
      const before = /ready/i.test(stdout)
      stdout += chunk.toString()
      if (before || !/ready/i.test(stdout)) return
      // As whoever sits there would end it: a terminal makes a signal of it.
      if (options.terminal) child.stdin.write('\u0003')
      else child.kill('SIGTERM')
    })
  })
}

it.skipIf(!hasScript)(
  'in a terminal it tells what it does, and nothing of that is left',
  async () => {
    const { stdout } = await untilReady('terminal', { terminal: true })
    expect(stdout).toContain(`${ERASE}  … loading the program`)
    // What a terminal shows at the end: of each line what came after it was erased last.
    const left = stdout.split('\n').map((line) => line.split(ERASE).at(-1))
    expect(
      left.some((line) => line?.startsWith('  Millrace ')),
      stdout,
    ).toBe(true)
    expect(left.filter((line) => line?.includes('…'))).toEqual([])
  },
  120_000,
)

it.each([false, true])(
  'who reads its output sees nothing of it, with --json %j',
  async (json) => {
    const { stdout, stderr } = await untilReady(`json-${json}`, { terminal: false, json })
    expect(stdout).toMatch(/ready/i)
    expect(stdout).not.toContain('…')
    expect(stderr).toBe('')
  },
  120_000,
)
