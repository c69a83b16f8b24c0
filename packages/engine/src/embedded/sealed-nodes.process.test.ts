import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { DataKey, DataKeyOwner, DataKeys } from '../data-keys.ts'
import type { ClusterSpec } from '../engine.ts'
import { EngineBench, never, spec } from './engine-bench.ts'

let bench: EngineBench

beforeEach(() => {
  bench = new EngineBench()
})
afterEach(() => bench.close())

/** Wraps by turning bytes around, and binds to the node. */
class FakeDataKeys implements DataKeys {
  unavailable: string | null = null
  #made = 0

  generate(owner: DataKeyOwner): Promise<DataKey> {
    if (this.unavailable !== null) return Promise.reject(new Error(this.unavailable))
    const plaintext = Buffer.alloc(32, ++this.#made)
    return Promise.resolve({ plaintext, wrapped: wrap(plaintext, owner) })
  }

  unwrap(owner: DataKeyOwner, wrapped: Buffer): Promise<Buffer> {
    if (this.unavailable !== null) return Promise.reject(new Error(this.unavailable))
    const plaintext = Buffer.from(wrapped.subarray(0, 32).map((byte) => byte ^ 0xff))
    if (!wrap(plaintext, owner).equals(wrapped)) return Promise.reject(new Error('it was changed'))
    return Promise.resolve(plaintext)
  }
}

function wrap(plaintext: Buffer, { clusterArn, nodeId }: DataKeyOwner): Buffer {
  return Buffer.concat([plaintext.map((byte) => byte ^ 0xff), Buffer.from(`${clusterArn} ${nodeId}`)])
}

const sealedSpec: ClusterSpec = {
  ...spec(),
  encryptionAtRest: { keyArn: 'arn:aws:kms:us-east-1:000000000000:key/k', clusterArn: 'arn:orders' },
}

function nodeFile(node: string, file: string): string {
  return join(bench.root, 'clusters', sealedSpec.id, node, file)
}

test('nodes of an encrypted cluster are told a data key each, which lies wrapped in their directories', async () => {
  const dataKeys = new FakeDataKeys()
  const engine = bench.openEngine({ dataKeys })
  await engine.apply(sealedSpec, () => {}, never)
  const nodes = ['broker-1', 'broker-2', 'controller-10001']
  const told = nodes.map((node) => readFileSync(nodeFile(node, 'told-data-key'), 'utf8'))
  expect(new Set(told).size).toBe(3)
  for (const [index, node] of nodes.entries()) {
    expect(Buffer.from(told[index] ?? '', 'base64')).toHaveLength(32)
    const files = ['data-key', 'node-config.json', 'node.json'].map((file) => readFileSync(nodeFile(node, file)))
    for (const file of files) {
      expect(file.includes(Buffer.from(told[index] ?? '', 'base64'))).toBe(false)
      expect(file.includes(told[index] ?? '')).toBe(false)
    }
  }
  // The same after a restart.
  await engine.restart(sealedSpec.id, 1)
  expect(readFileSync(nodeFile('broker-1', 'told-data-key'), 'utf8')).toBe(told[0])
})

test('a cluster that is halted stays stopped until it is applied again', async () => {
  const engine = bench.openEngine({ dataKeys: new FakeDataKeys() })
  await engine.apply(sealedSpec, () => {}, never)
  await engine.halt(sealedSpec.id, 'its key is disabled')
  const { nodes } = await engine.observe(sealedSpec.id)
  expect(nodes.map(({ state, reason }) => ({ state, reason }))).toEqual(
    nodes.map(() => ({ state: 'stopped', reason: 'its key is disabled' })),
  )
  await engine.apply(sealedSpec, () => {}, never)
  expect((await engine.observe(sealedSpec.id)).nodes.every(({ state }) => state === 'running')).toBe(true)
})

test('without its key no node starts, and the reason names the key and the file', async () => {
  const dataKeys = new FakeDataKeys()
  const engine = bench.openEngine({ dataKeys })
  await engine.apply(sealedSpec, () => {}, never)
  await engine.halt(sealedSpec.id, 'its key is disabled')
  dataKeys.unavailable = 'the key is disabled'
  const failure = await engine.apply(sealedSpec, () => {}, never).catch((error: unknown) => String(error))
  expect(failure).toMatch(
    /data-key, wrapped by arn:aws:kms:us-east-1:000000000000:key\/k, cannot be had: the key is disabled/,
  )
  dataKeys.unavailable = null
  await vi.waitFor(async () => {
    expect((await engine.observe(sealedSpec.id)).nodes.every(({ state }) => state === 'running')).toBe(true)
  }, 20_000)
})

test.each([
  ['was changed', (path: string): void => writeFileSync(path, Buffer.alloc(50)), 'it was changed'],
  ['is gone', (path: string): void => rmSync(path), 'it is gone, and the data is there'],
] as const)('a data key that %s is told, and no other one is made', async (_what, harm, reason) => {
  const engine = bench.openEngine({ dataKeys: new FakeDataKeys() })
  await engine.apply(sealedSpec, () => {}, never)
  await engine.halt(sealedSpec.id, 'test')
  // As Kafka's storage leaves it.
  writeFileSync(nodeFile('broker-1', 'meta.properties'), '')
  harm(nodeFile('broker-1', 'data-key'))
  const failure = await engine.apply(sealedSpec, () => {}, never).catch((error: unknown) => String(error))
  expect(failure).toContain(reason)
  expect(failure).toContain(nodeFile('broker-1', 'data-key'))
})
