/**
 * Who is made to wait is told by which quota, whose it is, what it allows and what was measured: strangers are throttled by
 * quotas that Kafka's own tool has set, and what `millrace why` proposes, run as it is printed, ends it.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AdminClient } from '@millrace/client/admin'
import { createNodeHost } from '@millrace/host/node-host'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judge, kafkaReleases, kafkaTool } from './harness/judges.ts'
import { startMillraceProcess, type MillraceProcess } from './harness/millrace.ts'
import { run } from './harness/run.ts'
import { createScramCluster, scramProperties } from './harness/scram-cluster.ts'
import { full } from './harness/size.ts'

const kcat = judge('kcat')
const java = judge('java')
const release = kafkaReleases.at(-1) ?? ''

/** Bytes per second. The first ten seconds' worth go ahead of their time (KIP-13). */
const BOUND = 100_000
/** Of 1,000 bytes: four times what is allowed, for four seconds. */
const RECORDS = 1_600
const ALTER = 'kafka-configs.sh --bootstrap-server $BS --alter'

interface Told {
  readonly event: {
    readonly principal: string | null
    readonly count: number
    readonly quota?: {
      readonly key: string
      readonly entity: readonly { readonly entityType: string; readonly entityName: string | null }[]
      readonly clientId: string | null
      readonly bound: number
      readonly rate: number
      readonly throttleMs: number
    } | null
  }
  readonly reason: string
  readonly remedies: readonly { readonly lines: readonly string[] }[]
}

