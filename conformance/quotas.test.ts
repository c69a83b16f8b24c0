/**
 * Client quotas as strangers see them: Kafka's tools set and show them, its performance tools are held to them, topics and
 * connections come no faster than allowed. `full` measures longer runs against a closer tolerance.
 */
import { connect } from 'node:net'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AdminClient } from '@millrace/client/admin'
import { createNodeHost } from '@millrace/host/node-host'
import { judge, kafkaReleases, kafkaTool, kafkaToolOk } from './harness/judges.ts'
import {
  createThreeBrokers,
  startMillraceProcess,
  type MillraceProcess,
  type ReadyCluster,
} from './harness/millrace.ts'
import { full } from './harness/size.ts'

const java = judge('java')
const LATEST = kafkaReleases.at(-1) ?? ''

/** Bytes per second that producer and consumer may use, and how long that should take. */
const RATE_BYTES = 1_000_000
const SECONDS = full ? 66 : 13
const RECORD_BYTES = 1000
const RECORDS = (RATE_BYTES * SECONDS) / RECORD_BYTES
/** Ten windows of a second each may go ahead of their time; a busy machine is late. */
const TOLERANCE = full ? 0.2 : 0.35

interface Excess {
  readonly key: string
  readonly entity: readonly { readonly entityType: string; readonly entityName: string | null }[]
  readonly bound: number
  readonly rate: number
}

interface Told {
  readonly event: { readonly quota?: Excess | null }
  readonly remedies: readonly { readonly lines: readonly string[] }[]
}

