/**
 * What administrators set and strangers follow: client metrics that Java clients push, loggers of brokers, configs of groups
 * and brokers, consumers that read from the follower in their zone, reassignments held to a rate. `quick` runs the tools of
 * the latest release, `full` those of all.
 */
import { spawn } from 'node:child_process'
import { connect } from 'node:net'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AdminClient } from '@millrace/client/admin'
import { Producer } from '@millrace/client/producer'
import { nodeLogFile } from '@millrace/engine/embedded/node-log-file'
import { createNodeHost } from '@millrace/host/node-host'
import { judge, kafkaReleases, kafkaToolArgs, kafkaToolOk } from './harness/judges.ts'
import {
  createThreeBrokers,
  startMillraceProcess,
  type MillraceProcess,
  type ReadyCluster,
} from './harness/millrace.ts'
import { nodeProcesses, until } from './harness/processes.ts'
import { run } from './harness/run.ts'
import { full } from './harness/size.ts'
import { clientMetrics } from './harness/usage.ts'

const java = judge('java')
const kcat = judge('kcat')
const LATEST = kafkaReleases.at(-1) ?? ''
const RACK_AWARE = 'replica.selector.class=org.apache.kafka.common.replica.RackAwareReplicaSelector'
/** Bytes per second of a throttled reassignment, and the bytes it moves. Eleven windows go ahead of their time. */
const THROTTLE_BYTES = 1_000_000
const MOVED_BYTES = full ? 40_000_000 : 12_500_000

