/**
 * Mutual TLS as AWS's walk-through has it: a private CA made by the AWS CLI, a client key and request by keytool or OpenSSL, its
 * certificate issued by the CA. Strangers write and read by it, ACLs know it by its subject, and nobody else gets in.
 */
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Kafka, logLevel, type KafkaConfig, type Producer } from 'kafkajs'
import { KafkaApi } from 'millrace/aws-client'
import { untilActive } from 'millrace/demo'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judge, kafkaReleases, kafkaTool, kafkaToolOk } from './harness/judges.ts'
import { startMillraceProcess, threeBrokers, type MillraceProcess } from './harness/millrace.ts'
import { PrivateAuthority } from './harness/private-authority.ts'
import { run, runOk } from './harness/run.ts'
import { full } from './harness/size.ts'

const aws = judge('aws')
const kcat = judge('kcat')
const java = judge('java')
const python = judge('python-kafka')
const release = kafkaReleases.at(-1) ?? ''
const LINES = Array.from({ length: 500 }, (_, index) => `ride ${index}`)
/** As keytool and OpenSSL are told it, and as Kafka knows its holder. */
const ALICE = {
  dname: 'CN=alice, OU="Rides, East", O=Example, C=DE',
  principal: 'User:CN=alice,OU=Rides\\, East,O=Example,C=DE',
}
const BOB = { subject: '/C=DE/O=Example/emailAddress=bob@example.org/CN=bob' }

let millrace: MillraceProcess
let scratch: string
let api: KafkaApi
let authority: PrivateAuthority
let cluster: string
let bootstrap: string

/** The AWS CLI's answer. */
async function call<Answer = Record<string, string>>(...args: string[]): Promise<Answer> {
  const { stdout } = await runOk('aws', [...args, '--output', 'json'], { environment: millrace.environment })
  return (stdout.trim() === '' ? {} : JSON.parse(stdout)) as Answer
}

const path = (name: string): string => join(scratch, name)
const openssl = (...args: string[]): void => void execFileSync('openssl', args, { stdio: 'ignore' })

const propertiesFor = async (client: string, name: string): Promise<string> => {
  const own = ['--certificate', path(`${name}.pem`), '--key', path(`${name}.key`)]
  const printed = await millrace.cli('properties', 'mutual', '--auth', 'tls', '--for', client, ...own)
  expect(printed.status, printed.stderr).toBe(0)
  return printed.stdout
}

/** kcat with the certificate NAME.pem; with none where there is no name. */
function asClient(name: string | null, ...args: string[]): ReturnType<typeof run> {
  const own =
    name === null
      ? []
      : ['-X', `ssl.certificate.location=${path(`${name}.pem`)}`, '-X', `ssl.key.location=${path(`${name}.key`)}`]
  const tls = ['-X', 'security.protocol=ssl', '-X', `ssl.ca.location=${path('broker-ca.pem')}`]
  return run('kcat', ['-b', bootstrap, ...tls, ...own, ...args])
}

/** What kcat is told that does not get in; it would try again until its time is over. */
const refusalOf = async (name: string | null): Promise<string> => {
  const { status, stderr } = await asClient(name, '-L', '-m', '1')
  return status === 0 ? 'it got in' : stderr
}

async function kafkajs(name: string): Promise<Kafka> {
  const file = path(`${name}.mjs`)
  writeFileSync(file, await propertiesFor('kafkajs', name))
  const { default: config } = (await import(pathToFileURL(file).href)) as { default: KafkaConfig }
  return new Kafka({ ...config, logLevel: logLevel.NOTHING, retry: { retries: 0 } })
}

