/** IAM access control as strangers see it: AWS's own libraries log in on 9098, and nobody else does. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  DeleteClusterPolicyCommand,
  GetClusterPolicyCommand,
  KafkaClient,
  PutClusterPolicyCommand,
} from '@aws-sdk/client-kafka'
import { KafkaApi } from 'millrace/aws-client'
import { untilActive } from 'millrace/demo'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { allowAll, bearerToken, iamKafka, IamUsers, rootKey, type AccessKey, type Statement } from './harness/iam.ts'
import { IAM_CLIENT_PROPERTIES, javaByIam } from './harness/java-iam.ts'
import { judge, kafkaReleases } from './harness/judges.ts'
import { startMillraceProcess, threeBrokers, type MillraceProcess } from './harness/millrace.ts'
import { run, runOk, type RunResult } from './harness/run.ts'
import { full, sized } from './harness/size.ts'
import { SteadyIamClient } from './harness/steady-iam-client.ts'

const java = judge('msk-iam-auth')
const python = judge('python-kafka')
const kcat = judge('kcat')
const gcc = judge('gcc')
const release = kafkaReleases.at(-1) ?? ''
const AWAY_MS = sized({ quick: 10_000, full: 60_000 })
/** Changes act within a second; a busy machine may be late with the answer. */
const SOON = { timeout: 5_000, interval: 20 }

let millrace: MillraceProcess
let users: IamUsers
let scratch: string
let clusterArn: string
let iam: string
let caPem: string

beforeAll(async () => {
  millrace = await startMillraceProcess()
  scratch = mkdtempSync(join(tmpdir(), 'millrace-iam-'))
  users = new IamUsers(millrace)
  const api = new KafkaApi({ endpoint: millrace.endpoint, region: 'us-east-1', ...rootKey })
  const created = await api.createCluster({
    clusterName: 'guarded',
    provisioned: {
      brokerNodeGroupInfo: {
        instanceType: 'kafka.m5.large',
        clientSubnets: threeBrokers.BrokerNodeGroupInfo.ClientSubnets,
      },
      kafkaVersion: '3.9.x',
      numberOfBrokerNodes: 3,
      clientAuthentication: { sasl: { iam: { enabled: true } } },
    },
  })
  clusterArn = created.clusterArn
  await untilActive(api, clusterArn)
  iam = (await api.bootstrapStrings(clusterArn)).iam ?? ''
  caPem = (await millrace.cli('ca')).stdout
}, 120_000)

afterAll(async () => {
  await millrace?.stop()
  if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true })
})

const topicArn = (topic: string): string => `${clusterArn.replace(':cluster/', ':topic/')}/${topic}`
const connect: Statement = { Effect: 'Allow', Action: 'kafka-cluster:Connect', Resource: '*' }
const writeTo = (topic: string): Statement => ({
  Effect: 'Allow',
  Action: ['kafka-cluster:DescribeTopic', 'kafka-cluster:WriteData'],
  Resource: topicArn(topic),
})
/** As kafkajs tells it, which knows the topic or asks for it first. */
const refusedTopic = { message: 'Not authorized to access topics: [Topic authorization failed]' }
const kafkaOf = (token: () => Promise<string>): ReturnType<typeof iamKafka> => iamKafka({ brokers: iam, caPem, token })

async function createTopic(topic: string): Promise<void> {
  const admin = kafkaOf(() => bearerToken(rootKey)).admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true })
  await admin.disconnect()
}

/** What a login comes to: '' or the words of its refusal. */
async function login(token: () => Promise<string>): Promise<string> {
  const admin = kafkaOf(token).admin()
  try {
    await admin.connect()
    await admin.listTopics()
    return ''
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    await admin.disconnect()
  }
}

it('the command of whoever runs Millrace works on a cluster that demands logins', async () => {
  const topic = ['--cluster', 'guarded', 'from-the-command']
  const created = await millrace.cli('topics', 'create', ...topic, '--partitions', '2', '--replication-factor', '3')
  expect(created.status, created.stderr).toBe(0)
  const written = await millrace.cliWithInput('one\ntwo\n', 'produce', ...topic)
  expect(written.status, written.stderr).toBe(0)
  const read = await millrace.cli('consume', ...topic, '--from-beginning', '--exit-at-end')
  expect(read.stdout.trimEnd().split('\n').sort()).toEqual(['one', 'two'])
}, 60_000)

