/** kill -9 of control planes and of everything, under a producer that must not lose or repeat a record. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PartitionConsumer } from '@millrace/client/consumer'
import { Producer } from '@millrace/client/producer'
import { sourceArguments } from '@millrace/engine/testing/engine-from-sources'
import { createNodeHost } from '@millrace/host/node-host'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { provisioned } from './testing/control-plane.ts'
import { RealControlPlane } from './testing/real-control-plane.ts'

let dataDir: string
let plane: RealControlPlane
const children: ChildProcess[] = []

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'crash-'))
})

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await plane.msk.stop({ keepBrokers: false })
  // Of a test that failed while its nodes were nobody's.
  for (const pid of processesOf(dataDir)) process.kill(pid, 'SIGKILL')
  rmSync(dataDir, { recursive: true, force: true })
})

/** Processes that were started with `directory` among their arguments; none where the system has no /proc. */
function processesOf(directory: string): number[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(directory)
      } catch {
        return false // has ended
      }
    })
    .map(Number)
}

const mainScript = fileURLToPath(new URL('./testing/control-plane-main.ts', import.meta.url))

/** A control plane of its own process on `dataDir`; resolves when nothing is left to do, with the way to kill it. */
async function controlPlaneProcess(): Promise<{ kill(): Promise<void> }> {
  const child = spawn(process.execPath, [...sourceArguments, mainScript, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  expect(line.toString()).toBe('idle\n')
  return {
    async kill() {
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
  }
}

async function createCluster(): Promise<{ readonly arn: string; readonly bootstrap: string }> {
  plane = await RealControlPlane.open(dataDir)
  const { ClusterArn: arn = '' } = await plane.call('CreateClusterV2', {
    ClusterName: 'orders',
    Provisioned: provisioned(),
  })
  await plane.msk.idle()
  await plane.call('CreateTopic', { ClusterArn: arn, TopicName: 'rides', PartitionCount: 1, ReplicationFactor: 3 })
  const { BootstrapBrokerString: bootstrap = '' } = await plane.call('GetBootstrapBrokers', { ClusterArn: arn })
  return { arn, bootstrap }
}

/** Sends numbered records one after the other until it is stopped; every one of them is acknowledged by all. */
function numberedProducer(bootstrap: string): { count(): number; stop(): Promise<number> } {
  const producer = new Producer({ host: createNodeHost(), bootstrap, idempotent: true, timeoutMs: 60_000 })
  let stopped = false
  let count = 0
  const sent = (async () => {
    for (; !stopped; count++) await producer.send({ topic: 'rides', partition: 0, value: String(count) })
  })()
  return {
    count: () => count,
    async stop() {
      stopped = true
      await sent
      await producer.close()
      return count
    },
  }
}

async function readNumbers(bootstrap: string, count: number): Promise<number[]> {
  const consumer = new PartitionConsumer({ host: createNodeHost(), bootstrap, timeoutMs: 30_000 })
  const numbers: number[] = []
  let offset = 0
  while (numbers.length < count) {
    const records = await consumer.read({ topic: 'rides', partition: 0, offset })
    if (records.length === 0) break
    for (const record of records) {
      numbers.push(Number(record.value))
      offset = record.offset + 1
    }
  }
  consumer.close()
  return numbers
}

function nodePids(cluster: string): number[] {
  return readdirSync(cluster)
    .filter((name) => /^(broker|controller)-\d+$/.test(name))
    .map((name) => (JSON.parse(readFileSync(join(cluster, name, 'node.json'), 'utf8')) as { readonly pid: number }).pid)
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

test(
  'killed control planes are not noticed by traffic, and their nodes are adopted by pid',
  { timeout: 120_000 },
  async () => {
    const { bootstrap } = await createCluster()
    const before = await plane.pids()
    await plane.msk.stop({ keepBrokers: true })
    const producer = numberedProducer(bootstrap)
    for (let round = 0; round < 3; round++) await (await controlPlaneProcess()).kill()
    plane = await RealControlPlane.open(dataDir)
    await plane.msk.idle()
    expect(await plane.pids()).toEqual(before)
    expect(await plane.state()).toBe('ACTIVE')
    const count = await producer.stop()
    expect(count).toBeGreaterThan(100)
    expect(await readNumbers(bootstrap, count)).toEqual(upTo(count))
  },
)

test(
  'a broker that died while no control plane ran is started by the next, the others are adopted',
  { timeout: 120_000 },
  async () => {
    const { arn, bootstrap } = await createCluster()
    const before = await plane.pids()
    await plane.msk.stop({ keepBrokers: true })
    const producer = numberedProducer(bootstrap)
    process.kill(before.get(2) ?? -1, 'SIGKILL')
    plane = await RealControlPlane.open(dataDir)
    await plane.msk.idle()
    const after = await plane.pids()
    expect(after.get(2)).not.toBe(before.get(2))
    expect(after.get(1)).toBe(before.get(1))
    expect(await plane.state()).toBe('ACTIVE')
    await expect
      .poll(
        async () =>
          (await plane.call('ListTopics', { ClusterArn: arn })).Topics?.map((topic) => topic.OutOfSyncReplicaCount),
        { timeout: 30_000 },
      )
      .toEqual([0])
    const count = await producer.stop()
    expect(await readNumbers(bootstrap, count)).toEqual(upTo(count))
  },
)

test(
  'after kill -9 of everything the next start has all acknowledged records, on the same addresses',
  { timeout: 120_000 },
  async () => {
    const { arn, bootstrap } = await createCluster()
    await plane.msk.stop({ keepBrokers: true })
    const control = await controlPlaneProcess()
    const producer = numberedProducer(bootstrap)
    await expect.poll(() => producer.count(), { timeout: 30_000 }).toBeGreaterThan(100)
    const nodes = readdirSync(join(dataDir, 'clusters')).flatMap((id) => nodePids(join(dataDir, 'clusters', id)))
    expect(nodes).toHaveLength(4)
    await control.kill()
    for (const pid of nodes) process.kill(pid, 'SIGKILL')
    plane = await RealControlPlane.open(dataDir)
    await plane.msk.idle()
    expect(await plane.state()).toBe('ACTIVE')
    expect(await plane.call('GetBootstrapBrokers', { ClusterArn: arn })).toMatchObject({
      BootstrapBrokerString: bootstrap,
    })
    const count = await producer.stop()
    expect(await readNumbers(bootstrap, count)).toEqual(upTo(count))
  },
)
