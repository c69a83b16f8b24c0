/**
 * TLS as strangers see it: a cluster created as the AWS CLI creates it by default serves TLS alone, and clients that trust
 * our authority, and nothing else, write and read through what `millrace properties` prints for them.
 */
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { createConnection, type LookupFunction } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import { pathToFileURL } from 'node:url'
import { GetBootstrapBrokersCommand, KafkaClient } from '@aws-sdk/client-kafka'
import { createAuthority } from '@millrace/pki/authority'
import { Kafka, logLevel, type KafkaConfig } from 'kafkajs'
import { KafkaApi } from 'millrace/aws-client'
import { untilActive } from 'millrace/demo'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judge, kafkaReleases, kafkaTool, kafkaToolOk } from './harness/judges.ts'
import { startMillraceProcess, threeBrokers, type MillraceProcess } from './harness/millrace.ts'
import { run, runOk } from './harness/run.ts'
import { full } from './harness/size.ts'

const kcat = judge('kcat')
const java = judge('java')
const releases = full ? kafkaReleases : kafkaReleases.slice(-1)
const LINES = Array.from({ length: 2000 }, (_, index) => `ride ${index}`)

let millrace: MillraceProcess
let scratch: string
let api: KafkaApi
let arn: string
let bootstrap: string
let caFile: string

async function propertiesFor(client: string): Promise<string> {
  const { status, stdout, stderr } = await millrace.cli('properties', 'secure', '--auth', 'tls', '--for', client)
  expect(status, stderr).toBe(0)
  return stdout
}

beforeAll(async () => {
  millrace = await startMillraceProcess({ args: ['--ephemeral'] })
  scratch = mkdtempSync(join(tmpdir(), 'millrace-tls-'))
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  api = new KafkaApi({ endpoint: millrace.endpoint, region: 'us-east-1', ...credentials })
  const { EncryptionInfo: _left, ...unencrypted } = threeBrokers
  const provisioned = Object.fromEntries(
    Object.entries(unencrypted).map(([key, value]) => [key.charAt(0).toLowerCase() + key.slice(1), value]),
  )
  const group = { instanceType: 'kafka.m5.large', clientSubnets: threeBrokers.BrokerNodeGroupInfo.ClientSubnets }
  const cluster = { clusterName: 'secure', provisioned: { ...provisioned, brokerNodeGroupInfo: group } }
  arn = (await api.createCluster(cluster)).clusterArn
  await untilActive(api, arn)
  const strings = await api.bootstrapStrings(arn)
  expect(strings.plaintext).toBeNull()
  bootstrap = strings.tls ?? ''
  caFile = join(scratch, 'ca.pem')
  const { stdout } = await millrace.cli('ca')
  writeFileSync(caFile, stdout)
  const created = await millrace.cli('topics', 'create', '--cluster', 'secure', 'rides', '--partitions', '3')
  expect(created.status, created.stderr).toBe(0)
}, 120_000)
afterAll(async () => {
  await millrace?.stop()
  if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true })
})

it('the command itself writes and reads', async () => {
  const topic = ['--cluster', 'secure', 'rides']
  const listed = await millrace.cli('topics', 'list', '--cluster', 'secure', '--json')
  expect(listed.stdout).toContain('rides')
  const written = await millrace.cliWithInput(`${LINES.join('\n')}\n`, 'produce', ...topic)
  expect(written.status, written.stderr).toBe(0)
  const read = await millrace.cli('consume', ...topic, '--from-beginning', '--exit-at-end')
  expect(read.status, read.stderr).toBe(0)
  expect(read.stdout.trimEnd().split('\n').sort()).toEqual([...LINES].sort())
})