describe('administration that clients follow', () => {
  let millrace: MillraceProcess
  let cluster: ReadyCluster
  let admin: AdminClient
  const host = createNodeHost()
  const scratch = mkdtempSync(join(tmpdir(), 'millrace-telemetry-'))

  beforeAll(async () => {
    millrace = await startMillraceProcess({ args: ['--ephemeral'] })
    cluster = await createThreeBrokers(millrace, 'followed', {
      kafkaVersion: '4.1.x.kraft',
      serverProperties: [RACK_AWARE],
    })
    admin = new AdminClient({ host, bootstrap: cluster.bootstrap, clientId: 'conformance' })
  })
  afterAll(async () => {
    admin?.close()
    await millrace?.stop()
    rmSync(scratch, { recursive: true, force: true })
  })

  const tool = async (release: string, name: string, ...args: string[]): Promise<string> =>
    (await kafkaToolOk(release, name, ['--bootstrap-server', cluster.bootstrap, ...args])).stdout
  const write = async (topic: string, count: number, bytes = 10): Promise<void> => {
    const producer = new Producer({ host, bootstrap: cluster.bootstrap, acks: 1 })
    const value = Buffer.alloc(bytes, 'x')
    for (let sent = 0; sent < count; sent += 1000) {
      const size = Math.min(1000, count - sent)
      await Promise.all(Array.from({ length: size }, () => producer.send({ topic, partition: 0, value })))
    }
    await producer.close()
  }

  it.skipIf(kcat === null)(
    'kcat with client.rack reads from the follower in its zone',
    async () => {
      await admin.createTopics([{ name: 'zoned', assignments: [[1, 2, 3]] }])
      await write('zoned', 500)
      const zones = (await admin.describeCluster()).brokers
      const rackOf = (id: number): string => zones.find((broker) => broker.id === id)?.rack ?? ''
      const readIn = async (rack: string): Promise<string> => {
        const from = ['-C', '-b', cluster.bootstrap, '-t', 'zoned', '-p', '0', '-o', 'beginning', '-e']
        const result = await run('kcat', [...from, '-X', `client.rack=${rack}`, '-X', 'debug=fetch'])
        expect(result.stdout.split('\n').filter((line) => line !== '')).toHaveLength(500)
        return result.stderr
      }
      expect(await readIn(rackOf(2))).toContain('migrating from broker 1 to 2 (leader is 1): preferred replica updated')
      expect(await readIn(rackOf(3))).toContain('migrating from broker 1 to 3 (leader is 1): preferred replica updated')
      expect(await readIn(rackOf(1))).not.toContain('preferred replica updated')
    },
    60_000,
  )

  describe.skipIf(java === null).each(full ? kafkaReleases : [LATEST])('tools of %s', (release) => {
    const suffix = release.replaceAll('.', '-')

    it('a consumer pushes the metrics that kafka-client-metrics asks for, as long as it does', async () => {
      const name = `fetching-${suffix}`
      const subscribe = ['--interval', '500', '--match', `client_id=pushing-${suffix}`]
      const metrics = ['--metrics', 'org.apache.kafka.consumer.fetch.manager.']
      await tool(LATEST, 'kafka-client-metrics', '--alter', '--name', name, ...metrics, ...subscribe)
      await admin.createTopics([{ name, partitions: 1, replicationFactor: 3 }])
      await write(name, 300)
      const config = join(scratch, `${name}.properties`)
      writeFileSync(config, `client.id=pushing-${suffix}\nauto.offset.reset=earliest\n`)
      const args = ['--bootstrap-server', cluster.bootstrap, '--topic', name, '--consumer.config', config]
      const consumer = spawn('java', kafkaToolArgs(release, 'kafka-console-consumer', args), { stdio: 'ignore' })
      const ended = new Promise((resolve) => consumer.once('exit', resolve))
      try {
        await until(
          async () => {
            // Each look asks all brokers.
            await new Promise((resolve) => setTimeout(resolve, 200))
            const client = (await clientMetrics(millrace.dataDirectory)).find(
              ({ clientId }) => clientId === `pushing-${suffix}`,
            )
            const consumed = client?.series.find(
              (series) => series.name.endsWith('records.consumed.total') && series.labels['topic'] === undefined,
            )
            return (
              client !== undefined &&
              client.softwareVersion === release &&
              client.pushes >= 3 &&
              consumed?.value === 300
            )
          },
          'three pushes that tell of all records',
          60_000,
        )
      } finally {
        // It says goodbye with a terminating push.
        consumer.kill('SIGTERM')
        await ended
      }
      const names = (await clientMetrics(millrace.dataDirectory))
        .filter(({ clientId }) => clientId === `pushing-${suffix}`)
        .flatMap(({ series }) => series.map((each) => each.name))
      expect(names.every((each) => each.startsWith('org.apache.kafka.consumer.fetch.manager.'))).toBe(true)
      await tool(LATEST, 'kafka-client-metrics', '--delete', '--name', name)
      if (full) expect(await tool(LATEST, 'kafka-client-metrics', '--list')).not.toContain(name)
    }, 150_000)

    it('kafka-configs sets the loggers of a running broker', async () => {
      const logger = ['--entity-type', 'broker-loggers', '--entity-name', '2']
      const node = nodeProcesses(millrace.dataDirectory).find(({ role, nodeId }) => role === 'broker' && nodeId === 2)
      const debugLines = (): number =>
        readFileSync(nodeLogFile(node?.directory ?? ''), 'utf8').split('"level":"debug"').length
      expect(await tool(release, 'kafka-configs', '--describe', ...logger)).toContain('root=INFO')
      const before = debugLines()
      await tool(release, 'kafka-configs', '--alter', ...logger, '--add-config', 'root=DEBUG')
      // A connection that breaks is a debug line of the network's.
      await until(async () => {
        await breakConnection(portOf(cluster, 2))
        return debugLines() > before
      }, 'a debug line')
      await tool(release, 'kafka-configs', '--alter', ...logger, '--add-config', 'root=INFO')
    }, 120_000)

    it('kafka-reassign-partitions --throttle holds a reassignment to its rate, --verify ends it', async () => {
      const topic = `throttled-${suffix}`
      await admin.createTopics([{ name: topic, assignments: [[1]], configs: { 'min.insync.replicas': '1' } }])
      await write(topic, MOVED_BYTES / 10_000, 10_000)
      const plan = join(scratch, `${topic}.json`)
      writeFileSync(plan, JSON.stringify({ version: 1, partitions: [{ topic, partition: 0, replicas: [3] }] }))
      const reassign = (...args: string[]): Promise<string> =>
        tool(release, 'kafka-reassign-partitions', '--reassignment-json-file', plan, ...args)
      const startMs = performance.now()
      expect(await reassign('--execute', '--throttle', `${THROTTLE_BYTES}`)).toContain(`${THROTTLE_BYTES} B/s`)
      const isr = async (): Promise<readonly number[]> =>
        (await admin.describeTopics([topic]))[0]?.partitions[0]?.isr ?? []
      await until(async () => (await isr()).join() === '3', 'the replica has moved', 120_000)
      const tookMs = performance.now() - startMs
      expect(tookMs).toBeGreaterThan((MOVED_BYTES / THROTTLE_BYTES - 6) * 1000)
      const throttled = async (): Promise<readonly (string | null)[]> => {
        const [described] = await admin.describeTopics([topic], { configs: true })
        const configs = described?.configs?.filter(({ name }) => name.endsWith('.throttled.replicas')) ?? []
        return configs.map(({ value }) => value)
      }
      expect(await throttled()).toEqual(['0:3', '0:1'])
      expect(await reassign('--verify')).toContain(`Clearing topic-level throttles on topic ${topic}`)
      expect(await throttled()).toEqual(['', ''])
    }, 180_000)
  })
})

function portOf({ bootstrap }: ReadyCluster, broker: number): string {
  return bootstrap.split(',')[broker - 1]?.split(':')[1] ?? ''
}

/** Connects and resets. */
function breakConnection(port: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: Number(port) }, () => socket.resetAndDestroy())
    socket.on('error', reject)
    socket.on('close', () => resolve())
  })
}