/** A Millrace with the cluster `mutual`, whose clients are those of one private CA; bob has a certificate. */
async function startMutual(...args: readonly string[]): Promise<void> {
  millrace = await startMillraceProcess({ args: ['--ephemeral', ...args] })
  scratch = mkdtempSync(join(tmpdir(), 'millrace-mtls-'))
  writeFileSync(path('broker-ca.pem'), (await millrace.cli('ca')).stdout)
  authority = await PrivateAuthority.create(millrace, scratch, 'Example Clients')
  // As the MSK developer guide writes it: no `Enabled`.
  writeFileSync(path('clientauthinfo.json'), JSON.stringify({ Tls: { CertificateAuthorityArnList: [authority.arn] } }))
  const created = await call(
    ...['kafka', 'create-cluster', '--cluster-name', 'mutual', '--kafka-version', '3.9.x'],
    ...['--number-of-broker-nodes', '3', '--broker-node-group-info', JSON.stringify(threeBrokers.BrokerNodeGroupInfo)],
    ...['--encryption-info', JSON.stringify({ EncryptionInTransit: { InCluster: true, ClientBroker: 'TLS' } })],
    ...['--client-authentication', `file://${path('clientauthinfo.json')}`],
  )
  cluster = created['ClusterArn'] ?? ''
  api = new KafkaApi({
    endpoint: millrace.endpoint,
    region: 'us-east-1',
    accessKeyId: 'test',
    secretAccessKey: 'test',
  })
  await untilActive(api, cluster)
  const strings = await api.bootstrapStrings(cluster)
  expect([strings.plaintext, strings.scram]).toEqual([null, null])
  bootstrap = strings.tls ?? ''
  await authority.issue('bob', BOB.subject)
}

async function stopMutual(): Promise<void> {
  await millrace?.stop()
  if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true })
}