describe('kafkajs with the signer of AWS', () => {
  it('may what the policy allows, nothing else, and is told so by Kafka’s own errors', async () => {
    await createTopic('rides')
    await createTopic('secrets')
    const alice = await users.create('alice', [connect, writeTo('rides')])
    const producer = kafkaOf(() => bearerToken(alice)).producer()
    await producer.connect()
    await producer.send({ topic: 'rides', messages: [{ value: 'one' }] })
    await expect(producer.send({ topic: 'secrets', messages: [{ value: 'one' }] })).rejects.toMatchObject(refusedTopic)
    await producer.disconnect()
    expect(await login(() => bearerToken(rootKey))).toBe('')
  }, 60_000)

  it('a changed policy acts within a second on a connection that is open', async () => {
    await createTopic('changing')
    const bob = await users.create('bob', [connect])
    const producer = kafkaOf(() => bearerToken(bob)).producer()
    await producer.connect()
    const send = (): Promise<unknown> => producer.send({ topic: 'changing', messages: [{ value: 'one' }] })
    await expect(send()).rejects.toMatchObject(refusedTopic)
    await users.allow('bob', [connect, writeTo('changing')])
    await vi.waitFor(send, SOON)
    await users.allow('bob', [connect])
    await vi.waitFor(() => expect(send()).rejects.toMatchObject(refusedTopic), SOON)
    await producer.disconnect()
  }, 60_000)

  it('a user without Connect, and one that is deleted, is out', async () => {
    const carol = await users.create('carol', [allowAll])
    const token = (): Promise<string> => bearerToken(carol)
    expect(await login(token)).toBe('')
    const client = new SteadyIamClient(iam, caPem, token)
    await client.connect()
    await users.allow('carol', [writeTo('rides')])
    await vi.waitFor(() => expect(client.closed).toBe(true), SOON)
    expect(await login(token)).toMatch(/\[[0-9a-f-]{36}\]: Access denied/)
    await users.allow('carol', [allowAll])
    await vi.waitFor(async () => expect(await login(token)).toBe(''), SOON)
    const again = new SteadyIamClient(iam, caPem, token)
    await again.connect()
    await users.delete('carol', carol)
    await vi.waitFor(() => expect(again.closed).toBe(true), SOON)
    expect(await login(token)).toMatch(/Access denied/)
  }, 60_000)

  it('a session counts at once, for what its role and session policy both allow', async () => {
    await createTopic('by-role')
    const session = await users.assumeRole('writer', [allowAll], [connect, writeTo('by-role')])
    const producer = kafkaOf(() => bearerToken(session)).producer()
    await producer.connect()
    await producer.send({ topic: 'by-role', messages: [{ value: 'one' }] })
    await expect(producer.send({ topic: 'rides', messages: [{ value: 'one' }] })).rejects.toMatchObject(refusedTopic)
    await producer.disconnect()
    expect(await login(() => bearerToken({ ...session, sessionToken: 'another' }))).toMatch(/Access denied/)
  }, 60_000)

  it('a user of another account comes in by the cluster policy, as far as that goes, and goes with it', async () => {
    await createTopic('shared')
    const account = '111122223333'
    const others = new IamUsers(millrace, { accessKeyId: account, secretAccessKey: 'test' })
    const key = await others.create('visitor', [allowAll])
    const token = (): Promise<string> => bearerToken(key)
    expect(await login(token)).toMatch(/Access denied/)
    const api = new KafkaClient({ endpoint: millrace.endpoint, region: 'us-east-1', credentials: rootKey })
    const policy = {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: account },
          Action: ['kafka-cluster:Connect', 'kafka-cluster:DescribeTopic', 'kafka-cluster:WriteData'],
          Resource: [clusterArn, topicArn('shared')],
        },
      ],
    }
    await api.send(new PutClusterPolicyCommand({ ClusterArn: clusterArn, Policy: JSON.stringify(policy) }))
    await vi.waitFor(async () => expect(await login(token)).toBe(''), SOON)
    const producer = kafkaOf(token).producer()
    await producer.connect()
    await producer.send({ topic: 'shared', messages: [{ value: 'one' }] })
    await expect(producer.send({ topic: 'rides', messages: [{ value: 'one' }] })).rejects.toMatchObject(refusedTopic)
    await producer.disconnect()
    const client = new SteadyIamClient(iam, caPem, token)
    await client.connect()
    await api.send(new DeleteClusterPolicyCommand({ ClusterArn: clusterArn }))
    await vi.waitFor(() => expect(client.closed).toBe(true), SOON)
  }, 60_000)

  it('a user of another account whom the cluster policy names is not who is later called the same', async () => {
    const account = '111122223333'
    const others = new IamUsers(millrace, { accessKeyId: account, secretAccessKey: 'test' })
    const first = await others.create('guest', [allowAll])
    const api = new KafkaClient({ endpoint: millrace.endpoint, region: 'us-east-1', credentials: rootKey })
    const named = `arn:aws:iam::${account}:user/guest`
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: { AWS: named }, Action: 'kafka-cluster:Connect', Resource: clusterArn },
      ],
    })
    const put = new PutClusterPolicyCommand({ ClusterArn: clusterArn, Policy })
    await api.send(put)
    await vi.waitFor(async () => expect(await login(() => bearerToken(first))).toBe(''), SOON)
    await others.delete('guest', first)
    const second = await others.create('guest', [allowAll])
    expect(await login(() => bearerToken(second))).toMatch(/Access denied/)
    const told = await api.send(new GetClusterPolicyCommand({ ClusterArn: clusterArn }))
    expect(told.Policy).toMatch(/"Principal":\{"AWS":"AIDA[A-Z0-9]{17}"\}/)
    await api.send(put)
    await vi.waitFor(async () => expect(await login(() => bearerToken(second))).toBe(''), SOON)
    await api.send(new DeleteClusterPolicyCommand({ ClusterArn: clusterArn }))
  }, 60_000)

  it('nobody gets in with a token that is expired, changed, or for another host, region, service or key', async () => {
    const changed = async (change: (url: string) => string, region?: string): Promise<string> =>
      Buffer.from(change(Buffer.from(await bearerToken(rootKey, region), 'base64url').toString())).toString('base64url')
    const same = (url: string): string => url
    const bad: Readonly<Record<string, () => Promise<string>>> = {
      tampered: () => changed((url) => url.replace('X-Amz-Expires=900', 'X-Amz-Expires=899')),
      host: () => changed((url) => url.replace('kafka.us-east-1', 'kafka.us-east-2')),
      region: () => changed(same, 'eu-west-1'),
      service: () => changed((url) => url.replace('kafka-cluster%2Faws4', 'kafka%2Faws4')),
      expired: () => changed((url) => url.replace(/X-Amz-Date=\d{8}/, 'X-Amz-Date=20200101')),
      key: () => bearerToken({ ...rootKey, secretAccessKey: 'guessed' }),
      unknown: () => bearerToken({ ...rootKey, accessKeyId: 'AKIANOBODYHASTHIS' }),
      garbage: async () => 'x'.repeat(5_000),
      oversized: async () => 'x'.repeat(100_000),
    }
    for (const [name, token] of Object.entries(bad)) {
      expect([name, await login(token)]).toEqual([name, expect.stringMatching(/\[[0-9a-f-]{36}\]: Access denied/)])
    }
  }, 60_000)
})