describe.skipIf(java === null)('client quotas', () => {
  let millrace: MillraceProcess
  let cluster: ReadyCluster
  let admin: AdminClient
  const scratch = mkdtempSync(join(tmpdir(), 'millrace-quotas-'))

  beforeAll(async () => {
    millrace = await startMillraceProcess({ args: ['--ephemeral'] })
    cluster = await createThreeBrokers(millrace, 'quotas')
    admin = new AdminClient({ host: createNodeHost(), bootstrap: cluster.bootstrap, clientId: 'conformance' })
  })
  afterAll(async () => {
    admin?.close()
    await millrace?.stop()
    rmSync(scratch, { recursive: true, force: true })
  })

  const configs = async (release: string, ...args: string[]): Promise<string> =>
    (await kafkaToolOk(release, 'kafka-configs', ['--bootstrap-server', cluster.bootstrap, ...args])).stdout

  /** What `millrace why` says of a quota, and the words of the command that raises it. */
  const why = async (key: string): Promise<[quota: Excess, raise: string[]]> => {
    const { stdout } = await millrace.cli('why', '--last', '5m', '--json', '--cluster', 'quotas')
    const { events } = JSON.parse(stdout) as { events: Told[] }
    const told = events.filter(({ event }) => event.quota?.key === key)
    expect(told, stdout).toHaveLength(1)
    const [only] = told
    if (only?.event.quota === undefined || only.event.quota === null) throw new Error(`no quota is told: ${stdout}`)
    const raise = only.remedies[0]?.lines[0] ?? ''
    expect(raise).toMatch(/^kafka-configs\.sh --bootstrap-server \$BS --alter .*--add-config /)
    return [only.event.quota, raise.split(' ')]
  }

  describe.each(full ? kafkaReleases : kafkaReleases.slice(-1))('kafka-configs of %s', (release) => {
    it(
      'sets, shows and removes quotas of users, clients, both, addresses and defaults',
      async () => {
        const entities: readonly (readonly [entity: string[], quota: string, shown: string])[] = [
          [['--entity-type', 'users', '--entity-name', 'alice'], 'producer_byte_rate=1024', "user-principal 'alice'"],
          [
            ['--entity-type', 'users', '--entity-name', 'alice', '--entity-type', 'clients', '--entity-default'],
            'consumer_byte_rate=2048',
            "user-principal 'alice', the default client-id",
          ],
          [['--entity-type', 'clients', '--entity-default'], 'request_percentage=500', 'the default client-id'],
          [['--entity-type', 'ips', '--entity-name', '10.0.0.7'], 'connection_creation_rate=9', "ip '10.0.0.7'"],
        ]
        // Each call starts a Java machine: quick sets the pair and the address only.
        const set = full ? entities : entities.filter((_, index) => index % 2 === 1)
        for (const [entity, quota] of set) {
          expect(await configs(release, '--alter', ...entity, '--add-config', quota)).toContain('Completed updating')
        }
        const types = full ? [['users'], ['users', 'clients'], ['clients'], ['ips']] : [['users', 'clients'], ['ips']]
        const describe = (each: readonly string[]): Promise<string> =>
          configs(release, '--describe', ...each.flatMap((type) => ['--entity-type', type]))
        const described = (await Promise.all(types.map(describe))).join('')
        for (const [, quota, shown] of set) expect(described).toContain(`Quota configs for ${shown} are ${quota}`)
        const remove = ([entity, quota]: (typeof entities)[number]): Promise<string> =>
          configs(release, '--alter', ...entity, '--delete-config', quota.split('=')[0] ?? '')
        await Promise.all(set.map(remove))
        expect(await configs(release, '--describe', '--entity-type', 'users')).not.toContain('byte_rate')
      },
      full ? 240_000 : 120_000,
    )
  })

  it('hold producers and consumers to their bytes per second', async () => {
    const { bootstrap } = cluster
    await admin.createTopics([
      { name: 'produced', partitions: 1, replicationFactor: 3 },
      { name: 'consumed', partitions: 1, replicationFactor: 3 },
    ])
    await configs(
      LATEST,
      '--alter',
      '--entity-type',
      'clients',
      '--entity-name',
      'limited',
      '--add-config',
      `producer_byte_rate=${RATE_BYTES},consumer_byte_rate=${RATE_BYTES}`,
    )
    const produce = async (topic: string, clientId: string): Promise<string> => {
      const size = ['--num-records', `${RECORDS}`, '--record-size', `${RECORD_BYTES}`, '--throughput', '-1']
      const props = [
        '--producer-props',
        `bootstrap.servers=${bootstrap}`,
        `client.id=${clientId}`,
        'delivery.timeout.ms=300000',
      ]
      const args = ['--topic', topic, ...size, '--print-metrics', ...props]
      return (await kafkaToolOk(LATEST, 'kafka-producer-perf-test', args, { timeoutMs: 240_000 })).stdout
    }
    const consume = async (): Promise<string> => {
      const config = join(scratch, 'consumer.properties')
      writeFileSync(config, 'client.id=limited\n')
      const what = [
        '--topic',
        'consumed',
        '--messages',
        `${RECORDS}`,
        '--timeout',
        '60000',
        '--consumer.config',
        config,
      ]
      const args = ['--bootstrap-server', bootstrap, ...what, '--print-metrics', '--hide-header']
      return (await kafkaToolOk(LATEST, 'kafka-consumer-perf-test', args, { timeoutMs: 240_000 })).stdout
    }
    const free = await produce('consumed', 'free')
    expect(throttleMaxMs(free, 'produce-throttle-time-max')).toBe(0)
    const [produced, consumed] = await Promise.all([produce('produced', 'limited'), consume()])
    expect(throttleMaxMs(produced, 'produce-throttle-time-max')).toBeGreaterThan(0)
    expect(throttleMaxMs(consumed, 'fetch-throttle-time-max')).toBeGreaterThan(0)
    const rates = { produced: producedRate(produced), consumed: consumedRate(consumed) }
    for (const rate of Object.values(rates)) {
      expect(rate, JSON.stringify(rates)).toBeGreaterThan(RATE_BYTES * (1 - TOLERANCE))
      expect(rate, JSON.stringify(rates)).toBeLessThan(RATE_BYTES * (1 + TOLERANCE))
    }
  }, 300_000)

  it('let topics come no faster than controller_mutation_rate', async () => {
    const topics = (name: string, partitions: number): ReturnType<typeof kafkaTool> => {
      const what = ['--create', '--topic', name, '--partitions', `${partitions}`, '--replication-factor', '1']
      return kafkaTool(LATEST, 'kafka-topics', ['--bootstrap-server', cluster.bootstrap, ...what])
    }
    const everyone = ['--entity-type', 'users', '--entity-default']
    await configs(LATEST, '--alter', ...everyone, '--add-config', 'controller_mutation_rate=1')
    // Eleven seconds' worth and a minute more: the next topic has to wait.
    expect((await topics('many', 71)).status).toBe(0)
    const refused = await topics('more', 1)
    expect(refused.status).not.toBe(0)
    expect(refused.stdout + refused.stderr).toContain('The throttling quota has been exceeded')
    const [quota, raise] = await why('controller_mutation_rate')
    // 71 partitions at once, of which one a second is allowed, over eleven seconds.
    expect(quota).toMatchObject({ entity: [{ entityType: 'user', entityName: null }], bound: 1 })
    expect(quota.rate).toBeGreaterThan(4)
    expect(quota.rate).toBeLessThan(6.5)
    await configs(LATEST, ...raise.slice(3))
    expect((await topics('more', 1)).status).toBe(0)
    await configs(LATEST, '--alter', ...everyone, '--delete-config', 'controller_mutation_rate')
  }, 120_000)

  it('let connections of an address come no faster than connection_creation_rate', async () => {
    const [host = '', port = ''] = (cluster.bootstrap.split(',')[0] ?? '').split(':')
    const address = ['--entity-type', 'ips', '--entity-name', '127.0.0.9']
    await configs(LATEST, '--alter', ...address, '--add-config', 'connection_creation_rate=2')
    const lifeMs = (): Promise<number> =>
      new Promise((resolve) => {
        const startMs = performance.now()
        const socket = connect({ host, port: Number(port), localAddress: '127.0.0.9' })
        const kept = setTimeout(() => socket.destroy(), 3000)
        socket.on('error', () => {})
        socket.on('close', () => {
          clearTimeout(kept)
          resolve(performance.now() - startMs)
        })
        socket.resume()
      })
    const lives = await Promise.all(Array.from({ length: 40 }, lifeMs))
    const closedEarly = lives.filter((ms) => ms < 2900)
    expect(lives.length - closedEarly.length).toBeGreaterThanOrEqual(18)
    expect(lives.length - closedEarly.length).toBeLessThanOrEqual(24)
    // They are held before they are closed, so that whoever comes again at once has gained nothing.
    expect(Math.min(...closedEarly)).toBeGreaterThan(100)
    const [quota, raise] = await why('connection_creation_rate')
    expect(quota).toMatchObject({ entity: [{ entityType: 'ip', entityName: '127.0.0.9' }], bound: 2 })
    await configs(LATEST, ...raise.slice(3))
    expect((await Promise.all(Array.from({ length: 40 }, lifeMs))).filter((ms) => ms < 2900)).toEqual([])
  }, 60_000)
})

function throttleMaxMs(output: string, metric: string): number {
  const line = output.split('\n').find((each) => each.includes(`${metric}:`))
  return Number(line?.split(':').at(-1)?.trim() ?? NaN)
}

/** Bytes per second over the whole run: "14000 records sent, 572.4 records/sec (…". */
function producedRate(output: string): number {
  const total = output.split('\n').findLast((line) => / records sent, /.test(line) && / 99.9th/.test(line))
  return Number(/, ([\d.]+) records\/sec/.exec(total ?? '')?.[1] ?? NaN) * RECORD_BYTES
}

/** The ninth column is MB per second of fetching. */
function consumedRate(output: string): number {
  const line = output.split('\n').find((each) => /^20\d\d-/.test(each))
  return Number(line?.split(',')[8]?.trim() ?? NaN) * 1024 * 1024
}
