/**
 * Whoever can open a socket can send anything. Mutated and random frames to every listener, sizes that cannot be, idle,
 * slow and deaf clients: no node ends, no memory or descriptor stays behind, and other clients do not notice.
 *
 * Frames come from a seed, which is printed; MILLRACE_HOSTILE_SEED repeats a run.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AdminClient } from '@millrace/client/admin'
import { createNodeHost } from '@millrace/host/node-host'
import { ApiKey, apiByKey } from '@millrace/protocol/apis'
import { encodeRequestFrame } from '@millrace/protocol/headers'
import { apiVersionsRequest } from '@millrace/protocol/messages/18-api-versions'
import { attack, type Target } from './harness/hostile-clients.ts'
import { arrayPaths, wideMessage } from './harness/wide-message.ts'
import { everyApi, HostileFrames } from './harness/hostile-frames.ts'
import {
  createThreeBrokers,
  startMillraceProcess,
  type MillraceProcess,
  type ReadyCluster,
} from './harness/millrace.ts'
import { nodeProcesses, until, type NodeProcess } from './harness/processes.ts'
import { descriptorCount, residentBytes, settledResidentBytes } from './harness/process-usage.ts'
import { answeredOrClosed, advertisedApis, ask, closed, fetchFrame, fill, open } from './harness/raw-requests.ts'
import { sized } from './harness/size.ts'
import { percentile99, SteadyProducer } from './harness/steady-producer.ts'

const MIB = 1024 * 1024
const FRAMES = sized({ quick: 10_000, full: 100_000 })
const CONNECTIONS = 12
const FRAMES_PER_SECOND = 700
const PRODUCER_PER_SECOND = 100
/** The 30 MiB of a full run count from the 10,000th frame; after the 1,000th of a quick run the code is not yet compiled. */
const GROWTH_MAX = sized({ quick: 100 * MIB, full: 30 * MIB })
/** What unpacks large batches is a thread, which ends, with all that bombs left in it, half a minute after the last one. */
const THREAD_REST_MS = sized({ quick: 0, full: 35_000 })
const P99_FACTOR_MAX = 2
/** Other tests share the machine with a quick run: below this a latency says nothing. */
const P99_MS_MIN = sized({ quick: 2_000, full: 4 })
/** Connections between the nodes come and go. */
const DESCRIPTOR_SLACK = 8
const FILES_PER_REPLICA = 4
const WIDE_ELEMENTS = sized({ quick: 10_000, full: 100_000 })
const DEAF_CLIENTS = 40
/** The limit of 256 MiB for answers that are not taken, those being read, and what is not yet collected. */
const DEAF_BYTES_MAX = 700 * MIB
/** A broker's session is 9 s. */
const WIDE_MS_MAX = sized({ quick: 4_000, full: 9_000 })
const seed = process.env['MILLRACE_HOSTILE_SEED'] ?? String(Date.now() % 1_000_000)

interface ClusterFile {
  readonly nodes: readonly {
    readonly nodeId: number
    readonly clientPorts: { readonly plaintext: number; readonly tls: number } | null
    readonly internalPort: number
  }[]
}

