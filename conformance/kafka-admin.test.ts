/**
 * Apache Kafka's administration tools against an embedded cluster: reassignment, elections, quorum, deleted records, and
 * the verifiable producer and consumer. `quick` runs the tools of 3.9, `full` also 4.x.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AdminClient } from '@millrace/client/admin'
import { Producer } from '@millrace/client/producer'
import { createNodeHost } from '@millrace/host/node-host'
import { judge, kafkaReleases, kafkaToolOk } from './harness/judges.ts'
import {
  createThreeBrokers,
  startMillraceProcess,
  type MillraceProcess,
  type ReadyCluster,
} from './harness/millrace.ts'
import { until } from './harness/processes.ts'
import { full } from './harness/size.ts'

/** What kafka-log-dirs prints. */
interface LogDirectories {
  readonly brokers: readonly { readonly logDirs: readonly { readonly logDir: string }[] }[]
}

const java = judge('java')
const releases = full ? kafkaReleases : kafkaReleases.slice(0, 1)

describe.skipIf(java === null)('Kafka administration tools', () => {
  let millrace: MillraceProcess
  let cluster: ReadyCluster
  let admin: AdminClient
  const host = createNodeHost()
  const scratch = mkdtempSync(join(tmpdir(), 'millrace-admin-'))

  beforeAll(async () => {
    millrace = await startMillraceProcess({ args: ['--ephemeral'] })
    cluster = await createThreeBrokers(millrace, 'admin')
    admin = new AdminClient({ host, bootstrap: cluster.bootstrap, clientId: 'conformance' })
  })
  afterAll(async () => {
    admin?.close()
    await millrace?.stop()
    rmSync(scratch, { recursive: true, force: true })
  })

  describe.each(releases)('of %s', (release) => {
    const suffix = release.replaceAll('.', '-')
    const tool = async (name: string, ...args: string[]): Promise<string> =>
      (await kafkaToolOk(release, name, ['--bootstrap-server', cluster.bootstrap, ...args])).stdout
    const jsonFile = (name: string, content: unknown): string => {
      const path = join(scratch, `${name}-${suffix}.json`)
      writeFileSync(path, JSON.stringify(content))
      return path
    }
    const partitionOf = async (
      topic: string,
    ): Promise<{ leader: number; replicas: readonly number[]; isr: readonly number[] }> => {
      const [described] = await admin.describeTopics([topic])
      const partition = described?.partitions[0]
      if (partition === undefined) throw new Error(`${topic} has no partition 0`)
      return partition
    }
    const write = async (topic: string, count: number): Promise<void> => {
      const producer = new Producer({ host, bootstrap: cluster.bootstrap, acks: -1 })
      await Promise.all(
        Array.from({ length: count }, (_, index) => producer.send({ topic, partition: 0, value: `${index}` })),
      )
      await producer.close()
    }

    it('kafka-reassign-partitions moves a partition with its records', async () => {
      const topic = `moving-${suffix}`
      await admin.createTopics([{ name: topic, assignments: [[1, 2]] }])
      await write(topic, 500)
      const told = await tool('kafka-log-dirs', '--describe', '--broker-list', '3')
      const { brokers } = JSON.parse(told.slice(told.indexOf('{'))) as LogDirectories
      const directory = brokers[0]?.logDirs[0]?.logDir ?? ''
      const plan = jsonFile('plan', {
        version: 1,
        partitions: [{ topic, partition: 0, replicas: [3, 2], log_dirs: [directory, 'any'] }],
      })
      expect(await tool('kafka-reassign-partitions', '--reassignment-json-file', plan, '--execute')).toContain(
        'Successfully started partition reassignment',
      )
      await until(
        async () =>
          (await tool('kafka-reassign-partitions', '--reassignment-json-file', plan, '--verify')).includes(
            'is completed',
          ),
        'the reassignment',
        60_000,
      )
      const moved = await partitionOf(topic)
      expect(moved.replicas).toEqual([3, 2])
      expect(moved.isr.toSorted()).toEqual([2, 3])
      const [end] = await admin.listOffsets([{ topic, partition: 0, at: 'latest' }])
      expect(end?.offset).toBe(500)
      expect(await tool('kafka-reassign-partitions', '--list')).toContain('No partition reassignments found.')
    }, 120_000)

    it('kafka-leader-election elects the preferred leader', async () => {
      const topic = `elected-${suffix}`
      await admin.createTopics([{ name: topic, assignments: [[1, 2, 3]] }])
      // The order of the replicas changes, the leader stays: then it is not the preferred one.
      const plan = jsonFile('order', {
        version: 1,
        partitions: [{ topic, partition: 0, replicas: [2, 1, 3], log_dirs: ['any', 'any', 'any'] }],
      })
      await tool('kafka-reassign-partitions', '--reassignment-json-file', plan, '--execute')
      await until(async () => (await partitionOf(topic)).replicas[0] === 2, 'the new order')
      expect((await partitionOf(topic)).leader).toBe(1)
      const elected = await tool(
        'kafka-leader-election',
        '--election-type',
        'preferred',
        '--topic',
        topic,
        '--partition',
        '0',
      )
      expect(elected).toContain('Successfully completed leader election (PREFERRED)')
      expect((await partitionOf(topic)).leader).toBe(2)
    }, 60_000)

    it('kafka-metadata-quorum tells the controller', async () => {
      const status = await tool('kafka-metadata-quorum', 'describe', '--status')
      expect(status).toMatch(/LeaderId:\s+10001/)
      expect(status).toMatch(/MaxFollowerLag:\s+\d+/)
      expect(await tool('kafka-metadata-quorum', 'describe', '--replication')).toMatch(/10001.*Leader/)
    }, 60_000)

    it('kafka-cluster tells the cluster id', async () => {
      const { clusterId } = await admin.describeCluster()
      expect(
        (await kafkaToolOk(release, 'kafka-cluster', ['cluster-id', '--bootstrap-server', cluster.bootstrap])).stdout,
      ).toContain(`Cluster ID: ${clusterId}`)
    }, 60_000)

    it('kafka-delete-records moves the start of a partition', async () => {
      const topic = `trimmed-${suffix}`
      await admin.createTopics([{ name: topic, partitions: 1, replicationFactor: 3 }])
      await write(topic, 100)
      const plan = jsonFile('delete', { version: 1, partitions: [{ topic, partition: 0, offset: 40 }] })
      expect(await tool('kafka-delete-records', '--offset-json-file', plan)).toMatch(/low_watermark: 40/)
      const [start] = await admin.listOffsets([{ topic, partition: 0, at: 'earliest' }])
      expect(start?.offset).toBe(40)
    }, 60_000)

    it('kafka-verifiable-producer and kafka-verifiable-consumer agree', async () => {
      const topic = `verified-${suffix}`
      await admin.createTopics([{ name: topic, partitions: 3, replicationFactor: 3 }])
      const produced = await tool(
        'kafka-verifiable-producer',
        '--topic',
        topic,
        '--max-messages',
        '1000',
        '--acks',
        '-1',
      )
      expect(JSON.parse(produced.trim().split('\n').at(-1) ?? '{}')).toMatchObject({ sent: 1000, acked: 1000 })
      const consumed = await tool(
        'kafka-verifiable-consumer',
        '--topic',
        topic,
        '--group-id',
        `verifiers-${suffix}`,
        '--max-messages',
        '1000',
        '--reset-policy',
        'earliest',
      )
      const events = consumed
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { name: string; count?: number })
      expect(
        events.filter(({ name }) => name === 'records_consumed').reduce((sum, { count = 0 }) => sum + count, 0),
      ).toBe(1000)
      expect(events.some(({ name }) => name === 'offsets_committed')).toBe(true)
    }, 90_000)
  })
})