describe.skipIf(java === null)('who is made to wait', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'millrace-why-quotas-'))
  const caFile = join(scratch, 'ca.pem')
  const file = join(scratch, 'bob.properties')
  let millrace: MillraceProcess
  let scram: string

  beforeAll(async () => {
    millrace = await startMillraceProcess({ args: ['--ephemeral'] })
    const cluster = await createScramCluster(millrace, 'slow')
    ;({ scram } = cluster)
    writeFileSync(caFile, cluster.caPem)
    writeFileSync(file, scramProperties({ username: 'bob', password: 'builder', caFile }))
    const host = createNodeHost({ timersHoldProcess: true })
    const admin = new AdminClient({ host, bootstrap: cluster.tls, tls: { caPem: cluster.caPem } })
    await admin.alterScramUsers([{ name: 'bob', password: 'builder' }])
    await admin.createTopics([{ name: 'hurried', partitions: 1, replicationFactor: 3, configs: {} }])
    admin.close()
  }, 120_000)
  afterAll(async () => {
    await millrace?.stop()
    rmSync(scratch, { recursive: true, force: true })
  })

  /** Runs a line of kafka-configs.sh as it is printed, with bob's login. */
  const configure = async (line: string): Promise<void> => {
    const [tool, ...words] = line.replace('$BS', scram).split(' ')
    expect(tool).toBe('kafka-configs.sh')
    const done = await kafkaTool(release, 'kafka-configs', [...words, '--command-config', file])
    expect(done.stdout + done.stderr).toContain('Completed updating')
  }
  /** What is told of bob's waiting for `key`, which is one entry however often he waited. */
  const why = async (key: string): Promise<Told> => {
    const { stdout } = await millrace.cli('why', '--last', '5m', '--json', '--principal', 'bob', '--cluster', 'slow')
    const { events } = JSON.parse(stdout) as { events: Told[] }
    const [told, ...others] = events.filter(({ event }) => event.quota?.key === key)
    if (told === undefined) throw new Error(`${key} is not told, but\n${stdout}`)
    expect(others).toEqual([])
    return told
  }

  it('is told by which quota, and a producer waits no more with what is proposed', async () => {
    /** How long Kafka's own producer was throttled at most, in ms, as it measured itself. */
    const produce = async (): Promise<number> => {
      const size = ['--num-records', `${RECORDS}`, '--record-size', '1000', '--throughput', '400']
      const props = [`bootstrap.servers=${scram}`, 'client.id=hasty', 'batch.size=20000', 'linger.ms=20']
      const what = ['--topic', 'hurried', ...size, '--print-metrics', '--producer.config', file]
      const args = [...what, '--producer-props', ...props]
      const { stdout, stderr } = await kafkaTool(release, 'kafka-producer-perf-test', args, { timeoutMs: 120_000 })
      expect(stdout, stderr).toContain(`${RECORDS} records sent`)
      const line = stdout.split('\n').find((each) => each.includes('produce-throttle-time-max:'))
      return Number(line?.split(':').at(-1) ?? NaN)
    }
    const byDefault = `${ALTER} --entity-type clients --entity-default`
    const ofBob = `${ALTER} --entity-type users --entity-name bob`
    // The user's counts, however small that of its client id is.
    await Promise.all([
      configure(`${byDefault} --add-config producer_byte_rate=10`),
      configure(`${ofBob} --add-config producer_byte_rate=${BOUND}`),
    ])
    expect(await produce()).toBeGreaterThan(0)
    const told = await why('producer_byte_rate')
    const { quota, count } = told.event
    expect(quota).toMatchObject({
      entity: [{ entityType: 'user', entityName: 'bob' }],
      clientId: 'hasty',
      bound: BOUND,
    })
    expect(quota?.rate).toBeGreaterThan(BOUND)
    expect(quota?.throttleMs).toBeGreaterThan(0)
    expect(count).toBeGreaterThan(1)
    const { stdout } = await millrace.cli('why', '--last', '5m', '--principal', 'bob')
    expect(stdout.match(/The quota producer_byte_rate=100000 of user "bob"/g)).toHaveLength(1)
    expect(told.reason).toMatch(/^The client with client id "hasty" produces \d{6} bytes\/s\. /)
    const [raise = '', remove = ''] = told.remedies.flatMap(({ lines }) => lines)
    expect(raise).toBe(`${ofBob} --add-config producer_byte_rate=${10 * BOUND}`)
    expect(stdout).toContain(`    ${raise}\n`)
    await configure(raise)
    expect(await produce()).toBe(0)
    expect((await why('producer_byte_rate')).event.count).toBe(count)
    // Each start of a Java machine takes its time.
    if (!full) return
    await configure(remove)
    // The one behind it would hold.
    await configure(`${byDefault} --delete-config producer_byte_rate`)
    expect(await produce()).toBe(0)
  }, 180_000)

  it.skipIf(kcat === null)(
    'so is a consumer, by the default of its user’s client ids',
    async () => {
      const consume = async (): Promise<void> => {
        const login = ['security.protocol=SASL_SSL', 'sasl.mechanism=SCRAM-SHA-512', `ssl.ca.location=${caFile}`]
        const who = ['sasl.username=bob', 'sasl.password=builder', 'client.id=greedy']
        const options = [...login, ...who].flatMap((each) => ['-X', each])
        const { stdout, stderr } = await run('kcat', [
          ...['-b', scram, ...options, '-C', '-t', 'hurried', '-o', 'beginning'],
          ...['-c', `${RECORDS}`, '-f', '%o\n'],
        ])
        expect(stdout.trim().split('\n'), stderr).toHaveLength(RECORDS)
      }
      const entity = '--entity-type users --entity-name bob --entity-type clients --entity-default'
      await configure(`${ALTER} ${entity} --add-config consumer_byte_rate=${BOUND}`)
      // The first ten seconds' worth, and six seconds of waiting.
      await consume()
      const told = await why('consumer_byte_rate')
      expect(told.event.quota).toMatchObject({
        entity: [
          { entityType: 'user', entityName: 'bob' },
          { entityType: 'client-id', entityName: null },
        ],
        clientId: 'greedy',
        bound: BOUND,
      })
      expect(told.reason).toContain('consumer_byte_rate=100000 of user "bob" with the default client id allows')
      const [raise = ''] = told.remedies.flatMap(({ lines }) => lines)
      await configure(raise)
      await consume()
      expect((await why('consumer_byte_rate')).event.count).toBe(told.event.count)
    },
    120_000,
  )
})