describe('hostile clients', () => {
  let millrace: MillraceProcess
  let cluster: ReadyCluster
  let admin: AdminClient
  let directory: string
  let nodes: readonly NodeProcess[]
  let ports: ClusterFile['nodes']
  let clientPorts: readonly number[]
  const topicIds: string[] = []

  beforeAll(async () => {
    millrace = await startMillraceProcess({ args: ['--ephemeral'] })
    // Internal listeners in plaintext too: behind TLS no frame would get as far as their framers.
    cluster = await createThreeBrokers(millrace, 'hostile', { inCluster: false })
    const clusters = join(millrace.dataDirectory, 'clusters')
    directory = join(clusters, readdirSync(clusters)[0] ?? '')
    ports = (JSON.parse(readFileSync(join(directory, 'cluster.json'), 'utf8')) as ClusterFile).nodes
    clientPorts = ports.flatMap(({ clientPorts: each }) => each?.plaintext ?? [])
    nodes = nodeProcesses(millrace.dataDirectory)
    admin = new AdminClient({ host: createNodeHost(), bootstrap: cluster.bootstrap, clientId: 'hostile-test' })
    for (const name of ['hostile-1', 'hostile-2', 'steady', 'wide']) {
      const [created] = await admin.createTopics([{ name, partitions: 3, replicationFactor: 3 }])
      if (created !== undefined && name !== 'steady') topicIds.push(created.topicId)
    }
    // Its first use creates the offsets topic.
    await admin.listGroupOffsets('hostile', [{ topic: 'wide', partition: 0 }])
  }, 120_000)
  afterAll(async () => {
    admin?.close()
    await millrace?.stop()
  })

  const logs = (): string =>
    readdirSync(join(directory, 'logs'))
      .map((name) => readFileSync(join(directory, 'logs', name), 'utf8'))
      .join('')
  const expectAllAlive = (): void => {
    expect(
      logs()
        .split('\n')
        .filter((line) => /uncaught|invariant|cannot serve/i.test(line)),
    ).toEqual([])
    expect(nodeProcesses(millrace.dataDirectory)).toEqual(nodes)
  }
  /** A client that behaves is served. */
  const expectServed = async (): Promise<void> => {
    for (const port of clientPorts) expect((await advertisedApis(port)).length).toBeGreaterThan(20)
  }

  it(`${FRAMES} mutated and random frames, seed ${seed}: nobody ends, leaks or notices`, async () => {
    console.log(`hostile frames: seed ${seed} (MILLRACE_HOSTILE_SEED repeats it)`)
    const advertised = await advertisedApis(clientPorts[0] ?? 0)
    const options = { seed, topics: ['hostile-1', 'hostile-2'], dataTopics: ['steady', 'wide'], topicIds }
    const forClients = new HostileFrames({ ...options, advertised })
    const forNodes = new HostileFrames({ ...options, seed: `${seed}/internal`, advertised: everyApi() })
    const targets: Target[] = []
    // Each client listener thrice, each TLS and internal one and the controller once.
    for (const { nodeId, clientPorts: own, internalPort } of ports) {
      const client = {
        name: `client listener of ${nodeId}`,
        port: own?.plaintext ?? 0,
        frame: (n: number) => forClients.frame(n),
      }
      if (own !== null)
        targets.push(client, client, client, { ...client, name: `TLS listener of ${nodeId}`, port: own.tls })
      targets.push({
        name: `internal listener of ${nodeId}`,
        port: internalPort,
        frame: (n: number) => forNodes.frame(n),
      })
    }
    const load = { targets, connections: CONNECTIONS, perSecondMax: FRAMES_PER_SECOND }
    const first = FRAMES / 10

    const producer = await SteadyProducer.start(cluster.bootstrap, 'steady', PRODUCER_PER_SECOND)
    await new Promise((resolve) => setTimeout(resolve, sized({ quick: 2_000, full: 4_000 })))
    producer.mark() // what came before warmed it up
    await new Promise((resolve) => setTimeout(resolve, sized({ quick: 4_000, full: 20_000 })))
    const partitionsBefore = (await admin.listTopics()).flatMap(({ partitions }) => partitions).length
    const descriptorsBefore = nodes.map(({ pid }) => descriptorCount(pid))

    // The first tenth compiles decoders and creates what is created once; then the level is taken, and latencies count.
    producer.mark()
    await attack({ ...load, first: 0, count: first })
    await new Promise((resolve) => setTimeout(resolve, THREAD_REST_MS))
    const early = await Promise.all(nodes.map(({ pid }) => settledResidentBytes(pid)))
    producer.mark()
    const counts = await attack({ ...load, first, count: FRAMES - first })
    producer.mark()
    await new Promise((resolve) => setTimeout(resolve, THREAD_REST_MS))
    const late = await Promise.all(nodes.map(({ pid }) => settledResidentBytes(pid)))
    await new Promise((resolve) => setTimeout(resolve, sized({ quick: 1_000, full: 15_000 })))
    const { errors, series } = await producer.end()

    // Before and after, whichever is worse: the machine may have become busy meanwhile.
    const quiet = Math.max(percentile99(series[1] ?? []), percentile99(series[4] ?? []))
    const loaded = percentile99(series[3] ?? [])
    const growth = nodes.map((_, at) => ((late[at] ?? 0) - (early[at] ?? 0)) / MIB)
    console.log(
      `hostile frames: ${JSON.stringify(counts)}; producer p99 ${quiet.toFixed(1)} ms alone, ${loaded.toFixed(1)} ms beside (${(loaded / quiet).toFixed(2)} times)`,
    )
    for (const [at, node] of nodes.entries()) {
      console.log(
        `${node.role} ${node.nodeId}: ${((early[at] ?? 0) / MIB).toFixed(0)} MiB after ${first} frames, ${((late[at] ?? 0) / MIB).toFixed(0)} MiB after ${FRAMES}`,
      )
    }
    expectAllAlive()
    await expectServed()
    expect(counts.refused).toBe(0)
    expect(counts.sent).toBe(FRAMES - first)
    expect(errors).toEqual([])
    for (const mib of growth) expect(mib * MIB).toBeLessThan(GROWTH_MAX)
    expect(loaded).toBeLessThan(Math.max(P99_FACTOR_MAX * quiet, P99_MS_MIN))
    // What the frames created is deleted before descriptors are counted; partitions that they added keep their files open.
    const topics = await admin.listTopics()
    const made = topics.filter(({ name }) => !/^(hostile-[12]|steady|wide|__consumer_offsets)$/.test(name))
    if (made.length > 0) await admin.deleteTopics(made.map(({ name }) => name))
    const kept = topics.filter((topic) => !made.includes(topic)).flatMap(({ partitions }) => partitions).length
    const filesMore = FILES_PER_REPLICA * Math.max(0, kept - partitionsBefore)
    for (const [at, { pid }] of nodes.entries()) {
      const before = descriptorsBefore[at] ?? 0
      await until(
        () => descriptorCount(pid) <= before + filesMore + DESCRIPTOR_SLACK,
        `descriptors of ${pid} back at ${before} and ${filesMore} more`,
        10_000,
      )
    }
  }, 400_000)

  it(`requests of ${WIDE_ELEMENTS} tiny elements hold no loop longer than a broker's session`, async () => {
    const advertised = await advertisedApis(clientPorts[0] ?? 0)
    const slow: string[] = []
    for (const { key, max } of advertised) {
      const request = apiByKey(key)?.request
      // It would delete what other tests need.
      if (request === undefined || key === ApiKey.DeleteTopics) continue
      for (const path of arrayPaths(request, max)) {
        for (const topic of [null, 'wide']) {
          const body = wideMessage({ definition: request, version: max, path, elements: WIDE_ELEMENTS, topic })
          const header = { correlationId: 1, clientId: 'wide' }
          const socket = await open(clientPorts[0] ?? 0)
          const over = answeredOrClosed(socket)
          const startedMs = performance.now()
          socket.write(Buffer.concat(encodeRequestFrame(request, max, header, body as never)))
          await Promise.race([over, new Promise((resolve) => setTimeout(resolve, 15_000))])
          const tookMs = performance.now() - startedMs
          socket.destroy()
          if (tookMs > WIDE_MS_MAX)
            slow.push(`${request.name} ${path.join('.')} ${topic ?? 'each its own'}: ${tookMs.toFixed(0)} ms`)
        }
      }
    }
    expect(slow).toEqual([])
    expectAllAlive()
    await expectServed()
  }, 400_000)

  it('a frame that claims 2 GB is refused before a byte of it is taken', async () => {
    for (const port of [...clientPorts, ...ports.map(({ internalPort }) => internalPort)]) {
      const socket = await open(port)
      const startedMs = performance.now()
      const gone = closed(socket)
      socket.write(Buffer.from('7fffffff0000000900000001', 'hex'))
      await gone
      expect(performance.now() - startedMs).toBeLessThan(500)
    }
    expectAllAlive()
  })

  it('twenty idle sockets that claim 100 MB each reserve nothing', async () => {
    const before = nodes.map(({ pid }) => residentBytes(pid))
    const sockets: Socket[] = []
    for (const port of clientPorts) {
      for (let index = 0; index < 20; index++) {
        const socket = await open(port)
        const head = Buffer.from('0640000000000009000000010007686f7374696c65ffffffff', 'hex') // 104,857,600: Produce 9
        socket.write(head)
        sockets.push(socket)
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 500))
    const growth = nodes.map(({ pid }, at) => residentBytes(pid) - (before[at] ?? 0))
    for (const grown of growth) expect(grown).toBeLessThan(10 * MIB)
    expect(sockets.filter((socket) => socket.destroyed)).toEqual([])
    await expectServed()
    for (const socket of sockets) socket.destroy()
    expectAllAlive()
  })

  it('a client that sends a byte every 100 ms is served, and delays nobody', async () => {
    const socket = await open(clientPorts[0] ?? 0)
    const frame = Buffer.concat(encodeRequestFrame(apiVersionsRequest, 0, { correlationId: 7, clientId: 'slow' }, {}))
    const answered = new Promise<Buffer>((resolve) => socket.once('data', resolve))
    for (const byte of frame) {
      socket.write(Buffer.from([byte]))
      const startedMs = performance.now()
      await expectServed()
      expect(performance.now() - startedMs).toBeLessThan(1_000)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    expect((await answered).readInt32BE(4)).toBe(7)
    socket.destroy()
  })

  it('clients that ask for records and never read them cost no more than a bounded queue', async () => {
    await admin.createTopics([{ name: 'long', partitions: 1, replicationFactor: 1 }])
    const leader = await leaderOf('long')
    const port = ports.find(({ nodeId }) => nodeId === leader)?.clientPorts?.plaintext ?? 0
    const pid = nodes.find(({ nodeId }) => nodeId === leader)?.pid ?? 0
    // More than the tail cache holds: every answer is read from the file into memory of its own.
    await fill(port, 'long', 64)
    // Whoever reads gets many records.
    expect((await ask(port, fetchFrame('long'))).length).toBeGreaterThan(40 * MIB)
    const before = await settledResidentBytes(pid, 3)
    const wanted = fetchFrame('long')
    const deaf: Socket[] = []
    for (let index = 0; index < DEAF_CLIENTS; index++) {
      const socket = await open(port)
      socket.pause()
      for (let times = 0; times < 200; times++) socket.write(wanted)
      deaf.push(socket)
    }
    let most = 0
    for (let look = 0; look < 30; look++) {
      await new Promise((resolve) => setTimeout(resolve, 100))
      most = Math.max(most, residentBytes(pid))
    }
    console.log(
      `deaf clients: at most ${((most - before) / MIB).toFixed(0)} MiB more for ${DEAF_CLIENTS} of them, each asking for 200 times 50 MiB`,
    )
    expect(most - before).toBeLessThan(DEAF_BYTES_MAX)
    await expectServed()
    for (const socket of deaf) socket.destroy()
    expectAllAlive()
  }, 60_000)

  it('500 connections opened and closed at once leave nothing behind', async () => {
    const before = nodes.map(({ pid }) => descriptorCount(pid))
    for (let round = 0; round < 5; round++) {
      const sockets = await Promise.all(Array.from({ length: 100 }, (_, at) => open(clientPorts[at % 3] ?? 0)))
      sockets.forEach((socket, at) => {
        if (at % 3 === 0) socket.resetAndDestroy()
        else if (at % 3 === 1) socket.destroy()
        else socket.end(Buffer.from([0, 0, 0]))
      })
    }
    for (const [at, { pid }] of nodes.entries()) {
      await until(
        () => descriptorCount(pid) <= (before[at] ?? 0) + DESCRIPTOR_SLACK,
        `descriptors of ${pid} given back`,
        5_000,
      )
    }
    await expectServed()
    expectAllAlive()
  })

  it('half-open sockets, half frames in hand, are closed with their descriptors', async () => {
    const before = nodes.map(({ pid }) => descriptorCount(pid))
    const halves: Socket[] = []
    for (const port of clientPorts) {
      for (let index = 0; index < 30; index++) {
        const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
        await new Promise((resolve) => socket.once('connect', resolve))
        socket.on('error', () => {})
        // This side is done speaking but would listen for ever.
        socket.end(index % 2 === 0 ? fetchFrame('wide') : fetchFrame('wide').subarray(0, 20))
        halves.push(socket)
      }
    }
    for (const [at, { pid }] of nodes.entries()) {
      await until(
        () => descriptorCount(pid) <= (before[at] ?? 0) + DESCRIPTOR_SLACK,
        `descriptors of ${pid} given back`,
        5_000,
      )
    }
    for (const socket of halves) socket.destroy()
    await expectServed()
    expectAllAlive()
  })

  async function leaderOf(topic: string): Promise<number> {
    const [described] = await admin.describeTopics([topic])
    return described?.partitions[0]?.leader ?? -1
  }
})