const tool = (key: AccessKey, main: string, args: readonly string[], input?: string): Promise<RunResult> =>
  javaByIam({ millrace, key, release, main, args, input })

describe.skipIf(java === null)('Java with aws-msk-iam-auth', () => {
  it('creates, describes, writes and reads with the client.properties of the AWS documentation', async () => {
    const file = join(scratch, 'client.properties')
    writeFileSync(file, IAM_CLIENT_PROPERTIES)
    const dave = await users.create('dave', [allowAll])
    const topics = 'org.apache.kafka.tools.TopicCommand'
    const of = ['--bootstrap-server', iam, '--topic', 'from-java']
    const shape = ['--partitions', '2', '--replication-factor', '3']
    expect(await tool(dave, topics, [...of, '--command-config', file, '--create', ...shape])).toMatchObject({
      status: 0,
    })
    const described = await tool(dave, topics, [...of, '--command-config', file, '--describe'])
    expect(described.stdout).toMatch(/PartitionCount: 2\s+ReplicationFactor: 3/)
    const producer = 'org.apache.kafka.tools.ConsoleProducer'
    const produced = await tool(dave, producer, [...of, '--producer.config', file], 'one\ntwo\nthree\n')
    expect(produced).toMatchObject({ status: 0 })
    const consumer = 'org.apache.kafka.tools.consumer.ConsoleConsumer'
    const wanted = ['--from-beginning', '--max-messages', '3', '--timeout-ms', '30000']
    const consumed = await tool(dave, consumer, [...of, '--consumer.config', file, ...wanted])
    expect(consumed.stdout.trim().split('\n').toSorted()).toEqual(['one', 'three', 'two'])
  }, 180_000)

  it.runIf(full)(
    'is refused with another secret, and works with what `millrace properties` prints',
    async () => {
      const file = join(scratch, 'printed.properties')
      writeFileSync(file, (await millrace.cli('properties', 'guarded', '--auth', 'iam')).stdout)
      const args = ['--bootstrap-server', iam, '--list', '--command-config', file]
      const topics = 'org.apache.kafka.tools.TopicCommand'
      expect(await tool(rootKey, topics, args)).toMatchObject({ status: 0 })
      const refused = await tool({ ...rootKey, secretAccessKey: 'guessed' }, topics, args)
      expect(refused.stdout + refused.stderr).toMatch(/\[[0-9a-f-]{36}\]: Access denied/)
    },
    180_000,
  )
})