it('kafkajs writes and reads with the configuration printed for it', async () => {
  const file = join(scratch, 'kafkajs.mjs')
  writeFileSync(file, await propertiesFor('kafkajs'))
  const { default: config } = (await import(pathToFileURL(file).href)) as { default: KafkaConfig }
  const kafka = new Kafka({ ...config, logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: 'from-kafkajs', numPartitions: 1, replicationFactor: 3 }] })
  await admin.disconnect()
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic: 'from-kafkajs', acks: -1, messages: LINES.map((value) => ({ value })) })
  await producer.disconnect()
  const consumer = kafka.consumer({ groupId: 'kafkajs' })
  await consumer.connect()
  await consumer.subscribe({ topic: 'from-kafkajs', fromBeginning: true })
  const values: string[] = []
  await new Promise<void>((resolve, reject) => {
    const eachMessage = ({ message }: { message: { value: Buffer | null } }): Promise<void> => {
      if (values.push(String(message.value)) === LINES.length) resolve()
      return Promise.resolve()
    }
    consumer.run({ eachMessage }).catch(reject)
  })
  await consumer.disconnect()
  expect(values).toEqual(LINES)
}, 90_000)

describe.skipIf(kcat === null)('kcat', () => {
  it('writes and reads with the configuration printed for librdkafka', async () => {
    const file = join(scratch, 'librdkafka.properties')
    writeFileSync(file, await propertiesFor('librdkafka'))
    await millrace.cli('topics', 'create', '--cluster', 'secure', 'from-kcat', '--partitions', '1')
    await runOk('kcat', ['-F', file, '-P', '-t', 'from-kcat', '-X', 'acks=all'], { input: `${LINES.join('\n')}\n` })
    const { stdout } = await runOk('kcat', ['-F', file, '-C', '-t', 'from-kcat', '-e', '-q', '-o', 'beginning'])
    expect(stdout.trimEnd().split('\n')).toEqual(LINES)
  }, 60_000)

  it('does not get in by plaintext, nor when it trusts somebody else, and the broker says why', async () => {
    const plain = await run('kcat', ['-b', bootstrap, '-L', '-m', '5'])
    expect(plain.status).not.toBe(0)
    const stranger = join(scratch, 'stranger.pem')
    writeFileSync(stranger, (await createAuthority(Date.now())).certificatePem)
    const options = ['-X', 'security.protocol=ssl', '-X', `ssl.ca.location=${stranger}`]
    const distrusting = await run('kcat', ['-b', bootstrap, ...options, '-L', '-m', '5'])
    expect(distrusting.status).not.toBe(0)
    expect(distrusting.stderr).toContain('certificate verify failed')
    const id = arn.slice(arn.lastIndexOf('/') + 1)
    const logs = [1, 2, 3].map((node) =>
      readFileSync(join(millrace.dataDirectory, 'clusters', id, 'logs', `broker-${node}.log`), 'utf8'),
    )
    expect(logs.join('')).toContain('the peer speaks plaintext to a TLS listener')
    expect(logs.join('')).toContain("the peer does not trust this broker's certificate")
  }, 60_000)
})

describe.skipIf(java === null)('Java', () => {
  it.each(releases)(
    'tools of %s write and read with the properties printed, and with the trust store of `env` alone',
    async (release) => {
      const file = join(scratch, `java-${release}.properties`)
      writeFileSync(file, await propertiesFor('java'))
      const topic = `java-${release.replaceAll('.', '-')}`
      const server = ['--bootstrap-server', bootstrap]
      await kafkaToolOk(release, 'kafka-topics', [
        ...server,
        '--command-config',
        file,
        '--create',
        '--topic',
        topic,
        '--replication-factor',
        '3',
      ])
      await kafkaToolOk(
        release,
        'kafka-console-producer',
        [...server, '--producer.config', file, '--topic', topic, '--producer-property', 'acks=all'],
        { input: `${LINES.join('\n')}\n`, timeoutMs: 90_000 },
      )
      const reading = ['--topic', topic, '--from-beginning', '--max-messages', String(LINES.length)]
      const { stdout } = await kafkaToolOk(
        release,
        'kafka-console-consumer',
        [...server, '--consumer.config', file, ...reading],
        { timeoutMs: 90_000 },
      )
      expect(stdout.trimEnd().split('\n')).toEqual(LINES)
      // The JVM trusts us by system properties, as `eval "$(millrace env)"` sets them; the client is told SSL and no more.
      const { KAFKA_OPTS = '' } = JSON.parse((await millrace.cli('env', '--json')).stdout) as { KAFKA_OPTS?: string }
      const bare = join(scratch, 'bare.properties')
      writeFileSync(bare, 'security.protocol=SSL\n')
      const trusting = ['--command-config', bare, '--describe', '--topic', topic]
      const environment = { JAVA_TOOL_OPTIONS: KAFKA_OPTS }
      const described = await kafkaToolOk(release, 'kafka-topics', [...server, ...trusting], { environment })
      expect(described.stdout).toContain(`Topic: ${topic}`)
      const distrusting = await kafkaTool(release, 'kafka-topics', [...server, ...trusting], { timeoutMs: 30_000 })
      expect(distrusting.stdout + distrusting.stderr).toContain('SSL handshake failed')
    },
    240_000,
  )
})

