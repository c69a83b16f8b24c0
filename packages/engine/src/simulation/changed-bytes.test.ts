/**
 * A cluster whose nodes keep their data sealed, stopped; then one byte of one file of one node is changed. Every file of
 * every node is taken in turn: whichever byte it is, the disk tells when it is read. And a node that starts with it tells
 * of it with the file's name, and nothing is served that was not written.
 */
import { describe, expect, it } from 'vitest'
import { isBrokenSeal } from '@millrace/log/sealing/broken-seal'
import { SealedDisk } from '@millrace/log/sealing/sealed-disk'
import type { FakeDisk } from '@millrace/testkit/fake-disk'
import type { FakeHost } from '@millrace/testkit/fake-host'
import { createRecordingLogger } from '@millrace/testkit/recording-logger'
import { World } from '@millrace/testkit/world'
import { ClusterAccess } from './cluster-access.ts'
import { Ledger } from './ledger.ts'
import { SimulatedClient } from './simulated-client.ts'
import { SIMULATED_DATA_KEY, SimulatedCluster } from './simulated-cluster.ts'
import { SimulatedTransactionalProducer } from './simulated-transactional-producer.ts'
import { TransactionPromises } from './transaction-promises.ts'

const ORDERS = 'orders'
const TRANSFERS = 'transfers'
const SMALL = { 'segment.bytes': '1024', 'segment.jitter.ms': '0' }
const RECORDS = 40
const PROPERTIES = {
  'offsets.topic.num.partitions': '1',
  'offsets.topic.replication.factor': '2',
  'transaction.state.log.num.partitions': '1',
  'transaction.state.log.replication.factor': '2',
  'transaction.state.log.min.isr': '1',
  'metadata.log.max.record.bytes.between.snapshots': '3000',
}
/** Every byte of every file, not of one file of each kind both ends and one byte in so many. */
const isFull = process.env['MILLRACE_SIZE'] === 'full'
const WHOLE_BYTES = 200
const STRIDE = 31
const END_BYTES = 120
const START_LIMIT_MS = 25_000

/** Kinds of files that a start reads. */
const READ_AT_START = [
  'controller meta.properties',
  'controller recovery-point-offset-checkpoint',
  'controller __cluster_metadata-0/#.log',
  'controller __cluster_metadata-0/#.checkpoint',
  'controller __cluster_metadata-0/leader-epoch-checkpoint',
  'controller __cluster_metadata-0/quorum-state',
  'broker meta.properties',
  'broker .kafka_cleanshutdown',
  'broker log-start-offset-checkpoint',
  'broker recovery-point-offset-checkpoint',
  'broker replication-offset-checkpoint',
  'broker __cluster_metadata-0/#.log',
  'broker __cluster_metadata-0/leader-epoch-checkpoint',
  'broker topic/#.timeindex',
  'broker topic/#.txnindex',
  'broker topic/leader-epoch-checkpoint',
  'broker topic/partition.metadata',
] as const
/**
 * And those that it does not: what is for a log that is empty or cut, what is made anew at every start, and records, which
 * are read when someone asks for them. (log/sealing/sealed-log.test.ts asks.)
 */
const READ_LATER = [
  'controller bootstrap.checkpoint',
  'controller __cluster_metadata-0/partition.metadata',
  'controller __cluster_metadata-0/#.index',
  'controller __cluster_metadata-0/#.timeindex',
  'controller __cluster_metadata-0/#.snapshot',
  'broker __cluster_metadata-0/partition.metadata',
  'broker __cluster_metadata-0/#.index',
  'broker __cluster_metadata-0/#.timeindex',
  'broker __cluster_metadata-0/#.snapshot',
  'broker topic/#.log',
  'broker topic/#.snapshot',
] as const

/** Files of all nodes by path, of each node by its name. */
type Files = ReadonlyMap<string, ReadonlyMap<string, Buffer>>

function hostsOf(cluster: SimulatedCluster): ReadonlyMap<string, FakeHost> {
  const brokers = [...cluster.brokerHosts].map(([id, host]) => [`broker-${id}`, host] as const)
  return new Map([['controller', cluster.controllerHost] as const, ...brokers])
}

function pathsOf(disk: FakeDisk, directory: string): string[] {
  return disk.list(directory).flatMap((name) => {
    const path = `${directory}/${name}`
    return disk.status(path).isDirectory ? pathsOf(disk, path) : [path]
  })
}

