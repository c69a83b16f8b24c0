/** SCRAM as strangers see it: users made by Kafka's own tools log in on 9096's listener, and nobody else does. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { KafkaApi } from 'millrace/aws-client'
import { untilActive } from 'millrace/demo'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judge, kafkaReleases, kafkaTool, kafkaToolOk } from './harness/judges.ts'
import { startMillraceProcess, threeBrokers, type MillraceProcess } from './harness/millrace.ts'
import { run, runOk } from './harness/run.ts'

const kcat = judge('kcat')
const java = judge('java')
const release = kafkaReleases.at(-1) ?? ''
const LINES = Array.from({ length: 500 }, (_, index) => `ride ${index}`)

describe.skipIf(java === null)('SCRAM by Kafka itself', () => {
  let millrace: MillraceProcess
  let scratch: string
  let tls: string
  let scram: string
  let caPem: string
  let tlsFile: string

  beforeAll(async () => {
    millrace = await startMillraceProcess({ args: ['--ephemeral'] })
    scratch = mkdtempSync(join(tmpdir(), 'millrace-scram-'))
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
    const api = new KafkaApi({ endpoint: millrace.endpoint, region: 'us-east-1', ...credentials })
    const { clusterArn } = await api.createCluster({
      clusterName: 'secret',
      provisioned: {
        brokerNodeGroupInfo: {
          instanceType: 'kafka.m5.large',
          clientSubnets: threeBrokers.BrokerNodeGroupInfo.ClientSubnets,
        },
        kafkaVersion: '3.9.x',
        numberOfBrokerNodes: 3,
        clientAuthentication: { sasl: { scram: { enabled: true } }, unauthenticated: { enabled: true } },
      },
    })
    await untilActive(api, clusterArn)
    const strings = await api.bootstrapStrings(clusterArn)
    tls = strings.tls ?? ''
    scram = strings.scram ?? ''
    caPem = (await millrace.cli('ca')).stdout
    writeFileSync(join(scratch, 'ca.pem'), caPem)
    tlsFile = join(scratch, 'tls.properties')
    writeFileSync(tlsFile, (await millrace.cli('properties', 'secret', '--auth', 'tls')).stdout)
    await alterUser('alice', 'SCRAM-SHA-512=[iterations=8192,password=wonderland]')
  }, 120_000)
  afterAll(async () => {
    await millrace?.stop()
    if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true })
  })

  const alterUser = (user: string, config: string): Promise<unknown> =>
    kafkaToolOk(release, 'kafka-configs', [
      ...['--bootstrap-server', tls, '--command-config', tlsFile, '--alter'],
      ...['--add-config', config, '--entity-type', 'users', '--entity-name', user],
    ])

  const kafkajs = (username: string, password: string): Kafka =>
    new Kafka({
      brokers: scram.split(','),
      ssl: { ca: [caPem] },
      sasl: { mechanism: 'scram-sha-512', username, password },
      retry: { retries: 0 },
      logLevel: logLevel.NOTHING,
    })

  it('Java writes and reads as the user, and is refused with a wrong password', async () => {
    const file = (password: string): string => {
      const path = join(scratch, `java-${password}.properties`)
      const module = 'org.apache.kafka.common.security.scram.ScramLoginModule'
      writeFileSync(
        path,
        [
          'security.protocol=SASL_SSL',
          'sasl.mechanism=SCRAM-SHA-512',
          `sasl.jaas.config=${module} required username="alice" password="${password}";`,
          'ssl.truststore.type=PEM',
          `ssl.truststore.location=${join(scratch, 'ca.pem')}`,
          '',
        ].join('\n'),
      )
      return path
    }
    const server = ['--bootstrap-server', scram]
    const right = file('wonderland')
    const create = ['--create', '--topic', 'java', '--partitions', '3', '--replication-factor', '3']
    await kafkaToolOk(release, 'kafka-topics', [...server, '--command-config', right, ...create])
    await kafkaToolOk(release, 'kafka-console-producer', [...server, '--producer.config', right, '--topic', 'java'], {
      input: `${LINES.join('\n')}\n`,
      timeoutMs: 90_000,
    })
    const reading = ['--topic', 'java', '--from-beginning', '--max-messages', String(LINES.length)]
    const { stdout } = await kafkaToolOk(
      release,
      'kafka-console-consumer',
      [...server, '--consumer.config', right, ...reading],
      { timeoutMs: 90_000 },
    )
    expect(stdout.trimEnd().split('\n').sort()).toEqual([...LINES].sort())
    const refused = await kafkaTool(release, 'kafka-topics', [
      ...server,
      '--command-config',
      file('looking-glass'),
      '--list',
    ])
    expect(refused.status).not.toBe(0)
    expect(refused.stdout + refused.stderr).toContain('invalid credentials with SASL mechanism SCRAM-SHA-512')
  }, 240_000)

  it('kafkajs writes as the user; unknown users and changed passwords are refused', async () => {
    const producer = kafkajs('alice', 'wonderland').producer()
    await producer.connect()
    await producer.send({ topic: 'java', messages: [{ partition: 0, value: 'from kafkajs' }] })
    await expect(kafkajs('mallory', 'wonderland').producer().connect()).rejects.toThrow('invalid credentials')
    await alterUser('alice', 'SCRAM-SHA-512=[password=mirror]')
    await expect(kafkajs('alice', 'wonderland').producer().connect()).rejects.toThrow('invalid credentials')
    const again = kafkajs('alice', 'mirror').producer()
    await again.connect()
    await again.disconnect()
    // Who is logged in stays so, as on MSK.
    await producer.send({ topic: 'java', messages: [{ partition: 0, value: 'still here' }] })
    await producer.disconnect()
  }, 120_000)

  it.skipIf(kcat === null)(
    'kcat reads as the user, whom ACLs know by name, and gets nothing without a login',
    async () => {
      await alterUser('bob', 'SCRAM-SHA-512=[password=builder]')
      const common = ['-X', `ssl.ca.location=${join(scratch, 'ca.pem')}`]
      const login = (user: string, password: string): string[] => [
        ...['-X', 'security.protocol=sasl_ssl', '-X', 'sasl.mechanism=SCRAM-SHA-512'],
        ...['-X', `sasl.username=${user}`, '-X', `sasl.password=${password}`],
      ]
      const reading = ['-C', '-t', 'guarded', '-e', '-q', '-o', 'beginning']
      const admin = ['--bootstrap-server', tls, '--command-config', tlsFile]
      const create = ['--create', '--topic', 'guarded', '--partitions', '1']
      await kafkaToolOk(release, 'kafka-topics', [...admin, ...create])
      await runOk('kcat', ['-b', scram, ...common, ...login('bob', 'builder'), '-P', '-t', 'guarded'], {
        input: 'one\n',
      })
      await kafkaToolOk(release, 'kafka-acls', [
        ...admin,
        ...['--add', '--allow-principal', 'User:bob', '--operation', 'Read', '--topic', 'guarded'],
      ])
      const bob = await runOk('kcat', ['-b', scram, ...common, ...login('bob', 'builder'), ...reading])
      expect(bob.stdout).toBe('one\n')
      await alterUser('alice', 'SCRAM-SHA-512=[password=wonderland]')
      const alice = await run('kcat', ['-b', scram, ...common, ...login('alice', 'wonderland'), ...reading])
      expect(alice.stdout).toBe('')
      expect(alice.stderr).toMatch(/authorization failed/i)
      const nobody = await run('kcat', ['-b', scram, ...common, '-X', 'security.protocol=ssl', '-L', '-m', '5'])
      expect(nobody.status).not.toBe(0)
    },
    120_000,
  )
})
