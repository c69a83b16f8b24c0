/**
 * Apache Kafka's own command-line tools against an embedded cluster: exact command lines and what they must print.
 * `quick` runs the newest 3.9 tools, `full` also 4.x.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judge, kafkaReleases, kafkaTool, kafkaToolOk } from './harness/judges.ts'
import {
  createThreeBrokers,
  startMillraceProcess,
  type MillraceProcess,
  type ReadyCluster,
} from './harness/millrace.ts'
import { full } from './harness/size.ts'

const java = judge('java')
const releases = full ? kafkaReleases : kafkaReleases.slice(0, 1)

describe.skipIf(java === null)('Kafka command-line tools', () => {
  let millrace: MillraceProcess
  let cluster: ReadyCluster

  beforeAll(async () => {
    millrace = await startMillraceProcess({ args: ['--ephemeral'] })
    cluster = await createThreeBrokers(millrace, 'tools')
  })
  afterAll(async () => millrace?.stop())

  describe.each(releases)('of %s', (release) => {
    const topic = `rides-${release.replaceAll('.', '-')}`
    const group = `g-${release.replaceAll('.', '-')}`
    const tool = async (name: string, ...args: string[]): Promise<string> =>
      (await kafkaToolOk(release, name, ['--bootstrap-server', cluster.bootstrap, ...args])).stdout

    it('kafka-topics creates, describes, lists, alters and deletes', async () => {
      expect(
        await tool('kafka-topics', '--create', '--topic', topic, '--partitions', '3', '--replication-factor', '3'),
      ).toContain(`Created topic ${topic}.`)
      const described = await tool('kafka-topics', '--describe', '--topic', topic)
      expect(described).toMatch(
        new RegExp(`Topic: ${topic}\\s+TopicId: \\S{22}\\s+PartitionCount: 3\\s+ReplicationFactor: 3`),
      )
      expect(described.match(/Isr: \d,\d,\d/g)).toHaveLength(3)
      expect((await tool('kafka-topics', '--list')).split('\n')).toContain(topic)
      await tool('kafka-topics', '--alter', '--topic', topic, '--partitions', '4')
      expect(await tool('kafka-topics', '--describe', '--topic', topic)).toContain('PartitionCount: 4')
      await tool(
        'kafka-topics',
        '--create',
        '--topic',
        `${topic}-gone`,
        '--partitions',
        '1',
        '--replication-factor',
        '1',
      )
      await tool('kafka-topics', '--delete', '--topic', `${topic}-gone`)
      expect((await tool('kafka-topics', '--list')).split('\n')).not.toContain(`${topic}-gone`)
      const exists = await kafkaTool(release, 'kafka-topics', [
        '--bootstrap-server',
        cluster.bootstrap,
        '--create',
        '--topic',
        topic,
        '--partitions',
        '1',
      ])
      expect(exists.status).not.toBe(0)
      expect(exists.stdout + exists.stderr).toContain('already exists')
    }, 90_000)

    it('kafka-console-producer and kafka-console-consumer exchange records', async () => {
      const lines = Array.from({ length: 500 }, (_, index) => `k${index}:ride number ${index}`)
      await kafkaToolOk(
        release,
        'kafka-console-producer',
        [
          '--bootstrap-server',
          cluster.bootstrap,
          '--topic',
          topic,
          '--property',
          'parse.key=true',
          '--property',
          'key.separator=:',
          '--producer-property',
          'acks=all',
          '--compression-codec',
          'lz4',
        ],
        { input: `${lines.join('\n')}\n` },
      )
      const consumed = await tool(
        'kafka-console-consumer',
        '--topic',
        topic,
        '--from-beginning',
        '--max-messages',
        '500',
        '--group',
        group,
        '--property',
        'print.key=true',
        '--property',
        'key.separator=:',
        '--timeout-ms',
        '30000',
      )
      expect(consumed.trim().split('\n').toSorted()).toEqual(lines.toSorted())
    }, 90_000)

    it('kafka-get-offsets tells the ends of the partitions', async () => {
      const ends = (await tool('kafka-get-offsets', '--topic', topic)).trim().split('\n')
      expect(ends).toHaveLength(4)
      expect(ends.reduce((sum, line) => sum + Number(line.split(':')[2]), 0)).toBe(500)
      const starts = (await tool('kafka-get-offsets', '--topic', topic, '--time', '-2')).trim().split('\n')
      expect(starts.map((line) => Number(line.split(':')[2]))).toEqual([0, 0, 0, 0])
    }, 60_000)

    it('kafka-consumer-groups lists, describes, resets and deletes', async () => {
      expect((await tool('kafka-consumer-groups', '--list')).split('\n')).toContain(group)
      const offsets = await tool('kafka-consumer-groups', '--describe', '--group', group)
      expect(offsets).toMatch(/GROUP\s+TOPIC\s+PARTITION\s+CURRENT-OFFSET\s+LOG-END-OFFSET\s+LAG/)
      const rows = offsets.split('\n').filter((line) => line.startsWith(group))
      expect(rows.map((row) => Number(row.split(/\s+/)[5])).reduce((sum, lag) => sum + lag, 0)).toBe(0)
      expect(await tool('kafka-consumer-groups', '--describe', '--group', group, '--state')).toMatch(
        new RegExp(`${group}.*Empty\\s+0`),
      )
      await tool('kafka-consumer-groups', '--describe', '--group', group, '--members')
      const reset = await tool(
        'kafka-consumer-groups',
        '--group',
        group,
        '--topic',
        topic,
        '--reset-offsets',
        '--to-earliest',
        '--execute',
      )
      // Some releases print the rows without line feeds.
      const newOffsets = [...reset.matchAll(new RegExp(`${group}\\s+${topic}\\s+\\d+\\s+(\\d+)`, 'g'))].map(
        (match) => match[1],
      )
      expect(newOffsets).toEqual(['0', '0', '0', '0'])
      expect(await tool('kafka-consumer-groups', '--delete', '--group', group)).toContain('was successful')
      expect((await tool('kafka-consumer-groups', '--list')).split('\n')).not.toContain(group)
    }, 120_000)

    it('kafka-configs alters and describes topics and brokers', async () => {
      await tool(
        'kafka-configs',
        '--entity-type',
        'topics',
        '--entity-name',
        topic,
        '--alter',
        '--add-config',
        'retention.ms=3600000,cleanup.policy=[compact,delete]',
      )
      const described = await tool('kafka-configs', '--entity-type', 'topics', '--entity-name', topic, '--describe')
      expect(described).toContain('retention.ms=3600000')
      expect(described).toContain('cleanup.policy=compact,delete')
      const all = await tool('kafka-configs', '--entity-type', 'topics', '--entity-name', topic, '--describe', '--all')
      expect(all).toContain('min.insync.replicas=')
      await tool(
        'kafka-configs',
        '--entity-type',
        'topics',
        '--entity-name',
        topic,
        '--alter',
        '--delete-config',
        'retention.ms',
      )
      expect(
        await tool('kafka-configs', '--entity-type', 'topics', '--entity-name', topic, '--describe'),
      ).not.toContain('retention.ms=')
      await tool(
        'kafka-configs',
        '--entity-type',
        'brokers',
        '--entity-name',
        '1',
        '--alter',
        '--add-config',
        'log.cleaner.threads=2',
      )
      expect(await tool('kafka-configs', '--entity-type', 'brokers', '--entity-name', '1', '--describe')).toContain(
        'log.cleaner.threads=2',
      )
      const refused = await kafkaTool(release, 'kafka-configs', [
        '--bootstrap-server',
        cluster.bootstrap,
        '--entity-type',
        'topics',
        '--entity-name',
        topic,
        '--alter',
        '--add-config',
        'retention.ms=soon',
      ])
      expect(refused.status).not.toBe(0)
      expect(refused.stderr + refused.stdout).toContain('Invalid')
    }, 120_000)

    it('kafka-log-dirs tells sizes of every replica', async () => {
      const output = await tool('kafka-log-dirs', '--describe', '--topic-list', topic)
      const line = output.split('\n').find((one) => one.startsWith('{'))
      const parsed = JSON.parse(line ?? '{}') as {
        brokers: {
          broker: number
          logDirs: { error: string | null; partitions: { partition: string; size: number }[] }[]
        }[]
      }
      expect(parsed.brokers.map((one) => one.broker).toSorted((one, other) => one - other)).toEqual([1, 2, 3])
      for (const broker of parsed.brokers) {
        expect(broker.logDirs).toHaveLength(1)
        expect(broker.logDirs[0]?.error).toBeNull()
        expect(broker.logDirs[0]?.partitions).toHaveLength(4)
      }
    }, 60_000)
  })
})
