import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Computation, ComputationKind } from '@millrace/base/host'
import { createThreadComputing } from './thread-computing.ts'

// The thread's side in plain JavaScript: a thread of a test has no loader for sources.
const THREAD = `
import { parentPort } from 'node:worker_threads'
const states = new Map()
parentPort.on('message', (order) => {
  if (order.kind === 'close') return void states.delete(order.computation)
  const { id, computation, message, options } = order
  if (message === 'die') process.exit(3)
  if (message === 'fail') return parentPort.postMessage({ id, error: 'it failed', reply: null })
  const sum = (states.get(computation) ?? options) + message
  states.set(computation, sum)
  parentPort.postMessage({ id, error: null, reply: sum })
})
`

type Message = number | 'die' | 'fail'

const kind = (isStateless: boolean): ComputationKind<number, Message, number> => ({
  name: `sum ${String(isStateless)}`,
  isStateless,
  create: () => () => ({ reply: 0, give: [] }),
})

let directory: string
let script: URL
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-threads-'))
  const path = join(directory, 'thread.mjs')
  writeFileSync(path, THREAD)
  script = pathToFileURL(path)
})
afterAll(() => rmSync(directory, { recursive: true }))

const ask = (computation: Computation<Message, number>, message: Message): Promise<number | string> =>
  new Promise((resolve) => {
    computation.send(message, [], (error, reply) => resolve(error === null ? (reply as number) : error.message))
  })

test('each computation has its own state in one thread, and answers in order', async () => {
  const computing = createThreadComputing(script)
  const one = computing.open(kind(false), 10)
  const other = computing.open(kind(false), 100)
  expect(await Promise.all([ask(one, 1), ask(other, 1), ask(one, 2), ask(one, 'fail'), ask(one, 3)])).toEqual([
    11,
    101,
    13,
    'it failed',
    16,
  ])
  one.close()
  other.close()
})

test('a thread that dies is told of; a state that went with it does not come back silently', async () => {
  const computing = createThreadComputing(script)
  const stateful = computing.open(kind(false), 10)
  expect(await ask(stateful, 1)).toBe(11)
  expect(await ask(stateful, 'die')).toContain('has ended')
  expect(await ask(stateful, 1)).toContain('has ended')
  expect(await ask(computing.open(kind(false), 20), 1)).toBe(21)
  const stateless = computing.open(kind(true), 0)
  expect(await ask(stateless, 'die')).toContain('has ended')
  expect(await ask(stateless, 5)).toBe(5)
})

test('what is closed is not called back', async () => {
  const computing = createThreadComputing(script)
  const closed = computing.open(kind(false), 0)
  let called = false
  closed.send(1, [], () => (called = true))
  closed.close()
  expect(await ask(computing.open(kind(false), 0), 1)).toBe(1)
  expect(called).toBe(false)
})
