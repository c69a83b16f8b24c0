/** The log on the real Host: its own process killed while it writes, then opened again from the same directory. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { silentLogger } from '@millrace/base/logger'
import { createNodeHost } from '@millrace/host/node-host'
import { Arena } from './arena.ts'
import { LogManager } from './log-manager.ts'
import { configOf, contentOf } from './test-support/batches.ts'

const WRITER = fileURLToPath(new URL('test-support/log-writing-process.ts', import.meta.url))
const KILL_AFTER_OFFSET = 5_000

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'log-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true, force: true })
})

/** Runs the writer until it has told that enough is acknowledged, kills it, and gives the last offset it told. */
async function writeAndKill(): Promise<number> {
  const writer = spawn(process.execPath, ['--conditions=millrace-source', '--import', 'tsx', WRITER, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let acknowledged = -1
  let rest = ''
  await new Promise<void>((resolve) => {
    writer.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) acknowledged = Math.max(acknowledged, Number(line))
      if (acknowledged >= KILL_AFTER_OFFSET) writer.kill('SIGKILL')
    })
    writer.on('close', () => resolve())
  })
  return acknowledged
}

async function open(): Promise<LogManager> {
  const arena = new Arena({ slabBytes: 1024 * 1024, tailBytesMax: 4 * 1024 * 1024, poison: true })
  const options = {
    host: createNodeHost(),
    logger: silentLogger,
    directory,
    clusterId: 'c',
    nodeId: 1,
    arena,
    defaults: configOf(),
  }
  return new Promise((resolve, reject) => {
    LogManager.open(options, (error, manager) =>
      manager === null ? reject(error ?? new Error('no manager')) : resolve(manager),
    )
  })
}

it('loses nothing acknowledged when its process is killed, and closes cleanly afterwards', async () => {
  const acknowledged = await writeAndKill()
  expect(acknowledged).toBeGreaterThanOrEqual(KILL_AFTER_OFFSET)
  const manager = await open()
  expect(manager.previousBrokerEpoch).toBe(-1)
  const log = manager.get('orders', 0)
  if (log === undefined) throw new Error('the partition is missing')
  expect(log.logEndOffset).toBeGreaterThan(acknowledged)
  let next = 0
  while (next < log.logEndOffset) {
    const request = { offset: next, maxBytes: 1_000_000, endOffset: log.logEndOffset, atLeastOne: true }
    const read = await new Promise<string[]>((resolve, reject) => {
      log.readCold(request, (error, found) =>
        found === null ? reject(error ?? new Error('nothing')) : resolve(contentOf(found)),
      )
    })
    for (const record of read) expect(record.slice(0, record.indexOf('.'))).toBe(`${next}:${next++}`)
  }
  const error = await new Promise<Error | null>((resolve) => manager.close({ brokerEpoch: 3 }, resolve))
  expect(error).toBeNull()
  expect((await open()).previousBrokerEpoch).toBe(3)
})
