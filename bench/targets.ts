/**
 * What is measured: a cluster of Millrace (millrace-target.ts), Apache Kafka, or the C floor. Each knows its processes, so
 * that their CPU time can be read, and gives back what a measurement has written before the next one begins: memory that
 * the system has never handed out before costs a virtual machine several times what recycled memory does.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
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
  /** 1: all leaders are on one broker, as the C floor is one process. 3: leaders and followers everywhere. */
  readonly replicationFactor: 1 | 3
  /** False: `millrace.validate.records=header`, for Millrace alone. */
  readonly checksRecords: boolean
}

export interface Prepared {
  /** Of each partition. */
  readonly leaders: readonly Address[]
  /** Processes whose CPU time and memory count. */
  readonly pids: readonly number[]
  /** Removes what was written. */
  end(): Promise<void>
}

export interface Target {
  readonly name: 'millrace' | 'apacheKafka' | 'cFloor'
  prepare(spec: TopicSpec): Promise<Prepared>
  stop(): Promise<void>
}

/** Where logs are written: memory where the system has it, so that the disk is not what is measured. */
export function scratchDirectory(prefix: string): string {
  return mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : '/tmp', prefix))
}

/** Has the system hand out `bytes` of memory once, so that no measurement pays for the first time. */
export function touchMemory(bytes: number): void {
  const scratch = scratchDirectory('millrace-touch-')
  const file = openSync(join(scratch, 'memory'), 'w')
  const block = Buffer.alloc(4 * 1024 * 1024)
  for (let written = 0; written < bytes; written += block.length) writeSync(file, block)
  closeSync(file)
  rmSync(scratch, { recursive: true, force: true })
}

/** Creates the topic; once every partition has a leader and a full ISR, gives back the leaders' addresses. */
export async function createAndLocate(admin: AdminClient, spec: TopicSpec): Promise<Address[]> {
  const [first] = (await admin.describeCluster()).brokers
  const placed =
    spec.replicationFactor === 1
      ? { assignments: Array.from({ length: spec.partitions }, () => [first?.id ?? 1]) }
      : { partitions: spec.partitions, replicationFactor: spec.replicationFactor }
  await admin.createTopics([{ name: spec.name, ...placed, configs: { 'file.delete.delay.ms': '0' } }])
  for (let attempt = 0; attempt < 200; attempt++) {
    const { brokers } = await admin.describeCluster()
    // Apache Kafka answers a creation before every broker knows the topic.
    const [described] = await admin.describeTopics([spec.name]).catch(() => [])
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
  return {
    name: 'cFloor',
    async prepare(spec) {
      const directory = join(scratch, spec.name)
      mkdirSync(directory)
      const child = spawn(program, [directory], { stdio: ['ignore', 'pipe', 'inherit'] })
      const port = Number(await firstLine(child))
      return {
        leaders: Array.from({ length: spec.partitions }, () => ({ host: '127.0.0.1', port })),
        pids: [child.pid ?? -1],
        end: () => ended(child, directory),
      }
    },
    stop: () => Promise.resolve(rmSync(scratch, { recursive: true, force: true })),
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
      'log.segment.delete.delay.ms': '0',
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
    prepare: async (spec) => ({
      leaders: await createAndLocate(admin, spec),
      pids: [child.pid ?? -1],
      end: () => admin.deleteTopics([spec.name]),
    }),
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

export async function freePort(): Promise<number> {
  const { createServer } = await import('node:net')
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
