/** IAM access control as strangers see it: AWS's own libraries log in on 9098, and nobody else does. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KafkaApi } from 'millrace/aws-client'
import { untilActive } from 'millrace/demo'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bearerToken, iamKafka, rootKey, type AccessKey } from './harness/iam.ts'
import { judge, kafkaJavaArgs, kafkaReleases, mskIamAuthClassPath } from './harness/judges.ts'
import { startMillraceProcess, threeBrokers, type MillraceProcess } from './harness/millrace.ts'
import { run, type RunResult } from './harness/run.ts'

const java = judge('msk-iam-auth')
const release = kafkaReleases.at(-1) ?? ''

let millrace: MillraceProcess
let scratch: string
let clusterArn: string
let iam: string
let caPem: string

beforeAll(async () => {
  millrace = await startMillraceProcess()
  scratch = mkdtempSync(join(tmpdir(), 'millrace-iam-'))
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

describe('kafkajs with the signer of AWS', () => {
  it('writes and reads as root', async () => {
    for (const key of [rootKey]) {
      const kafka = iamKafka({ brokers: iam, caPem, token: () => bearerToken(key) })
      const admin = kafka.admin()
      await admin.connect()
      const topic = `rides-of-${key.accessKeyId}`
      await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true })
      const producer = kafka.producer()
      await producer.connect()
      await producer.send({ topic, messages: [{ value: 'one' }] })
      await producer.disconnect()
      expect((await admin.fetchTopicOffsets(topic))[0]?.high).toBe('1')
      await admin.disconnect()
    }
  })
})

describe.skipIf(java === null)('Java with aws-msk-iam-auth', () => {
  const tool = async (key: AccessKey, main: string, args: readonly string[], input = ''): Promise<RunResult> => {
    const variables = JSON.parse((await millrace.cli('env', '--json')).stdout) as Record<string, string>
    const [xmx = '', ...rest] = kafkaJavaArgs(release, [main, ...args])
    const classPath = rest.indexOf('-cp') + 1
    rest[classPath] = `${rest[classPath] ?? ''}:${mskIamAuthClassPath()}`
    return run('java', [xmx, ...(variables['KAFKA_OPTS'] ?? '').split(' '), ...rest], {
      input,
      environment: {
        ...variables,
        AWS_ACCESS_KEY_ID: key.accessKeyId,
        AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
      },
    })
  }

  it('creates, describes, writes and reads with the client.properties of the AWS documentation', async () => {
    const file = join(scratch, 'client.properties')
    writeFileSync(
      file,
      [
        'security.protocol=SASL_SSL',
        'sasl.mechanism=AWS_MSK_IAM',
        'sasl.jaas.config=software.amazon.msk.auth.iam.IAMLoginModule required;',
        'sasl.client.callback.handler.class=software.amazon.msk.auth.iam.IAMClientCallbackHandler',
        '',
      ].join('\n'),
    )
    const topics = 'org.apache.kafka.tools.TopicCommand'
    const common = ['--bootstrap-server', iam, '--command-config', file, '--topic', 'from-java']
    const created = await tool(rootKey, topics, [
      ...common,
      '--create',
      '--partitions',
      '2',
      '--replication-factor',
      '3',
    ])
    expect(created).toMatchObject({ status: 0 })
  }, 120_000)
})