/** Records, transactions of which some were aborted, snapshots of the metadata; everything was closed in order. */
function stoppedCluster(): { readonly files: Files; readonly values: ReadonlyMap<number, string> } {
  const world = new World({ seed: 5 })
  const cluster = new SimulatedCluster({ world, brokerCount: 2, properties: PROPERTIES, sealed: true })
  cluster.start()
  const client = new SimulatedClient(cluster)
  client.createTopic({ name: ORDERS, partitions: 1, replicationFactor: 2, configs: SMALL })
  client.createTopic({ name: TRANSFERS, partitions: 1, replicationFactor: 2, configs: SMALL })
  const producer = new SimulatedTransactionalProducer({
    access: new ClusterAccess(cluster, 'transactions'),
    promises: new TransactionPromises(new Ledger()),
    transactionalId: 'transfers',
    name: 'transfers',
    protocol: 1,
    timeoutMs: 1_500,
    topic: TRANSFERS,
    partitions: 1,
  })
  client.startProducing(ORDERS, 1)
  world.runUntil(() => client.acknowledged.length >= RECORDS)
  client.stopProducing(1)
  for (let count = 0; count < 20; count++) client.setTopicConfig(ORDERS, 'retention.ms', `${1e9 + count}`)
  producer.stop()
  world.runUntil(() => producer.idle)
  const values = client.readAll(ORDERS, 0)
  let closing = cluster.brokers.size
  for (const broker of cluster.brokers.values()) broker.close({ controlled: true }, () => closing--)
  world.runUntil(() => closing === 0)
  let closed = false
  cluster.controller?.close(() => (closed = true))
  world.runUntil(() => closed)
  const files = [...hostsOf(cluster)].map(([name, { disk }]) => {
    const contents = pathsOf(disk, '/data').map((path) => [path, Buffer.from(disk.readFile(path))] as const)
    return [name, new Map(contents)] as const
  })
  return { files: new Map(files), values }
}

