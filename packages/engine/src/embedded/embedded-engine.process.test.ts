import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Logger, silentLogger } from '@millrace/base/logger'
import type { IamSnapshot } from '@millrace/policy/kafka-cluster/iam-snapshot'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { isDirectoryLocked } from '../directory-lock.ts'
import type { EngineEvent, EngineStep, SecuritySnapshot } from '../engine.ts'
import { EmbeddedEngine } from './embedded-engine.ts'
import { EngineBench, never, nodeScripts, spec } from './engine-bench.ts'

let bench: EngineBench

beforeEach(() => {
  bench = new EngineBench()
})
afterEach(() => bench.close())

async function pids(engine: EmbeddedEngine): Promise<Map<number, number>> {
  const { nodes } = await engine.observe(spec().id)
  return new Map(nodes.flatMap(({ nodeId, pid }) => (pid === null ? [] : [[nodeId, pid]])))
}

function nextEvent(engine: EmbeddedEngine, wanted: (event: EngineEvent) => boolean): Promise<EngineEvent> {
  return new Promise((resolve) => {
    const unsubscribe = engine.subscribe((event) => {
      if (!wanted(event)) return
      unsubscribe()
      resolve(event)
    })
  })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('apply starts every node under its contracted command line, and apply again changes nothing', async () => {
  const engine = bench.openEngine()
  const steps: EngineStep[] = []
  await engine.apply(spec(), (step) => steps.push(step), never)
  expect(steps.map(({ name, status }) => `${name} ${status}`)).toEqual([
    'PREPARE_CLUSTER IN_PROGRESS',
    'PREPARE_CLUSTER COMPLETED',
    'START_NODES IN_PROGRESS',
    'START_NODES COMPLETED',
  ])
  const first = await engine.observe(spec().id)
  expect(first.nodes.map(({ nodeId, role, state, zoneId }) => [nodeId, role, state, zoneId])).toEqual([
    [1, 'broker', 'running', 'use1-az1'],
    [2, 'broker', 'running', 'use1-az2'],
    [10001, 'controller', 'running', null],
  ])
  if (process.platform === 'linux') {
    const directory = join(bench.root, 'clusters', spec().id, 'broker-2')
    const line = readFileSync(`/proc/${first.nodes[1]?.pid}/cmdline`, 'utf8').replace(/\0+$/, '').replaceAll('\0', ' ')
    expect(line).toBe(`millrace-broker --cluster orders --node 2 --data-dir ${directory}`)
  }
  await engine.apply(spec(), (step) => expect.unreachable(step.name), never)
  expect(await engine.observe(spec().id)).toEqual(first)
})

test('clusters that are made at the same time get ports of their own at the first try', async () => {
  const warnings: string[] = []
  const logger: Logger = { ...silentLogger, child: () => logger, warn: (text) => warnings.push(text) }
  const engine = bench.openEngine({ logger })
  // A certificate is made between the choice of ports and the record of it.
  const made = ['a', 'b', 'c'].map((name) => ({
    ...spec(),
    id: `${name}${spec().id.slice(1)}`,
    name,
    encryptsInCluster: true,
  }))
  await Promise.all(made.map((cluster) => engine.apply(cluster, () => {}, never)))
  const observed = await Promise.all(made.map(({ id }) => engine.observe(id)))
  const ports = observed.flatMap(({ nodes }) => nodes.map(({ internalPort }) => internalPort))
  expect(new Set(ports).size).toBe(9)
  expect(warnings).toEqual([])
})

test('another configuration restarts one node after the other, brokers first, on the same ports', async () => {
  const engine = bench.openEngine()
  await engine.apply(spec(), () => {}, never)
  const before = await engine.observe(spec().id)
  const steps: EngineStep[] = []
  await engine.apply(spec({ 'num.partitions': '5' }), (step) => steps.push(step), never)
  expect(steps.map(({ name, nodeId, status }) => `${name} ${nodeId} ${status}`)).toEqual([
    'RESTART_BROKER 1 IN_PROGRESS',
    'RESTART_BROKER 1 COMPLETED',
    'RESTART_BROKER 2 IN_PROGRESS',
    'RESTART_BROKER 2 COMPLETED',
    'RESTART_CONTROLLER 10001 IN_PROGRESS',
    'RESTART_CONTROLLER 10001 COMPLETED',
  ])
  const after = await engine.observe(spec().id)
  expect(after.nodes.map(({ clientPorts, internalPort }) => [clientPorts, internalPort])).toEqual(
    before.nodes.map(({ clientPorts, internalPort }) => [clientPorts, internalPort]),
  )
  for (const [index, node] of after.nodes.entries()) expect(node.pid).not.toBe(before.nodes[index]?.pid)
})

test('a killed node is told at once and runs again', async () => {
  const engine = bench.openEngine()
  await engine.apply(spec(), () => {}, never)
  const victim = (await pids(engine)).get(2) ?? -1
  const down = nextEvent(engine, ({ kind }) => kind === 'node-down')
  const up = nextEvent(engine, ({ kind }) => kind === 'node-up')
  process.kill(victim, 'SIGKILL')
  expect(await down).toMatchObject({ nodeId: 2, role: 'broker', reason: 'was ended by SIGKILL' })
  expect(await up).toMatchObject({ nodeId: 2 })
  expect((await pids(engine)).get(2)).not.toBe(victim)
})

test('nodes that were left running are adopted with the same pids, and watched as before', async () => {
  const first = bench.openEngine()
  await first.apply(spec(), () => {}, never)
  const before = await pids(first)
  await first.close({ keepNodes: true })
  const second = bench.openEngine()
  expect(await pids(second)).toEqual(before)
  await second.apply(spec(), (step) => expect.unreachable(step.name), never)
  expect(await pids(second)).toEqual(before)
  const up = nextEvent(second, ({ kind }) => kind === 'node-up')
  process.kill(before.get(1) ?? -1, 'SIGKILL')
  expect(await up).toMatchObject({ nodeId: 1 })
  await second.restart(spec().id, 2)
  expect((await pids(second)).get(2)).not.toBe(before.get(2))
})

test('closing while a cluster is being created ends that, and leaves no process', async () => {
  // Before the first step, at the beginning of START_NODES, and at its end.
  const first = bench.openEngine()
  await first.apply(spec(), () => {}, never)
  await first.close({ keepNodes: false })
  for (const progress of [0, 1, 2]) {
    const engine = bench.openEngine()
    const closings: Promise<void>[] = []
    let steps = 0
    const close = (): void => {
      closings.push(engine.close({ keepNodes: false }))
    }
    const applied = engine.apply(
      spec(),
      () => {
        if (++steps === progress) close()
      },
      never,
    )
    if (progress === 0) close()
    const [outcome] = await Promise.allSettled([applied])
    await Promise.all(closings)
    expect(outcome?.status).toBe(progress === 2 ? 'fulfilled' : 'rejected')
    for (const name of ['broker-1', 'broker-2', 'controller-10001']) {
      expect(isDirectoryLocked(join(bench.root, 'clusters', spec().id, name))).toBe(false)
    }
  }
})

test('a second process is refused the directory of a live node', async () => {
  const engine = bench.openEngine()
  await engine.apply(spec(), () => {}, never)
  const directory = join(bench.root, 'clusters', spec().id, 'broker-1')
  expect(isDirectoryLocked(directory)).toBe(true)
  const intruder: ChildProcess = spawn(
    process.execPath,
    [...nodeScripts.execArgv, nodeScripts.broker, '--cluster', 'orders', '--node', '1', '--data-dir', directory],
    { stdio: ['pipe', 'pipe', 'ignore'] },
  )
  let told = ''
  intruder.stdout?.on('data', (bytes: Buffer) => (told += bytes.toString()))
  intruder.stdin?.write('{"internalSecret":"x"}\n')
  const code = await new Promise((resolve) => intruder.once('exit', resolve))
  expect(code).toBe(1)
  expect(told).toContain('another process holds the lock')
})

test('destroy ends the nodes and removes data and secret; twice is safe', async () => {
  const engine = bench.openEngine()
  await engine.apply(spec(), () => {}, never)
  const before = await pids(engine)
  await engine.destroy(spec().id)
  await engine.destroy(spec().id)
  for (const pid of before.values()) expect(isAlive(pid)).toBe(false)
  expect((await engine.observe(spec().id)).nodes).toEqual([])
  await expect(engine.adminAccess(spec().id)).rejects.toThrow('not known')
})

test('a node that cannot start is told with its reason, tried again, and comes up when it can', async () => {
  const engine = bench.openEngine()
  const up = nextEvent(engine, ({ kind, nodeId }) => kind === 'node-up' && nodeId === 1)
  await expect(engine.apply(spec({ 'fixture.fail': 'the port is taken' }), () => {}, never)).rejects.toThrow(
    /(broker|controller) \d+ does not start: the port is taken/,
  )
  const observation = await engine.observe(spec().id)
  expect(observation.nodes[0]).toMatchObject({
    state: 'starting',
    reason: expect.stringContaining('the port is taken'),
  })
  for (const name of ['broker-1', 'broker-2', 'controller-10001']) {
    writeFileSync(join(bench.root, 'clusters', spec().id, name, 'healed'), '')
  }
  await up
})

test('a node whose directory vanishes ends', async () => {
  const engine = bench.openEngine()
  await engine.apply(spec(), () => {}, never)
  const before = await pids(engine)
  await engine.close({ keepNodes: true })
  const victim = before.get(1) ?? -1
  rmSync(join(bench.root, 'clusters', spec().id, 'broker-1'), { recursive: true })
  await expect.poll(() => isAlive(victim), { timeout: 5000 }).toBe(false)
})

test('nodes of an ephemeral engine end when the process that started them is killed', async () => {
  const script = join(bench.root, 'owner.ts')
  writeFileSync(
    script,
    `import { EmbeddedEngine } from ${JSON.stringify(fileURLToPath(new URL('./embedded-engine.ts', import.meta.url)))}
     import { type Logger, silentLogger } from ${JSON.stringify(fileURLToPath(import.meta.resolve('@millrace/base/logger')))}
     const engine = new EmbeddedEngine({ root: ${JSON.stringify(bench.root)}, listenHost: '127.0.0.1', ephemeral: true,
       nodeScripts: ${JSON.stringify(nodeScripts)}, logger: silentLogger, dataKeys: null, readPartitions: async () => [] })
     void engine.apply(${JSON.stringify(spec())}, () => {}, new AbortController().signal)
       .then(() => engine.observe(${JSON.stringify(spec().id)}))
       .then(({ nodes }) => console.log(JSON.stringify(nodes.map(({ pid }) => pid))))`,
  )
  const owner = spawn(process.execPath, [...nodeScripts.execArgv, script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const line = await new Promise<string>((resolve) =>
    owner.stdout.once('data', (bytes: Buffer) => resolve(bytes.toString())),
  )
  const nodes = JSON.parse(line) as number[]
  expect(nodes).toHaveLength(3)
  owner.kill('SIGKILL')
  await expect.poll(() => nodes.filter(isAlive), { timeout: 5000 }).toEqual([])
})

test('a port that is taken between placing and binding is exchanged for another while the cluster is created', async () => {
  const engine = bench.openEngine()
  const wanted = spec({ 'fixture.port.taken': 'true' })
  await engine.apply(wanted, () => {}, never)
  const { nodes } = await engine.observe(wanted.id)
  const taken = Number(readFileSync(join(bench.root, 'clusters', wanted.id, 'taken-port-1'), 'utf8'))
  expect(nodes.every(({ state }) => state === 'running')).toBe(true)
  expect(nodes[0]?.clientPorts.plaintext).not.toBe(taken)
})

test('nodes are told of security snapshots when they start, at once on change, when adopted, and after a restart alone', async () => {
  const engine = bench.openEngine()
  const told = (node: string): string[] =>
    readFileSync(join(bench.root, 'clusters', spec().id, node, 'security'), 'utf8')
      .trim()
      .split('\n')
  engine.pushSecurity(spec().id, { version: 1, iam: null, network: null })
  await engine.apply(spec(), () => {}, never)
  const before = await pids(engine)
  expect(told('broker-1')).toEqual(['1'])
  engine.pushSecurity(spec().id, padded(2))
  await vi.waitFor(() => expect(told('controller-10001')).toEqual(['1', '2']), 10_000)
  await vi.waitFor(() => expect(told('broker-1')).toEqual(['1', '2']), 10_000)
  process.kill(before.get(1) ?? 0, 'SIGKILL')
  await nextEvent(engine, ({ kind, nodeId }) => kind === 'node-up' && nodeId === 1)
  expect(told('broker-1')).toEqual(['1', '2', '2'])

  await engine.close({ keepNodes: true })
  const later = bench.openEngine()
  await later.apply(spec(), (step) => expect.unreachable(step.name), never)
  expect((await pids(later)).get(2)).toBe(before.get(2))
  later.pushSecurity(spec().id, padded(3))
  await vi.waitFor(() => expect(told('broker-2').at(-1)).toBe('3'), 10_000)
  await later.close({ keepNodes: true })

  const last = bench.openEngine()
  last.pushSecurity(spec().id, { version: 4, iam: null, network: null })
  await last.observe(spec().id)
  await vi.waitFor(() => expect(told('broker-2').at(-1)).toBe('4'), 10_000)
})

/** Longer than a line of the control protocol may be before the peer is known. */
/** A line of some megabytes, and as many in parts. */
function padded(version: number): SecuritySnapshot {
  const network = 'x'.repeat(3_000_000)
  const document = { version: '2012-10-17', id: 'y'.repeat(3_000), statements: [] } as const
  const iam: IamSnapshot = {
    clusterArn: '',
    tags: {},
    clusterPolicy: null,
    policies: Array.from({ length: 1_000 }, (_, index) => ({ name: `policy-${index}`, document })),
    principals: [],
    credentials: [],
    connectsPerSecond: null,
    reverseNames: [],
  }
  return { version, iam, network: { addressMap: [{ network, address: '' }], brokers: {} } }
}