describe.skipIf(python === null)('Python with the signer of AWS', () => {
  const write = async (key: AccessKey, program: string): Promise<RunResult> => {
    const path = join(scratch, 'client.py')
    writeFileSync(path, program)
    const variables = JSON.parse((await millrace.cli('env', '--json')).stdout) as Record<string, string>
    return runOk(python ?? '', [path], {
      environment: { ...variables, AWS_ACCESS_KEY_ID: key.accessKeyId, AWS_SECRET_ACCESS_KEY: key.secretAccessKey },
    })
  }

  it('kafka-python works with what `millrace properties` prints, confluent-kafka with a callback', async () => {
    const erin = await users.create('erin', [allowAll])
    const printed = (await millrace.cli('properties', 'guarded', '--auth', 'iam', '--for', 'python')).stdout
    const ours = `${printed}
from kafka import KafkaConsumer, KafkaProducer
producer = KafkaProducer(**config)
producer.send("from-python", b"one").get(30)
consumer = KafkaConsumer("from-python", auto_offset_reset="earliest", consumer_timeout_ms=20000, **config)
print(next(iter(consumer)).value.decode())
`
    await createTopic('from-python')
    expect((await write(erin, ours)).stdout.trim()).toBe('one')
    const confluent = `
from aws_msk_iam_sasl_signer import MSKAuthTokenProvider
from confluent_kafka import Producer
def token(_config):
    value, expires_ms = MSKAuthTokenProvider.generate_auth_token("us-east-1")
    return value, expires_ms / 1000
told = []
producer = Producer({"bootstrap.servers": ${JSON.stringify(iam)}, "security.protocol": "SASL_SSL",
    "sasl.mechanisms": "OAUTHBEARER", "oauth_cb": token, "ssl.ca.pem": ${JSON.stringify(caPem)}})
producer.produce("from-python", b"two", on_delivery=lambda error, _message: told.append(error))
producer.flush(30)
print(told)
`
    expect((await write(erin, confluent)).stdout.trim()).toBe('[None]')
  }, 120_000)
})