describe.skipIf(aws === null || kcat === null)('mutual TLS', () => {
  beforeAll(() => startMutual('--mtls-revocation'), 180_000)
  afterAll(stopMutual)

  it('is what the cluster shows of itself, and `millrace properties` asks for the certificate', async () => {
    const { ClusterInfo: info } = await call<{ ClusterInfo: { ClientAuthentication: unknown } }>(
      ...['kafka', 'describe-cluster', '--cluster-arn', cluster],
    )
    expect(info.ClientAuthentication).toEqual({ Tls: { CertificateAuthorityArnList: [authority.arn], Enabled: true } })
    const bare = await millrace.cli('properties', 'mutual', '--auth', 'tls')
    expect([bare.status, bare.stderr]).toEqual([1, expect.stringContaining('aws acm-pca issue-certificate')])
  }, 60_000)

  it('kcat and kafkajs write and read with what is printed for them', async () => {
    const file = path('librdkafka.properties')
    writeFileSync(file, await propertiesFor('librdkafka', 'bob'))
    const kafka = await kafkajs('bob')
    const admin = kafka.admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: 'open', numPartitions: 1, replicationFactor: 3 }] })
    await admin.disconnect()
    await runOk('kcat', ['-F', file, '-P', '-t', 'open', '-X', 'acks=all'], { input: `${LINES.join('\n')}\n` })
    const producer = kafka.producer()
    await producer.connect()
    await producer.send({ topic: 'open', acks: -1, messages: [{ value: 'from kafkajs' }] })
    await producer.disconnect()
    const { stdout } = await runOk('kcat', ['-F', file, '-C', '-t', 'open', '-e', '-q', '-o', 'beginning'])
    expect(stdout.trimEnd().split('\n')).toEqual([...LINES, 'from kafkajs'])
  }, 90_000)

  it.skipIf(python === null)(
    'kafka-python writes and reads with what is printed for it',
    async () => {
      const script = [
        await propertiesFor('python', 'bob'),
        'from kafka import KafkaConsumer, KafkaProducer',
        'producer = KafkaProducer(**config, acks="all")',
        'for number in range(100): producer.send("from-python", f"ride {number}".encode())',
        'producer.flush()',
        'consumer = KafkaConsumer("from-python", **config, auto_offset_reset="earliest", consumer_timeout_ms=20000)',
        'print([next(consumer).value.decode() for _ in range(100)][-1])',
      ]
      const admin = (await kafkajs('bob')).admin()
      await admin.connect()
      await admin.createTopics({ topics: [{ topic: 'from-python', numPartitions: 1, replicationFactor: 3 }] })
      await admin.disconnect()
      const { stdout } = await runOk(python ?? '', ['-c', script.join('\n')])
      expect(stdout.trim()).toBe('ride 99')
    },
    90_000,
  )

  it.skipIf(java === null)(
    "Java walks AWS's way with a keystore of keytool, and ACLs for its subject decide",
    async () => {
      const keystore = ['-keystore', path('kafka.client.keystore.jks'), '-storepass', 'changeit', '-noprompt']
      const alias = ['-alias', 'alice', '-keypass', 'changeit']
      const keytool = (...args: string[]): Promise<unknown> => runOk('keytool', [...args, ...keystore])
      const key = ['-genkey', '-validity', '300', '-storetype', 'jks', '-keyalg', 'RSA', '-dname', ALICE.dname]
      await keytool(...key, ...alias)
      await keytool('-certreq', '-file', path('alice.csr'), ...alias)
      // Java writes NEW CERTIFICATE REQUEST; the walk-through has a sed for it.
      const csr = readFileSync(path('alice.csr'), 'utf8').replaceAll('NEW CERTIFICATE REQUEST', 'CERTIFICATE REQUEST')
      writeFileSync(path('alice.csr'), csr)
      const { certificate, chain } = await authority.sign('alice.csr')
      writeFileSync(path('signed-certificate-from-acm'), certificate + chain)
      await keytool('-import', '-file', path('signed-certificate-from-acm'), ...alias)
      await millrace.cli('ca', '--format', 'jks', '--out', path('kafka.client.truststore.jks'))
      const file = path('client.properties')
      writeFileSync(
        file,
        [
          'security.protocol=SSL',
          `ssl.truststore.location=${path('kafka.client.truststore.jks')}`,
          `ssl.keystore.location=${path('kafka.client.keystore.jks')}`,
          'ssl.keystore.password=changeit',
          'ssl.key.password=changeit',
          '',
        ].join('\n'),
      )
      const server = ['--bootstrap-server', bootstrap]
      const create = ['--create', '--replication-factor', '3', '--partitions', '1', '--topic', 'ExampleTopic']
      await kafkaToolOk(release, 'kafka-topics', [...server, '--command-config', file, ...create])
      await kafkaToolOk(
        release,
        'kafka-console-producer',
        [...server, '--producer.config', file, '--topic', 'ExampleTopic'],
        { input: `${LINES.join('\n')}\n`, timeoutMs: 90_000 },
      )
      await kafkaToolOk(release, 'kafka-acls', [
        ...[...server, '--command-config', file, '--add', '--allow-principal', ALICE.principal],
        ...['--operation', 'Read', '--operation', 'Describe', '--topic', 'ExampleTopic', '--group', 'group', '--force'],
      ])
      const reading = ['--topic', 'ExampleTopic', '--group', 'group', '--from-beginning', '--max-messages', '500']
      const { stdout } = await kafkaToolOk(
        release,
        'kafka-console-consumer',
        [...server, '--consumer.config', file, ...reading],
        { timeoutMs: 90_000 },
      )
      expect(stdout.trimEnd().split('\n')).toEqual(LINES)
      const bob = await asClient('bob', '-C', '-t', 'ExampleTopic', '-e', '-q', '-o', 'beginning')
      expect([bob.stdout, bob.stderr]).toEqual(['', expect.stringMatching(/authorization failed/i)])
      // What OpenSSL calls emailAddress has no short name in a principal.
      const asBob = path('bob.properties')
      writeFileSync(asBob, await propertiesFor('java', 'bob'))
      const principal = `User:CN=bob,1.2.840.113549.1.9.1=#160f626f62406578616d706c652e6f7267,O=Example,C=DE`
      await kafkaToolOk(release, 'kafka-acls', [
        ...[...server, '--command-config', asBob, '--add', '--allow-principal', principal],
        ...['--operation', 'Read', '--topic', 'ExampleTopic'],
      ])
      const allowed = await asClient('bob', '-C', '-t', 'ExampleTopic', '-e', '-q', '-o', 'beginning')
      expect(allowed.stdout.trimEnd().split('\n')).toEqual(LINES)
    },
    240_000,
  )

  describe('nobody else gets in', () => {
    const foreign = (): void => {
      const ca = [
        '-keyout',
        path('foreign-ca.key'),
        '-out',
        path('foreign-ca.pem'),
        '-subj',
        '/O=Example/CN=Example Clients',
      ]
      openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...ca)
      signed('foreign', 'foreign-ca', BOB.subject, 'extendedKeyUsage=clientAuth\n')
      signed('between', 'foreign-ca', '/CN=between', 'basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n')
      signed('below', 'between', BOB.subject, 'extendedKeyUsage=clientAuth\n')
      for (const above of ['between', 'foreign-ca'])
        appendFileSync(path('below.pem'), readFileSync(path(`${above}.pem`)))
      openssl(
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-keyout',
        path('self.key'),
        '-out',
        path('self.pem'),
        '-subj',
        BOB.subject,
      )
    }
    const signed = (name: string, issuer: string, subject: string, extensions: string): void => {
      openssl(
        'req',
        '-new',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-keyout',
        path(`${name}.key`),
        '-out',
        path(`${name}.csr`),
        '-subj',
        subject,
      )
      writeFileSync(path(`${name}.ext`), extensions)
      const by = ['-CA', path(`${issuer}.pem`), '-CAkey', path(`${issuer}.key`), '-CAcreateserial']
      openssl(
        'x509',
        '-req',
        '-in',
        path(`${name}.csr`),
        ...by,
        '-extfile',
        path(`${name}.ext`),
        '-out',
        path(`${name}.pem`),
      )
    }
    beforeAll(foreign, 60_000)

    it.each([
      ['without a certificate', null, 'certificate required'],
      ['with one that it signed itself', 'self', 'unknown ca'],
      ['of another CA with the same name and subject', 'foreign', 'unknown ca'],
      ['with the whole chain of another CA', 'below', 'unknown ca'],
    ])(
      'kcat %s is told by an alert',
      async (_who, name, alert) => {
        const { status, stderr } = await asClient(name, '-L')
        expect(status).not.toBe(0)
        expect(stderr).toContain(`alert ${alert}`)
      },
      60_000,
    )

    it('nor with a certificate that has expired', async () => {
      const soon = Math.floor(Date.now() / 1000) + 12
      await authority.issue('late', BOB.subject, `Value=${soon},Type=ABSOLUTE`)
      await expect
        .poll(() => refusalOf('late'), { timeout: 60_000, interval: 500 })
        .toContain('alert certificate expired')
    }, 60_000)

    it.skipIf(java === null)(
      'Java is told so too',
      async () => {
        const file = path('nobody.properties')
        const trust = `ssl.truststore.type=PEM\nssl.truststore.location=${path('broker-ca.pem')}\n`
        writeFileSync(file, `security.protocol=SSL\n${trust}`)
        const server = ['--bootstrap-server', bootstrap, '--command-config', file, '--list']
        const none = await kafkaTool(release, 'kafka-topics', server, { timeoutMs: 60_000 })
        expect(none.status).not.toBe(0)
        expect(none.stdout + none.stderr).toContain('Failed to process post-handshake messages')
      },
      90_000,
    )

    it('kafkajs is told so too, and `millrace why` knows', async () => {
      const kafka = new Kafka({
        brokers: bootstrap.split(','),
        ssl: {
          ca: [readFileSync(path('broker-ca.pem'), 'utf8')],
          cert: readFileSync(path('self.pem')),
          key: readFileSync(path('self.key')),
        },
        retry: { retries: 0 },
        logLevel: logLevel.NOTHING,
      })
      await expect(kafka.producer().connect()).rejects.toThrow(/alert/i)
      await expect
        .poll(async () => (await millrace.cli('why', '--last', '5m')).stdout, { timeout: 20_000 })
        .toContain("The client's certificate is of an authority that this cluster does not trust")
    }, 60_000)

    it('a revoked certificate is put out within a second and comes in no more', async () => {
      const { arn } = await authority.issue('carol', '/CN=carol')
      const producer: Producer = (await kafkajs('carol')).producer({ retry: { retries: 0 } })
      await producer.connect()
      const send = (value: string): Promise<unknown> => producer.send({ topic: 'open', messages: [{ value }] })
      await send('before')
      const serial = (arn.split('/').at(-1) ?? '').replaceAll(/(..)(?=.)/g, '$1:')
      await call(
        ...['acm-pca', 'revoke-certificate', '--certificate-authority-arn', authority.arn],
        ...['--certificate-serial', serial, '--revocation-reason', 'KEY_COMPROMISE'],
      )
      await expect
        .poll(
          () =>
            send('after').then(
              () => 'in',
              () => 'out',
            ),
          { timeout: 10_000 },
        )
        .toBe('out')
      await producer.disconnect()
      expect(await refusalOf('carol')).toContain('alert certificate revoked')
      expect((await asClient('bob', '-L')).status).toBe(0)
    }, 60_000)
  })

  it('another authority is let in by UpdateSecurity without a dropped connection, the first one is left out the same way', async () => {
    const elliptic = { key: 'EC_prime256v1', signing: 'SHA256WITHECDSA' }
    const second = await PrivateAuthority.create(millrace, scratch, 'Second', elliptic)
    await second.issue('dave', '/CN=dave')
    expect(await refusalOf('dave')).toContain('alert unknown ca')
    const producer = (await kafkajs('bob')).producer()
    let disconnects = 0
    producer.on('producer.disconnect', () => disconnects++)
    await producer.connect()
    await producer.send({ topic: 'open', messages: [{ value: 'before' }] })
    const { ClusterInfo: info } = await call<{ ClusterInfo: { CurrentVersion: string } }>(
      ...['kafka', 'describe-cluster', '--cluster-arn', cluster],
    )
    await call(
      ...['kafka', 'update-security', '--cluster-arn', cluster, '--current-version', info.CurrentVersion],
      ...[
        '--client-authentication',
        JSON.stringify({ Tls: { Enabled: true, CertificateAuthorityArnList: [second.arn] } }),
      ],
    )
    await expect.poll(async () => (await asClient('dave', '-L')).status, { timeout: 30_000, interval: 500 }).toBe(0)
    await untilActive(api, cluster)
    expect(await refusalOf('bob')).toContain('alert unknown ca')
    await producer.send({ topic: 'open', messages: [{ value: 'still in' }] })
    expect(disconnects).toBe(0)
    await producer.disconnect()
  }, 120_000)

  it.skipIf(!full)(
    'with unauthenticated clients beside them, a certificate may be missing and must not be wrong',
    async () => {
      const { ClusterInfo: info } = await call<{ ClusterInfo: { CurrentVersion: string } }>(
        ...['kafka', 'describe-cluster', '--cluster-arn', cluster],
      )
      const both = {
        Tls: { Enabled: true, CertificateAuthorityArnList: [authority.arn] },
        Unauthenticated: { Enabled: true },
      }
      await call(
        ...['kafka', 'update-security', '--cluster-arn', cluster, '--current-version', info.CurrentVersion],
        ...['--client-authentication', JSON.stringify(both)],
      )
      await untilActive(api, cluster)
      expect((await asClient(null, '-L')).status).toBe(0)
      expect((await asClient('bob', '-C', '-t', 'ExampleTopic', '-e', '-q', '-o', 'beginning')).stdout).toContain(
        'ride 1',
      )
      const nobody = await asClient(null, '-C', '-t', 'ExampleTopic', '-e', '-q', '-o', 'beginning')
      expect(nobody.stderr).toMatch(/authorization failed/i)
      expect(await refusalOf('foreign')).toContain('alert unknown ca')
      const printed = await millrace.cli('properties', 'mutual', '--auth', 'tls', '--for', 'librdkafka')
      expect([printed.status, printed.stdout.includes('ssl.key.location')]).toEqual([0, false])
    },
    180_000,
  )
})

