/** What is measured: a cluster of Millrace, Apache Kafka, or the C floor; each knows its processes, so that their CPU time can be read. */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { AdminClient } from '@millrace/client/admin'
import { createNodeHost } from '@millrace/host/node-host'

export interface Address {
  readonly host: string
  readonly port: number
}

export interface TopicSpec {
  readonly name: string
  readonly partitions: number
  readonly replicationFactor: number
}

export interface Target {
  readonly name: 'millrace' | 'apacheKafka' | 'cFloor'
  /** Processes whose CPU time and memory count. */
  readonly pids: readonly number[]
  /** Creates the topic and gives back the leader of each partition. */
  topic(spec: TopicSpec): Promise<readonly Address[]>
  stop(): Promise<void>
}

/** Where logs are written: memory where the system has it, so that the disk is not what is measured. */
export function scratchDirectory(prefix: string): string {
  return mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : '/tmp', prefix))
}

export async function startMillraceTarget(brokers: number): Promise<Target> {
  const { startMillrace } = (await import(
    new URL('../dist/bin/library.js', import.meta.url).href
  )) as typeof import('../packages/millrace/src/library.ts')
  // The library puts its data below TMPDIR.
  const scratch = scratchDirectory('millrace-bench-')
  process.env['TMPDIR'] = scratch
  const millrace = await startMillrace()
  const cluster = await millrace.createCluster({ brokers, name: 'bench' })
  const host = createNodeHost()
  const admin = new AdminClient({ host, bootstrap: cluster.bootstrapBrokers('plaintext'), clientId: 'bench' })
  return {
    name: 'millrace',
    pids: childrenOf(process.pid).filter((pid) =>
      readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('millrace-broker'),
    ),
    topic: (spec) => createAndLocate(admin, spec),
    async stop() {
      admin.close()
      await millrace.stop()
      rmSync(scratch, { recursive: true, force: true })
    },
  }
}

/** Creates the topic; once every partition has a leader and a full ISR, gives back the leaders' addresses. */
export async function createAndLocate(admin: AdminClient, spec: TopicSpec): Promise<Address[]> {
  await admin.createTopics([
    { name: spec.name, partitions: spec.partitions, replicationFactor: spec.replicationFactor },
  ])
  for (let attempt = 0; attempt < 200; attempt++) {
    const { brokers } = await admin.describeCluster()
    const [described] = await admin.describeTopics([spec.name])
    const addresses = (described?.partitions ?? []).flatMap((partition) => {
      const leader = brokers.find((broker) => broker.id === partition.leader)
      return leader === undefined || partition.isr.length < spec.replicationFactor
        ? []
        : [{ host: leader.host, port: leader.port }]
    })
    if (addresses.length === spec.partitions) return addresses
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`topic ${spec.name} got no leaders`)
}

/** The C floor, compiled on the spot; null where there is no compiler. */
export async function startCFloor(): Promise<Target | null> {
  const scratch = scratchDirectory('millrace-floor-')
  const program = join(scratch, 'cfloor')
  const source = new URL('native/cfloor.c', import.meta.url).pathname
  if (spawnSync('cc', ['-O2', '-o', program, source], { stdio: 'ignore' }).status !== 0) {
    rmSync(scratch, { recursive: true, force: true })
    return null
  }
  const child = spawn(program, [scratch], { stdio: ['ignore', 'pipe', 'inherit'] })
  const port = Number(await firstLine(child))
  return {
    name: 'cFloor',
    pids: [child.pid ?? -1],
    topic: (spec) => Promise.resolve(Array.from({ length: spec.partitions }, () => ({ host: '127.0.0.1', port }))),
    stop: () => ended(child, scratch),
  }
}

export interface KafkaInstallation {
  readonly release: string
  readonly classPath: string
}

/** One node of Apache Kafka (KRaft, broker and controller in one) with its default heap of 1 GB. */
export async function startApacheKafka({ classPath }: KafkaInstallation): Promise<Target> {
  const scratch = scratchDirectory('millrace-apache-')
  mkdirSync(join(scratch, 'logs'))
  const [clientPort, controllerPort] = [await freePort(), await freePort()]
  const properties = join(scratch, 'server.properties')
  writeFileSync(
    properties,
    Object.entries({
      'process.roles': 'broker,controller',
      'node.id': '1',
      'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
      listeners: `PLAINTEXT://127.0.0.1:${clientPort},CONTROLLER://127.0.0.1:${controllerPort}`,
      'advertised.listeners': `PLAINTEXT://127.0.0.1:${clientPort}`,
      'controller.listener.names': 'CONTROLLER',
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      'log.dirs': join(scratch, 'logs'),
      'offsets.topic.replication.factor': '1',
    })
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
  )
  const format = spawnSync(
    'java',
    ['-cp', classPath, 'kafka.tools.StorageTool', 'format', '-t', 'MkU3OEVBNTcwNTJENDM2Qg', '-c', properties],
    { encoding: 'utf8' },
  )
  if (format.status !== 0) throw new Error(`formatting Apache Kafka failed: ${format.stderr}`)
  const jvm = [
    '-Xmx1G',
    '-Xms1G',
    '-server',
    '-XX:+UseG1GC',
    '-XX:MaxGCPauseMillis=20',
    '-XX:InitiatingHeapOccupancyPercent=35',
  ]
  const child = spawn('java', [...jvm, '-cp', classPath, 'kafka.Kafka', properties], {
    stdio: ['ignore', 'ignore', 'ignore'],
  })
  const host = createNodeHost()
  const admin = new AdminClient({ host, bootstrap: `127.0.0.1:${clientPort}`, clientId: 'bench', timeoutMs: 60_000 })
  await admin.describeCluster()
  return {
    name: 'apacheKafka',
    pids: [child.pid ?? -1],
    topic: (spec) => createAndLocate(admin, { ...spec, replicationFactor: 1 }),
    async stop() {
      admin.close()
      await ended(child, scratch)
    },
  }
}

async function ended(child: ChildProcess, scratch: string): Promise<void> {
  const exit = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await exit
  rmSync(scratch, { recursive: true, force: true })
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    if (child.stdout === null) return reject(new Error('no output'))
    createInterface({ input: child.stdout }).once('line', resolve)
    child.once('exit', () => reject(new Error('ended before it was ready')))
  })
}

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net')
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

export function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter((text) => text !== '')
    .map(Number)
}
