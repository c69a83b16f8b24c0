/** SCRAM as strangers see it: users made by Kafka's own tools or by secrets log in, and nobody else does. */
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
import { createScramCluster, scramProperties } from './harness/scram-cluster.ts'

const aws = judge('aws')
const kcat = judge('kcat')
const java = judge('java')
const python = judge('python-kafka')
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
    ;({ tls, scram, caPem } = await createScramCluster(millrace, 'secret'))
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
      writeFileSync(path, scramProperties({ username: 'alice', password, caFile: join(scratch, 'ca.pem') }))
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

  it.skipIf(kcat === null)(
    'kcat as a client of Kafka 0.10 logs in by bare tokens, with the right password only',
    async () => {
      await alterUser('old', 'SCRAM-SHA-512=[password=ancient]')
      const list = (password: string): ReturnType<typeof run> =>
        run('kcat', [
          ...['-b', scram, '-L', '-m', '5', '-X', `ssl.ca.location=${join(scratch, 'ca.pem')}`],
          ...['-X', 'api.version.request=false', '-X', 'broker.version.fallback=0.10.2.0'],
          ...['-X', 'security.protocol=sasl_ssl', '-X', 'sasl.mechanism=SCRAM-SHA-512'],
          ...['-X', 'sasl.username=old', '-X', `sasl.password=${password}`],
        ])
      expect((await list('ancient')).stdout).toContain('topic "java" with 3 partitions')
      expect((await list('modern')).stdout).not.toContain('topic "java"')
    },
    60_000,
  )
})