it('nodes speak TLS with each other, and with nobody who does not', async () => {
  const id = arn.slice(arn.lastIndexOf('/') + 1)
  const record = readFileSync(join(millrace.dataDirectory, 'clusters', id, 'cluster.json'), 'utf8')
  const { nodes } = JSON.parse(record) as { nodes: { nodeId: number; internalPort: number }[] }
  expect(nodes.map(({ nodeId }) => nodeId)).toEqual([1, 2, 3, 10001])
  for (const { internalPort: port } of nodes) {
    const issuer = await new Promise<string>((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, ca: readFileSync(caFile, 'utf8') }, () => {
        resolve(socket.getPeerCertificate().issuer.O)
        socket.destroy()
      })
      socket.on('error', reject)
    })
    expect(issuer).toBe('Millrace')
    const closed = new Promise((resolve) => {
      const socket = createConnection(port, '127.0.0.1')
      socket.on('error', () => undefined)
      socket.on('close', resolve)
      // SaslHandshake version 1, as a node that speaks plaintext begins.
      socket.write(Buffer.from('0000001d001100010000000100016e000d534352414d2d5348412d353132', 'hex'))
    })
    await closed
  }
}, 30_000)

it('a name by which the API is reached joins the certificate, while connections stay open', async () => {
  const [host = '', brokerPort = ''] = (bootstrap.split(',')[0] ?? '').split(':')
  const open = async (): Promise<TLSSocket> => {
    const socket = connect({ host, port: Number(brokerPort), ca: readFileSync(caFile, 'utf8') })
    await once(socket, 'secureConnect')
    return socket
  }
  const certificate = async (): Promise<string> => {
    const socket = await open()
    const names = socket.getPeerCertificate().subjectaltname ?? ''
    socket.destroy()
    return names
  }
  /** The correlation id of the answer. */
  const askApiVersions = async (socket: TLSSocket, correlationId: number): Promise<number> => {
    const request = Buffer.from('0000000a001200000000000000ff', 'hex')
    request.writeInt32BE(correlationId, 8)
    request.writeInt16BE(-1, 12)
    socket.write(request)
    const [answer] = (await once(socket, 'data')) as [Buffer]
    return answer.readInt32BE(4)
  }
  const opened = await open()
  let closed = false
  opened.on('close', () => (closed = true))
  expect(await askApiVersions(opened, 1)).toBe(1)
  expect(await certificate()).not.toContain('millrace.localhost')
  const { port } = new URL(millrace.endpoint)
  const lookup: LookupFunction = (_name, _options, found) => found(null, [{ address: '127.0.0.1', family: 4 }])
  const elsewhere = new KafkaClient({
    endpoint: `http://millrace.localhost:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    requestHandler: { httpAgent: new Agent({ lookup }) },
  })
  const strings = await elsewhere.send(new GetBootstrapBrokersCommand({ ClusterArn: arn }))
  elsewhere.destroy()
  expect(strings.BootstrapBrokerStringTls).toContain('millrace.localhost:')
  expect(await certificate()).toContain('DNS:millrace.localhost')
  expect(await askApiVersions(opened, 2)).toBe(2)
  expect(closed).toBe(false)
  opened.destroy()
}, 60_000)
