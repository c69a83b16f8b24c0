/**
 * Volumes that fill up under an idempotent acks=all producer: of one broker, and of everything. The broker's replicas go
 * offline, others lead, and when there is room all come back by themselves: nothing lost, nothing twice, order kept.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AdminClient } from '@millrace/client/admin'
import { createNodeHost } from '@millrace/host/node-host'
import { Feed, kcatProducer, readBack } from './harness/feed.ts'
import { judge, kafkaTool } from './harness/judges.ts'
import {
  createThreeBrokers,
  startMillraceProcess,
  type MillraceProcess,
  type ReadyCluster,
} from './harness/millrace.ts'
import { nodeProcesses, until } from './harness/processes.ts'
import { smallVolumes } from './harness/volumes.ts'

const kcat = judge('kcat')
const java = judge('java')
const volumes = smallVolumes()
const TOPIC = 'filling'
const FULL_BROKER = 2
const MEGABYTE = 1024 * 1024

describe.skipIf(kcat === null || volumes === null)('a full volume', () => {
  let dataDirectory: string
  let millrace: MillraceProcess
  let cluster: ReadyCluster
  let admin: AdminClient

  const createCluster = async (): Promise<void> => {
    millrace = await startMillraceProcess({ dataDirectory })
    cluster = await createThreeBrokers(millrace, 'full')
    admin = new AdminClient({ host: createNodeHost(), bootstrap: cluster.bootstrap, clientId: 'full' })
    const configs = { 'min.insync.replicas': '2', 'segment.bytes': String(4 * MEGABYTE) }
    await admin.createTopics([{ name: TOPIC, partitions: 3, replicationFactor: 3, configs }])
  }
  beforeEach(() => {
    dataDirectory = mkdtempSync(join(tmpdir(), 'millrace-full-'))
  })
  afterEach(async () => {
    admin?.close()
    await millrace?.stop()
    volumes?.unmountAll()
    rmSync(dataDirectory, { recursive: true, force: true })
  })
  afterAll(() => volumes?.unmountAll())

  const clusterDirectory = (): string => {
    const clusters = join(dataDirectory, 'clusters')
    return join(clusters, readdirSync(clusters)[0] ?? '')
  }
  const brokerDirectory = (id: number): string => join(clusterDirectory(), `broker-${id}`)
  const logOf = (id: number): string => readFileSync(join(clusterDirectory(), 'logs', `broker-${id}.log`), 'utf8')
  const isrSizes = async (): Promise<number[]> => {
    const [described] = await admin.describeTopics([TOPIC]).catch(() => [])
    return described?.partitions.map((partition) => partition.isr.length) ?? []
  }
  const untilWhole = (): Promise<number> =>
    until(async () => (await isrSizes()).join() === '3,3,3', 'all replicas in the ISR', 60_000)
  const pidOf = (id: number): number | undefined =>
    nodeProcesses(dataDirectory).find((node) => node.role === 'broker' && node.nodeId === id)?.pid
  /** The topic's bytes on a broker, segment after segment. */
  const bytesOf = (id: number, partition: number): Buffer => {
    const directory = join(brokerDirectory(id), `${TOPIC}-${partition}`)
    const logs = readdirSync(directory).filter((name) => name.endsWith('.log'))
    return Buffer.concat(logs.toSorted().map((name) => readFileSync(join(directory, name))))
  }

  it('of one broker: others lead at once, and it catches up when the volume has grown', async () => {
    await createCluster()
    const directory = brokerDirectory(FULL_BROKER)
    await millrace.stop()
    volumes?.mount(directory, 24)
    millrace = await startMillraceProcess({ dataDirectory })
    await untilWhole()
    const pid = pidOf(FULL_BROKER)
    const feed = new Feed(kcatProducer(cluster.bootstrap, TOPIC), 1_000, 6_000)
    await until(() => logOf(FULL_BROKER).includes('volume of the log directory is full'), 'a full volume', 60_000)
    await until(async () => (await isrSizes()).join() === '2,2,2', 'the others to go on without it', 10_000)
    expect(pidOf(FULL_BROKER)).toBe(pid)
    const sentWhenFull = feed.sent
    await until(() => feed.sent > sentWhenFull + 2_000, 'more records')
    volumes?.resize(directory, 512)
    await untilWhole()
    const { status, words } = await feed.finish()
    expect(status, words).toBe(0)
    const found = await readBack(cluster.bootstrap, TOPIC, feed.sent)
    expect(found, words).toEqual({ missing: [], repeated: [], disordered: [] })
    expect(pidOf(FULL_BROKER)).toBe(pid)
    expect(logOf(FULL_BROKER)).toContain('has room again')
    await millrace.stop()
    for (const partition of [0, 1, 2])
      expect(bytesOf(FULL_BROKER, partition).equals(bytesOf(1, partition)), `replicas of ${partition}`).toBe(true)
    if (java !== null) await expectSound([0, 1, 2].map((partition) => join(directory, `${TOPIC}-${partition}`)))
  }, 240_000)

  it('of everything: the cluster stands still, and goes on when something was deleted', async () => {
    volumes?.mount(dataDirectory, 256)
    await createCluster()
    const filler = join(dataDirectory, 'filler')
    const { bavail, bsize } = statfsSync(dataDirectory)
    writeFileSync(filler, Buffer.alloc(bavail * bsize - 30 * MEGABYTE))
    const feed = new Feed(kcatProducer(cluster.bootstrap, TOPIC), 500, 6_000)
    const isFull = (): boolean => [1, 2, 3].some((id) => logOf(id).includes('volume of the log directory is full'))
    await until(isFull, 'a full volume', 60_000)
    await new Promise((resolve) => setTimeout(resolve, 4_000))
    rmSync(filler)
    await untilWhole()
    const { status, words } = await feed.finish()
    expect(status, words).toBe(0)
    const found = await readBack(cluster.bootstrap, TOPIC, feed.sent)
    expect(found, words).toEqual({ missing: [], repeated: [], disordered: [] })
  }, 240_000)

  const expectSound = async (directories: readonly string[]): Promise<void> => {
    const files = directories.flatMap((directory) =>
      readdirSync(directory)
        .filter((name) => name.endsWith('.log'))
        .map((name) => join(directory, name)),
    )
    const { stdout, stderr } = await kafkaTool('3.9.1', 'kafka-dump-log', ['--files', files.join(',')])
    expect(stderr).toBe('')
    expect(stdout).toContain('isvalid: true')
    expect(stdout).not.toMatch(/isvalid: false|invalid bytes|[Mm]ismatch/)
  }
})