describe.skipIf(aws === null || kcat === null)('SCRAM by secrets, as the AWS CLI makes them', () => {
  let millrace: MillraceProcess
  let scratch: string
  let arn: string
  let bootstrap: string

  const call = async (...args: string[]): Promise<Record<string, string>> => {
    const { stdout } = await runOk('aws', [...args, '--output', 'json'], { environment: millrace.environment })
    return stdout.trim() === '' ? {} : (JSON.parse(stdout) as Record<string, string>)
  }
  const asUser = (user: string, password: string, ...args: string[]): ReturnType<typeof run> =>
    run('kcat', [
      ...['-b', bootstrap, '-X', 'security.protocol=sasl_ssl', '-X', 'sasl.mechanism=SCRAM-SHA-512'],
      ...['-X', `ssl.ca.location=${join(scratch, 'ca.pem')}`],
      ...['-X', `sasl.username=${user}`, '-X', `sasl.password=${password}`, '-m', '5', ...args],
    ])
  const login = async (user: string, password: string): Promise<boolean> =>
    (await asUser(user, password, '-L')).status === 0

  /** kafka-python writes and reads with what is printed for it. */
  const throughPython = async (python: string): Promise<string> => {
    const shape = ['--cluster', 'secret', '--partitions', '1', '--replication-factor', '3']
    expect((await millrace.cli('topics', 'create', 'from-python', ...shape)).status).toBe(0)
    const printed = await millrace.cli('properties', 'secret', '--auth', 'scram', '--for', 'python')
    expect(printed.status, printed.stderr).toBe(0)
    const script = [
      printed.stdout,
      'from kafka import KafkaConsumer, KafkaProducer',
      'producer = KafkaProducer(**config)',
      'for number in range(100): producer.send("from-python", f"ride {number}".encode())',
      'producer.flush(30)',
      'reading = dict(auto_offset_reset="earliest", consumer_timeout_ms=20000)',
      'consumer = KafkaConsumer("from-python", **config, **reading)',
      'rides = [next(consumer).value.decode() for _ in range(100)]',
      'print(len(rides), "rides, the last is", rides[-1])',
    ]
    return (await runOk(python, ['-c', script.join('\n')])).stdout.trim()
  }

  beforeAll(async () => {
    millrace = await startMillraceProcess({ args: ['--ephemeral'] })
    scratch = mkdtempSync(join(tmpdir(), 'millrace-scram-'))
    writeFileSync(join(scratch, 'ca.pem'), (await millrace.cli('ca')).stdout)
    const group = threeBrokers.BrokerNodeGroupInfo
    const created = await call(
      ...['kafka', 'create-cluster', '--cluster-name', 'secret', '--kafka-version', '3.9.x'],
      ...['--number-of-broker-nodes', '3', '--broker-node-group-info', JSON.stringify(group)],
      ...['--client-authentication', JSON.stringify({ Sasl: { Scram: { Enabled: true } } })],
    )
    arn = created['ClusterArn'] ?? ''
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
    const api = new KafkaApi({ endpoint: millrace.endpoint, region: 'us-east-1', ...credentials })
    await untilActive(api, arn)
    const strings = await api.bootstrapStrings(arn)
    expect([strings.plaintext, strings.tls]).toEqual([null, null])
    bootstrap = strings.scram ?? ''
  }, 120_000)
  afterAll(async () => {
    await millrace?.stop()
    if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true })
  })

  it('an associated secret is a login, its new value the new password, its deletion the end', async () => {
    const { KeyMetadata: key } = (await call('kms', 'create-key')) as unknown as { KeyMetadata: { KeyId: string } }
    const value = (password: string): string => JSON.stringify({ username: 'alice', password })
    const named = ['secretsmanager', 'create-secret', '--name', 'AmazonMSK_alice', '--kms-key-id', key.KeyId]
    const { ARN: secret = '' } = await call(...named, '--secret-string', value('wonderland'))
    const plain = ['secretsmanager', 'create-secret', '--name', 'AmazonMSK_bob', '--secret-string', value('x')]
    const { ARN: withoutKey = '' } = await call(...plain)
    expect(await login('alice', 'wonderland')).toBe(false)
    const associate = ['kafka', 'batch-associate-scram-secret', '--cluster-arn', arn, '--secret-arn-list']
    const answer = await call(...associate, secret, withoutKey)
    expect(answer['UnprocessedScramSecrets']).toMatchObject([{ SecretArn: withoutKey, ErrorCode: 'InvalidSecretArn' }])
    const associated = await call('kafka', 'list-scram-secrets', '--cluster-arn', arn)
    expect(associated['SecretArnList']).toEqual([secret])
    expect(await login('alice', 'wonderland')).toBe(true)
    const printed = await millrace.cli('properties', 'secret', '--auth', 'scram', '--for', 'librdkafka')
    expect(printed.status, printed.stderr).toBe(0)
    const file = join(scratch, 'librdkafka.properties')
    writeFileSync(file, printed.stdout)
    await runOk('kcat', ['-F', file, '-L', '-m', '5'])
    if (python !== null) expect(await throughPython(python)).toBe('100 rides, the last is ride 99')
    const rotated = ['secretsmanager', 'put-secret-value', '--secret-id', secret]
    await call(...rotated, '--secret-string', value('mirror'))
    await expect.poll(() => login('alice', 'mirror'), { timeout: 20_000 }).toBe(true)
    expect(await login('alice', 'wonderland')).toBe(false)
    await call('secretsmanager', 'delete-secret', '--secret-id', secret)
    await expect.poll(() => login('alice', 'mirror'), { timeout: 20_000 }).toBe(false)
    await call('secretsmanager', 'restore-secret', '--secret-id', secret)
    await expect.poll(() => login('alice', 'mirror'), { timeout: 20_000 }).toBe(true)
    const leave = ['kafka', 'batch-disassociate-scram-secret', '--cluster-arn', arn, '--secret-arn-list', secret]
    await call(...leave)
    expect(await login('alice', 'mirror')).toBe(false)
    const listed = await call('kafka', 'list-scram-secrets', '--cluster-arn', arn)
    expect(listed['SecretArnList']).toEqual([])
  }, 240_000)
})
