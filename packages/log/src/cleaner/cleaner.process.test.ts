/** Compaction on the real Host: the process is killed while it cleans, again and again, and nothing acknowledged is lost. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { silentLogger } from '@millrace/base/logger'
import { createNodeHost } from '@millrace/host/node-host'
import { batchSizeBytes, crcMatches } from '@millrace/protocol/records/batch-header'
import { readRecords } from '@millrace/protocol/records/records'
import { Arena } from '../arena.ts'
import { LogManager } from '../log-manager.ts'
import type { PartitionLog } from '../partition-log.ts'
import { configOf } from '../test-support/batches.ts'

const WRITER = fileURLToPath(new URL('../test-support/log-compacting-process.ts', import.meta.url))
const KILLS = 4

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'compaction-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true, force: true })
})

/** Runs the writer and kills it `delayMs` after its first cleaning; notes what it acknowledged, by key. */
async function compactAndKill(delayMs: number, latest: Map<string, number>): Promise<void> {
  const writer = spawn(process.execPath, ['--conditions=millrace-source', '--import', 'tsx', WRITER, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let rest = ''
  let isDoomed = false
  await new Promise<void>((resolve) => {
    writer.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const [offset, key] = line.split(' ')
        if (key?.startsWith('key-') === true) latest.set(key, Number(offset))
        if (line !== 'compacted a log' || isDoomed) continue
        isDoomed = true
        setTimeout(() => writer.kill('SIGKILL'), delayMs)
      }
    })
    writer.on('close', () => resolve())
  })
}

async function open(): Promise<{ readonly manager: LogManager; readonly log: PartitionLog }> {
  const arena = new Arena({ slabBytes: 1024 * 1024, tailBytesMax: 4 * 1024 * 1024, poison: true })
  const options = {
    host: createNodeHost(),
    logger: silentLogger,
    directory,
    clusterId: 'c',
    nodeId: 1,
    arena,
    defaults: configOf({ cleanupPolicy: { compact: true, delete: false } }),
  }
  return new Promise((resolve, reject) => {
    LogManager.open(options, (error, manager) => {
      const log = manager?.get('users', 0)
      if (manager === null || log === undefined) reject(error ?? new Error('the partition is missing'))
      else resolve({ manager, log })
    })
  })
}

/** The last offset of every key, and how many records there are; the value of each record is its offset. */
async function lastOffsets(
  log: PartitionLog,
): Promise<{ readonly byKey: Map<string, number>; readonly count: number }> {
  const byKey = new Map<string, number>()
  let count = 0
  for (let offset = log.logStartOffset; offset < log.logEndOffset;) {
    const request = { offset, maxBytes: 1_000_000, endOffset: log.logEndOffset, atLeastOne: true }
    const next = await new Promise<number>((resolve, reject) => {
      log.readCold(request, (error, read) => {
        if (read === null) return reject(error ?? new Error('nothing'))
        for (const bytes of read.buffers) {
          for (let at = 0; at < bytes.length; at += batchSizeBytes(bytes, at)) {
            if (!crcMatches(bytes, at)) return reject(new Error(`checksum at ${offset}`))
            for (const record of readRecords(bytes, at)) {
              if (String(record.value) !== String(record.offset)) return reject(new Error(`moved: ${record.offset}`))
              byKey.set(String(record.key), record.offset)
              count++
            }
          }
        }
        read.release?.()
        resolve(read.lastOffset + 1)
      })
    })
    expect(next).toBeGreaterThan(offset)
    offset = next
  }
  return { byKey, count }
}

it(`loses nothing acknowledged when its process is killed ${KILLS} times while it compacts`, async () => {
  const latest = new Map<string, number>()
  for (let kill = 0; kill < KILLS; kill++) {
    await compactAndKill(Math.floor(Math.random() * 150), latest)
    const { manager, log } = await open()
    const { byKey, count } = await lastOffsets(log)
    for (const [key, offset] of latest) expect(byKey.get(key) ?? -1, key).toBeGreaterThanOrEqual(offset)
    expect(count).toBeLessThan(log.logEndOffset)
    const names = readdirSync(join(directory, 'users-0'))
    expect(names.filter((name) => /cleaned|swap|deleted/.test(name))).toEqual([])
    // As a crash leaves it: closing would make the next start a clean one.
    if (kill % 2 === 0) await new Promise((resolve) => manager.close({ brokerEpoch: 1 }, resolve))
  }
}, 120_000)
