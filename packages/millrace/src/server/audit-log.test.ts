import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ApiCallEvent } from '@millrace/aws/audit'
import { silentLogger } from '@millrace/base/logger'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AuditLog } from './audit-log.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'audit-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const all = { limit: 100, sinceMs: 0, refused: false, principal: '' }

function call(timeMs: number, change: Partial<ApiCallEvent> = {}): ApiCallEvent {
  return {
    timeMs,
    durationMs: 1,
    requestId: `r${timeMs}`,
    service: 'kafka',
    operation: 'ListClusters',
    region: 'us-east-1',
    principal: { type: 'user', arn: 'arn:aws:iam::000000000000:user/ada', userId: 'AIDA', accountId: '000000000000' },
    accessKeyId: 'AKIA',
    asked: null,
    decision: null,
    sourceIp: '127.0.0.1',
    userAgent: 'test',
    status: 200,
    errorCode: null,
    errorMessage: null,
    requestParameters: {},
    responseElements: {},
    ...change,
  }
}

const ids = (events: readonly ApiCallEvent[]): string[] => events.map(({ requestId }) => requestId)

test('calls are read back oldest first, the newest where not all are wanted', async () => {
  const log = new AuditLog({ directory, logger: silentLogger })
  log.append(call(1))
  log.append(call(2, { status: 403, errorCode: 'AccessDeniedException' }))
  log.append(call(3, { principal: null }))
  expect(ids(await log.read(all))).toEqual(['r1', 'r2', 'r3'])
  expect(ids(await log.read({ ...all, limit: 2 }))).toEqual(['r2', 'r3'])
  expect(ids(await log.read({ ...all, sinceMs: 2 }))).toEqual(['r2', 'r3'])
  expect(ids(await log.read({ ...all, refused: true }))).toEqual(['r2'])
  expect(ids(await log.read({ ...all, principal: 'ada' }))).toEqual(['r1', 'r2'])
  expect(statSync(join(directory, 'audit.jsonl')).mode & 0o777).toBe(0o600)
})

test('a full file is put aside, and the oldest of those goes', async () => {
  const log = new AuditLog({ directory, logger: silentLogger, fileBytesMax: 1, filesMax: 2 })
  for (let at = 1; at <= 5; at++) {
    log.append(call(at))
    await log.flush()
    // File names carry milliseconds.
    const before = Date.now()
    while (Date.now() === before) continue
  }
  expect(readdirSync(directory)).toHaveLength(3)
  expect(ids(await log.read(all))).toEqual(['r3', 'r4', 'r5'])
})

test('a line that a crash cut off is passed over, and the next start goes on', async () => {
  const first = new AuditLog({ directory, logger: silentLogger })
  first.append(call(1))
  await first.flush()
  writeFileSync(
    join(directory, 'audit.jsonl'),
    `${readFileSync(join(directory, 'audit.jsonl'), 'utf8')}{"timeMs":2,"\n`,
  )
  const second = new AuditLog({ directory, logger: silentLogger })
  second.append(call(3))
  expect(ids(await second.read(all))).toEqual(['r1', 'r3'])
})