function kindOf(path: string): string {
  return path
    .replace(/^\/data\//, '')
    .replaceAll(/\d{20}(-\d{10})?/g, '#')
    .replace(/^(orders|transfers|__transaction_state)-0\//, 'topic/')
}

/** At the ends are the headers and the last extents. */
function positionsOf(size: number): number[] {
  const all = Array.from({ length: size }, (_, at) => at)
  return isFull || size <= WHOLE_BYTES
    ? all
    : all.filter((at) => at < END_BYTES || at >= size - END_BYTES || at % STRIDE === 0)
}

function put(disk: FakeDisk, path: string, bytes: Buffer): void {
  disk.makeDirectory(path.slice(0, path.lastIndexOf('/')))
  disk.writeFileAtomic(path, bytes)
}

/** What a reader of the file gets before it is told; null when it got all and was not told. */
function readUntilTold(disk: SealedDisk, path: string, length: number): Buffer | null {
  const target = Buffer.alloc(length)
  const file = disk.open(path, 'r')
  let filled = 0
  try {
    while (filled < length) {
      const count = disk.readSync(file, target, filled, length - filled, filled)
      if (count === 0) break
      filled += count
    }
  } catch (error) {
    if (!isBrokenSeal(error)) throw error
    return target.subarray(0, filled)
  } finally {
    disk.close(file)
  }
  return filled === length && length > 0 ? null : target.subarray(0, filled)
}

function flipped(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes)
  changed.writeUInt8(bytes.readUInt8(at) ^ (1 << (at % 8)), at)
  return changed
}

/** A new start of all nodes, one file of one node changed: what was told, and what can be read. */
function startWith(
  node: string,
  path: string,
  change: (bytes: Buffer) => Buffer,
): { readonly told: string; readonly read: Map<number, string> | null } {
  const world = new World({ seed: 6 })
  const logger = createRecordingLogger()
  const cluster = new SimulatedCluster({ world, brokerCount: 2, properties: PROPERTIES, sealed: true, logger })
  for (const [name, { disk }] of hostsOf(cluster)) {
    for (const [each, bytes] of files.get(name) ?? [])
      put(disk, each, name === node && each === path ? change(bytes) : bytes)
  }
  cluster.beginController()
  for (const id of cluster.brokerHosts.keys()) cluster.beginBroker(id)
  world.runUntil(() => cluster.brokers.size === 2 || cluster.failures.length > 0, START_LIMIT_MS)
  const read = cluster.brokers.size === 2 ? new SimulatedClient(cluster).readAll(ORDERS, 0) : null
  return { told: JSON.stringify([logger.lines, cluster.failures]), read }
}

const { files, values } = stoppedCluster()
const sealedFiles = [...files].flatMap(([node, contents]) =>
  [...contents].filter(([, bytes]) => bytes.length > 0).map(([path, bytes]) => ({ node, path, bytes })),
)

function kindAt({ node, path }: { readonly node: string; readonly path: string }): string {
  return `${node.replace(/-.*/, '')} ${kindOf(path)}`
}

function largestOfKinds(): typeof sealedFiles {
  const largestFirst = sealedFiles.toSorted((one, other) => other.bytes.length - one.bytes.length)
  return [...new Map(largestFirst.reverse().map((file) => [kindAt(file), file])).values()]
}

describe('a changed byte on a node whose data is sealed', () => {
  it('may be in files of every kind, none of which is readable as it lies', () => {
    expect(new Set(sealedFiles.map(({ bytes }) => bytes.subarray(0, 8).toString()))).toEqual(new Set(['MILLSEAL']))
    const kinds = new Set(sealedFiles.map(kindAt))
    expect([...kinds].sort()).toEqual([...READ_AT_START, ...READ_LATER].sort())
  })

  it('is told of by the disk that reads the file, whichever byte and file it is', () => {
    const machine = new World({ seed: 7 }).addHost('machine')
    const { disk, clock, random } = machine
    const missed: string[] = []
    for (const { node, path, bytes } of isFull ? sealedFiles : largestOfKinds()) {
      put(disk, path, bytes)
      const content = Buffer.from(new SealedDisk({ disk, clock, random, dataKey: SIMULATED_DATA_KEY }).readFile(path))
      for (const at of positionsOf(bytes.length)) {
        disk.corrupt(path, at, flipped(bytes, at).subarray(at, at + 1))
        const sealed = new SealedDisk({ disk, clock, random, dataKey: SIMULATED_DATA_KEY })
        const before = readUntilTold(sealed, path, content.length)
        const isTold = before !== null && content.subarray(0, before.length).equals(before)
        if (!isTold || !isToldOfWhole(sealed, path)) missed.push(`byte ${at} of ${node}:${path}`)
        disk.corrupt(path, at, bytes.subarray(at, at + 1))
      }
    }
    expect(missed).toEqual([])
  }, 120_000)

  for (const kind of READ_AT_START) {
    it(`is told of by the node that starts with it, with the file's name: ${kind}`, () => {
      const found = sealedFiles.findLast((file) => kindAt(file) === kind)
      const { node = '', path = '', bytes = Buffer.alloc(0) } = found ?? {}
      for (const at of [45, Math.floor(bytes.length / 2)]) {
        const { told, read } = startWith(node, path, (whole) => flipped(whole, at))
        expect(told, `byte ${at}`).toContain(path)
        // Either it does not start, or it is without what can be made anew.
        if (read !== null) expect(read).toEqual(values)
      }
    })
  }

  it('stops the controller whose log it is, or whose log was cut short: nothing committed is cut off', () => {
    const [path = ''] = [...(files.get('controller')?.keys() ?? [])].filter((each) => each.endsWith('0.log'))
    const size = files.get('controller')?.get(path)?.length ?? 0
    const changes = [
      ...[60, Math.floor(size / 2), size - 5].map((at) => (whole: Buffer) => flipped(whole, at)),
      ...[size - 1, size - 900].map((end) => (whole: Buffer) => whole.subarray(0, end)),
    ]
    for (const [index, change] of changes.entries()) {
      const { told, read } = startWith('controller', path, change)
      expect(read, `change ${index}`).toBe(null)
      expect(told, `change ${index}`).toContain(`${path} is corrupt at position`)
    }
  })
})

/** Whether who reads the file at once is told. */
function isToldOfWhole(disk: SealedDisk, path: string): boolean {
  try {
    disk.readFile(path)
    return false
  } catch (error) {
    return isBrokenSeal(error) && error.path === path
  }
}