describe.skipIf(!full || aws === null || kcat === null || java === null)('mutual TLS with rules for principals', () => {
  beforeAll(() => startMutual('--mtls-principal-mapping', 'RULE:^CN=(b[^,]+),.*$/$1/U'), 180_000)
  afterAll(stopMutual)

  it('ACLs know the name that a rule makes of a subject; who has none by the rules stays outside', async () => {
    const file = path('bob.properties')
    writeFileSync(file, await propertiesFor('java', 'bob'))
    const admin = ['--bootstrap-server', bootstrap, '--command-config', file]
    await kafkaToolOk(release, 'kafka-topics', [...admin, '--create', '--topic', 'guarded', '--partitions', '1'])
    const add = ['--add', '--operation', 'Read', '--topic', 'guarded', '--allow-principal']
    await kafkaToolOk(release, 'kafka-acls', [...admin, ...add, 'User:somebody'])
    const read = (): ReturnType<typeof run> => asClient('bob', '-C', '-t', 'guarded', '-e', '-q', '-o', 'beginning')
    expect((await read()).stderr).toMatch(/authorization failed/i)
    await kafkaToolOk(release, 'kafka-acls', [...admin, ...add, 'User:BOB'])
    expect((await read()).status).toBe(0)
    await authority.issue('alice', '/CN=alice')
    expect((await asClient('alice', '-L')).status).not.toBe(0)
  }, 180_000)
})