describe.skipIf(kcat === null || gcc === null)('kcat with a token of the signer of AWS', () => {
  it('writes and reads, and may nothing that the policy does not allow', async () => {
    const plugin = join(scratch, 'bearer-token.so')
    const source = fileURLToPath(new URL('judges/bearer_token_plugin.c', import.meta.url))
    await runOk(gcc ?? '', ['-shared', '-fPIC', '-Wall', '-Werror', '-o', plugin, source])
    writeFileSync(join(scratch, 'ca.pem'), caPem)
    const settings = [
      `plugin.library.paths=${plugin}`,
      'security.protocol=SASL_SSL',
      'sasl.mechanisms=OAUTHBEARER',
      `ssl.ca.location=${join(scratch, 'ca.pem')}`,
    ].flatMap((setting) => ['-X', setting])
    const kcatAs = async (key: AccessKey, args: readonly string[], input = ''): Promise<RunResult> => {
      const environment = { MILLRACE_BEARER_TOKEN: await bearerToken(key) }
      return run('kcat', ['-b', iam, ...settings, ...args], { environment, input, timeoutMs: 30_000 })
    }
    await createTopic('from-kcat')
    const grace = await users.create('grace', [allowAll])
    const written = await kcatAs(grace, ['-P', '-t', 'from-kcat'], 'one\ntwo\n')
    expect(written.status, written.stderr).toBe(0)
    const read = await kcatAs(grace, ['-C', '-t', 'from-kcat', '-o', 'beginning', '-e', '-q'])
    expect(read.stdout.trimEnd().split('\n'), read.stderr).toEqual(['one', 'two'])
    const heidi = await users.create('heidi', [connect])
    const refused = await kcatAs(heidi, ['-P', '-t', 'from-kcat'], 'three\n')
    expect(refused.status).not.toBe(0)
    expect(refused.stderr).toContain('Topic authorization failed')
    const stranger = { ...grace, secretAccessKey: heidi.secretAccessKey }
    const unknown = await kcatAs(stranger, ['-L', '-m', '5'])
    expect(unknown.status).not.toBe(0)
    expect(unknown.stderr).toMatch(/SASL authentication error|Failed to acquire metadata/)
  }, 120_000)
})

describe('while the control plane is away', () => {
  it('known principals connect, log in again and write; none sees a fatal error, and an unknown key is sent away', async () => {
    await createTopic('steady')
    const frank = await users.create('frank', [allowAll])
    const token = (): Promise<string> => bearerToken(frank)
    const steady = new SteadyIamClient(iam, caPem, token)
    await steady.connect()
    const producer = kafkaOf(token).producer()
    await producer.connect()
    await producer.send({ topic: 'steady', messages: [{ value: 'before' }] })
    const gone = new Promise((resolve) => millrace.process.once('exit', resolve))
    millrace.process.kill('SIGKILL')
    await gone
    const untilMs = Date.now() + AWAY_MS
    let written = 1
    while (Date.now() < untilMs) {
      await producer.send({ topic: 'steady', messages: [{ value: 'while away' }] })
      written++
      expect(await login(token)).toBe('')
      // A client may not log in again within a second (KIP-368).
      await new Promise((resolve) => setTimeout(resolve, 1_100))
      expect(await steady.authenticate()).toBeGreaterThan(0)
    }
    const unknown = await login(() => bearerToken({ ...rootKey, accessKeyId: 'AKIANOBODYHASTHIS' }))
    expect(unknown).toMatch(/Closed connection/)
    const dataDirectory = millrace.dataDirectory
    millrace = await startMillraceProcess({ dataDirectory })
    users = new IamUsers(millrace)
    await producer.send({ topic: 'steady', messages: [{ value: 'after' }] })
    expect(await login(token)).toBe('')
    expect(steady.closed).toBe(false)
    await users.delete('frank', frank)
    await vi.waitFor(() => expect(steady.closed).toBe(true), { timeout: 10_000, interval: 50 })
    await producer.disconnect()
    const admin = kafkaOf(() => bearerToken(rootKey)).admin()
    await admin.connect()
    expect((await admin.fetchTopicOffsets('steady'))[0]?.high).toBe(String(written + 1))
    await admin.disconnect()
  }, 180_000)
})
