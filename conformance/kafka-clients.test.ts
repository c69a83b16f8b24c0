/**
 * Kafka's own compatibility test of its Java client, and the tools that measure and look around, against an embedded cluster
 * of their release. `quick` runs the first three of 3.9, `full` all, also of 4.x.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judge, kafkaReleases, kafkaTool, kafkaToolOk } from './harness/judges.ts'
import {
  createThreeBrokers,
  startMillraceProcess,
  type MillraceProcess,
  type ReadyCluster,
} from './harness/millrace.ts'
import { full, sized } from './harness/size.ts'

const java = judge('java')
const releases = full ? kafkaReleases : kafkaReleases.slice(0, 1)
const RECORDS = sized({ quick: 2_000, full: 200_000 })
const TOOL_LIMIT_MS = 120_000

/** The MSK version whose brokers are of the tools' release. */
const mskVersion = (release: string): string => (release.startsWith('3.') ? '3.9.x' : '4.1.x.kraft')

describe.skipIf(java === null)('Kafka clients and tools', () => {
  let millrace: MillraceProcess

  beforeAll(async () => {
    millrace = await startMillraceProcess({ args: ['--ephemeral'] })
  })
  afterAll(async () => millrace?.stop())

  describe.each(releases)('of %s', (release) => {
    let cluster: ReadyCluster

    beforeAll(async () => {
      // Its compatibility test makes topics of one replica.
      const properties = ['min.insync.replicas=1', 'auto.create.topics.enable=false']
      cluster = await createThreeBrokers(millrace, `clients-${release.replaceAll('.', '-')}`, {
        kafkaVersion: mskVersion(release),
        serverProperties: properties,
      })
      const topic = ['--create', '--topic', 'measured', '--partitions', '3', '--replication-factor', '3']
      await kafkaToolOk(release, 'kafka-topics', ['--bootstrap-server', cluster.bootstrap, ...topic])
    })

    const tool = async (name: string, ...args: string[]): Promise<string> =>
      (await kafkaToolOk(release, name, args, { timeoutMs: TOOL_LIMIT_MS })).stdout
    const at = (): readonly string[] => ['--bootstrap-server', cluster.bootstrap]

    it(
      'passes ClientCompatibilityTest with every feature expected',
      async () => {
        const versions = await tool('kafka-broker-api-versions', ...at())
        const expected = {
          'offsets-for-times-supported': 'true',
          'cluster-id-supported': 'true',
          'expect-record-too-large-exception': 'false',
          'num-cluster-nodes': '3',
          'create-topics-supported': 'true',
          'describe-acls-supported': String(!/DescribeAcls\(29\): UNSUPPORTED/.test(versions)),
          'describe-configs-supported': 'true',
          'idempotent-producer-supported': 'true',
        }
        const result = await kafkaTool(
          release,
          'client-compatibility-test',
          [
            ...at(),
            '--topic',
            'measured',
            ...Object.entries(expected).flatMap(([name, value]) => [`--${name}`, value]),
          ],
          { timeoutMs: TOOL_LIMIT_MS },
        )
        expect(result.status, result.stdout + result.stderr).toBe(0)
      },
      TOOL_LIMIT_MS * 2,
    )

    it(
      'kafka-broker-api-versions finds three brokers whose APIs it knows',
      async () => {
        const versions = await tool('kafka-broker-api-versions', ...at())
        expect(versions.match(/\(id: \d rack: \S+/g)).toHaveLength(3)
        expect(
          versions.match(/Produce\(0\): 0 to \d+ \[usable: \d+\]|Produce\(0\): \d+ to \d+ \[usable: \d+\]/g),
        ).toHaveLength(3)
        expect(versions).not.toContain('UNKNOWN')
      },
      TOOL_LIMIT_MS,
    )

    it(
      'kafka-features tells the finalized features',
      async () => {
        const features = await tool('kafka-features', ...at(), 'describe')
        const metadataVersion = release.startsWith('3.') ? '3.9-IV0' : '4.1-IV1'
        expect(features).toMatch(new RegExp(`Feature: metadata.version.*FinalizedVersionLevel: ${metadataVersion}`))
      },
      TOOL_LIMIT_MS,
    )

    it.runIf(full)(
      'kafka-producer-perf-test and kafka-consumer-perf-test move all records',
      async () => {
        const produced = await tool(
          'kafka-producer-perf-test',
          ...['--topic', 'measured', '--num-records', String(RECORDS), '--record-size', '200', '--throughput', '-1'],
          ...['--producer-props', `bootstrap.servers=${cluster.bootstrap}`, 'acks=all', 'compression.type=lz4'],
        )
        expect(produced).toMatch(new RegExp(`^${RECORDS} records sent`, 'm'))
        const consumed = await tool(
          'kafka-consumer-perf-test',
          ...[...at(), '--topic', 'measured', '--messages', String(RECORDS), '--timeout', '60000'],
        )
        const [row = ''] = consumed.split('\n').filter((line) => /^\d{4}-/.test(line))
        expect(Number(row.split(',')[4])).toBeGreaterThanOrEqual(RECORDS)
      },
      TOOL_LIMIT_MS * 2,
    )

    it.runIf(full)(
      'kafka-e2e-latency sends and receives one record after the other',
      async () => {
        const create = ['--create', '--topic', 'latency', '--partitions', '1', '--replication-factor', '3']
        await tool('kafka-topics', ...at(), ...create)
        const measured = await tool('kafka-e2e-latency', cluster.bootstrap, 'latency', '200', 'all', '100')
        expect(measured).toMatch(/Percentiles: 50th = \d+/)
      },
      TOOL_LIMIT_MS * 2,
    )

    it.runIf(full)(
      'kafka-streams-application-reset resets the offsets of an application',
      async () => {
        const group = ['--group', 'app', '--topic', 'measured', '--from-beginning', '--max-messages', '10']
        await tool('kafka-console-consumer', ...at(), ...group, '--timeout-ms', '60000')
        const reset = await tool(
          'kafka-streams-application-reset',
          ...[...at(), '--application-id', 'app', '--input-topics', 'measured', '--to-earliest', '--force'],
        )
        expect(reset).toContain('measured')
        const described = await tool(
          'kafka-consumer-groups',
          ...at(),
          '--describe',
          '--group',
          'app',
          '--timeout',
          '60000',
        )
        const offsets = described.split('\n').filter((line) => line.startsWith('app'))
        expect(
          offsets.map((line) => line.split(/\s+/)[3]),
          described,
        ).toEqual(['0', '0', '0'])
      },
      TOOL_LIMIT_MS * 3,
    )

    it.skipIf(release.startsWith('3.'))(
      'kafka-groups lists groups of every type',
      async () => {
        expect(await tool('kafka-groups', ...at(), '--list')).toMatch(/app\s+Classic\s+consumer/i)
      },
      TOOL_LIMIT_MS,
    )
  })
})
