/** The stock AWS CLI walks a cluster through its life, and is told AWS's errors with the field named. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateClusterV2Command, DescribeClusterV2Command, KafkaClient } from '@aws-sdk/client-kafka'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AdminClient } from '@millrace/client/admin'
import { createNodeHost } from '@millrace/host/node-host'
import { judge } from './harness/judges.ts'
import {
  awsKafka,
  awsKafkaRefused,
  startMillraceProcess,
  threeBrokers,
  type MillraceProcess,
} from './harness/millrace.ts'
import { run, runOk } from './harness/run.ts'

const aws = judge('aws')

describe.skipIf(aws === null)('the AWS CLI', () => {
  let millrace: MillraceProcess
  let cluster: { readonly clusterArn: string; readonly bootstrap: string }

  beforeAll(async () => {
    millrace = await startMillraceProcess({ args: ['--ephemeral'] })
    const created = await awsKafka(
      millrace,
      'create-cluster-v2',
      '--cluster-name',
      'orders',
      '--provisioned',
      JSON.stringify(threeBrokers),
    )
    const clusterArn = String(created['ClusterArn'])
    await active(millrace, clusterArn)
    const brokers = await awsKafka(millrace, 'get-bootstrap-brokers', '--cluster-arn', clusterArn)
    cluster = { clusterArn, bootstrap: String(brokers['BootstrapBrokerString']) }
  })
  afterAll(async () => millrace?.stop())

  it('knows who it is', async () => {
    const { stdout } = await runOk('aws', ['sts', 'get-caller-identity'], { environment: millrace.environment })
    expect(JSON.parse(stdout)).toMatchObject({ Account: '000000000000', Arn: 'arn:aws:iam::000000000000:root' })
  })

  it('gets three plaintext bootstrap brokers and no TLS string', async () => {
    const brokers = await awsKafka(millrace, 'get-bootstrap-brokers', '--cluster-arn', cluster.clusterArn)
    expect(String(brokers['BootstrapBrokerString']).split(',')).toHaveLength(3)
    expect(String(brokers['BootstrapBrokerStringTls']).split(',')).toHaveLength(3)
  })

  it('lists a broker node in each of three subnets', async () => {
    const nodes = await awsKafka(millrace, 'list-nodes', '--cluster-arn', cluster.clusterArn)
    const brokers = (nodes['NodeInfoList'] as { BrokerNodeInfo?: { ClientSubnet: string } }[]).filter(
      (node) => node.BrokerNodeInfo !== undefined,
    )
    expect(new Set(brokers.map((node) => node.BrokerNodeInfo?.ClientSubnet)).size).toBe(3)
  })

  it('finds provisioned clusters and no serverless ones', async () => {
    const provisioned = await awsKafka(millrace, 'list-clusters-v2', '--cluster-type-filter', 'PROVISIONED')
    expect((provisioned['ClusterInfoList'] as { ClusterName: string }[]).map((one) => one.ClusterName)).toContain(
      'orders',
    )
    const serverless = await awsKafka(millrace, 'list-clusters-v2', '--cluster-type-filter', 'SERVERLESS')
    expect(serverless['ClusterInfoList']).toEqual([])
  })

  it('changes the configuration that brokers really run with', async () => {
    const properties = join(mkdtempSync(join(tmpdir(), 'millrace-properties-')), 'server.properties')
    writeFileSync(properties, 'auto.create.topics.enable=true\nlog.retention.hours=7\nnum.partitions=4\n')
    const created = await awsKafka(
      millrace,
      'create-configuration',
      '--name',
      'short',
      '--server-properties',
      `fileb://${properties}`,
    )
    const before = await awsKafka(millrace, 'describe-cluster-v2', '--cluster-arn', cluster.clusterArn)
    const { CurrentVersion } = before['ClusterInfo'] as { CurrentVersion: string }
    await awsKafka(
      millrace,
      'update-cluster-configuration',
      '--cluster-arn',
      cluster.clusterArn,
      '--current-version',
      CurrentVersion,
      '--configuration-info',
      JSON.stringify({ Arn: created['Arn'], Revision: 1 }),
    )
    await active(millrace, cluster.clusterArn)
    const admin = new AdminClient({ host: createNodeHost(), bootstrap: cluster.bootstrap, clientId: 'conformance' })
    try {
      for (const brokerId of [1, 2, 3]) {
        const [described] = await admin.describeConfigs([{ type: 'broker', name: String(brokerId) }])
        const values = new Map(described?.entries.map((config) => [config.name, config.value]))
        expect(values.get('log.retention.hours')).toBe('7')
        expect(values.get('num.partitions')).toBe('4')
      }
    } finally {
      admin.close()
    }
    const stale = await awsKafkaRefused(
      millrace,
      'update-cluster-configuration',
      '--cluster-arn',
      cluster.clusterArn,
      '--current-version',
      CurrentVersion,
      '--configuration-info',
      JSON.stringify({ Arn: created['Arn'], Revision: 1 }),
    )
    expect(stale).toContain('BadRequestException')
  })

  it('creates, describes and deletes a topic by the Topics API', async () => {
    await awsKafka(
      millrace,
      'create-topic',
      '--cluster-arn',
      cluster.clusterArn,
      '--topic-name',
      'by-aws',
      '--partition-count',
      '6',
      '--replication-factor',
      '3',
    )
    const topic = await awsKafka(
      millrace,
      'describe-topic',
      '--cluster-arn',
      cluster.clusterArn,
      '--topic-name',
      'by-aws',
    )
    expect(topic).toMatchObject({ TopicName: 'by-aws', PartitionCount: 6, ReplicationFactor: 3 })
    await awsKafka(millrace, 'delete-topic', '--cluster-arn', cluster.clusterArn, '--topic-name', 'by-aws')
  })

  it('is refused with a wrong secret key', async () => {
    const refused = await run('aws', ['kafka', 'list-clusters-v2'], {
      environment: { ...millrace.environment, AWS_SECRET_ACCESS_KEY: 'wrong' },
    })
    expect(refused.status).not.toBe(0)
    expect(refused.stderr).toMatch(/InvalidSignatureException|SignatureDoesNotMatch/)
  })

  it('is told which field is wrong', async () => {
    const four = await awsKafkaRefused(
      millrace,
      'create-cluster-v2',
      '--cluster-name',
      'four',
      '--provisioned',
      JSON.stringify({ ...threeBrokers, NumberOfBrokerNodes: 4 }),
    )
    expect(four).toContain('BadRequestException')
    const badArn = await awsKafkaRefused(
      millrace,
      'describe-cluster-v2',
      '--cluster-arn',
      'arn:aws:kafka:us-east-1:000000000000:nonsense',
    )
    expect(badArn).toContain('BadRequestException')
    // The CLI leaves the field out of its sentence; the SDK has it.
    const client = new KafkaClient({
      endpoint: millrace.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    })
    const refusedFor = async (send: Promise<unknown>): Promise<unknown> =>
      send.then(
        () => null,
        (error: { invalidParameter?: string; InvalidParameter?: string }) =>
          error.InvalidParameter ?? error.invalidParameter,
      )
    const provisioned = (overrides: object): Promise<unknown> =>
      client.send(
        new CreateClusterV2Command({ ClusterName: 'wrong', Provisioned: { ...threeBrokers, ...overrides } as never }),
      )
    expect(await refusedFor(provisioned({ NumberOfBrokerNodes: 4 }))).toBe('provisioned.numberOfBrokerNodes')
    expect(await refusedFor(provisioned({ KafkaVersion: '0.1' }))).toBe('provisioned.kafkaVersion')
    expect(await refusedFor(provisioned({ ClientAuthentication: { Sasl: { Iam: { Enabled: true } } } }))).toBe(
      'provisioned.encryptionInfo.encryptionInTransit',
    )
    expect(
      await refusedFor(
        client.send(
          new CreateClusterV2Command({ ClusterName: 'wrong', Provisioned: { KafkaVersion: '3.9.x' } as never }),
        ),
      ),
    ).toContain('rokerNodeGroupInfo')
    expect(
      await refusedFor(
        client.send(new DescribeClusterV2Command({ ClusterArn: 'arn:aws:kafka:us-east-1:000000000000:nonsense' })),
      ),
    ).toBe('clusterArn')
    client.destroy()
  })

  it('deletes the cluster and finds it gone', async () => {
    await awsKafka(millrace, 'delete-cluster', '--cluster-arn', cluster.clusterArn)
    for (let attempt = 0; attempt < 50; attempt++) {
      const result = await run('aws', ['kafka', 'describe-cluster-v2', '--cluster-arn', cluster.clusterArn], {
        environment: millrace.environment,
      })
      if (result.status !== 0) {
        expect(result.stderr).toContain('NotFoundException')
        return
      }
    }
    throw new Error('the cluster is still there')
  })
})

async function active(millrace: MillraceProcess, clusterArn: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const described = await awsKafka(millrace, 'describe-cluster-v2', '--cluster-arn', clusterArn)
    if ((described['ClusterInfo'] as { State: string }).State === 'ACTIVE') return
  }
  throw new Error('the cluster did not become ACTIVE again')
}
