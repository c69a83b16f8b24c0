import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createJsonLogger } from './json-logger.ts'

let root = ''
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'millrace-log-'))
})
afterAll(() => rmSync(root, { recursive: true }))

test('writes one JSON line per message at once, with level, name and fields', () => {
  const path = join(root, 'plain.log')
  const logger = createJsonLogger({ destination: path, name: 'broker' })
  logger.debug('below the level')
  logger.child({ topic: 'orders' }).warn('slow', { partition: 3 })
  const lines = readFileSync(path, 'utf8').trim().split('\n')
  expect(lines.length).toBe(1)
  expect(JSON.parse(lines[0] as string)).toMatchObject({
    level: 'warn',
    name: 'broker',
    message: 'slow',
    topic: 'orders',
    partition: 3,
  })
})

test('redacts what looks like a secret at any depth', () => {
  const path = join(root, 'secret.log')
  const logger = createJsonLogger({ destination: path })
  logger.child({ internalSecret: 'hush1' }).info('started', {
    password: 'hush2',
    config: { saslCredentials: { x: 'hush3' }, list: [{ 'secret.key': 'hush4' }] },
    bytes: Buffer.from('hush5'),
  })
  const line = readFileSync(path, 'utf8')
  expect(line).not.toContain('hush')
  expect(JSON.parse(line)).toMatchObject({ password: '[redacted]', internalSecret: '[redacted]', bytes: '5 bytes' })
})

test('tells an error with its code and cause', () => {
  const path = join(root, 'error.log')
  const cause = Object.assign(new Error('disk full'), { code: 'ENOSPC' })
  createJsonLogger({ destination: path }).error('failed', { error: new Error('append', { cause }) })
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
    level: 'error',
    error: { message: 'append', cause: { message: 'disk full', code: 'ENOSPC' } },
  })
})
