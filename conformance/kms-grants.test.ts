/**
 * A customer key on a cluster is used under a grant: who creates the cluster needs leave to make it, the key's owner sees it, takes it
 * back, and gives another. By the AWS CLI; kcat is the client whose records have to be there again.
 */
import { CreateClusterV2Command, DescribeClusterV2Command, KafkaClient } from '@aws-sdk/client-kafka'
import { KafkaApi } from 'millrace/aws-client'
import { untilActive } from 'millrace/demo'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { IamUsers, type AccessKey } from './harness/iam.ts'
import { judge } from './harness/judges.ts'
import { startMillraceProcess, threeBrokers, type MillraceProcess } from './harness/millrace.ts'
import { until } from './harness/processes.ts'
import { run, runOk } from './harness/run.ts'

const aws = judge('aws')
const kcat = judge('kcat')
const PATIENCE_MS = 60_000
const GRANTEE = 'kafka.us-east-1.amazonaws.com'

interface Grant {
  readonly GrantId: string
  readonly GranteePrincipal: string
  readonly Operations: readonly string[]
  readonly Constraints?: object
}

let millrace: MillraceProcess
let clusters: KafkaClient
let builder: AccessKey
let users: IamUsers
let keyArn: string
let clusterArn: string

async function kms(...args: string[]): Promise<Readonly<Record<string, unknown>>> {
  const { stdout } = await runOk('aws', ['kms', ...args, '--output', 'json'], { environment: millrace.environment })
  return stdout.trim() === '' ? {} : (JSON.parse(stdout) as Readonly<Record<string, unknown>>)
}
const grants = async (): Promise<readonly Grant[]> =>
  (await kms('list-grants', '--key-id', keyArn))['Grants'] as readonly Grant[]

const create = (credentials: AccessKey) =>
  new KafkaClient({ endpoint: millrace.endpoint, region: 'us-east-1', credentials }).send(
    new CreateClusterV2Command({
      ClusterName: 'sealed',
      Provisioned: {
        ...threeBrokers,
        BrokerNodeGroupInfo: {
          ...threeBrokers.BrokerNodeGroupInfo,
          ClientSubnets: [...threeBrokers.BrokerNodeGroupInfo.ClientSubnets],
        },
        EncryptionInfo: { ...threeBrokers.EncryptionInfo, EncryptionAtRest: { DataVolumeKMSKeyId: keyArn } },
      },
    }),
  )

async function state(): Promise<{ readonly is: string; readonly code: string; readonly message: string }> {
  const { ClusterInfo } = await clusters.send(new DescribeClusterV2Command({ ClusterArn: clusterArn }))
  const { Code: code = '', Message: message = '' } = ClusterInfo?.StateInfo ?? {}
  return { is: ClusterInfo?.State ?? '', code, message }
}

describe.skipIf(aws === null || kcat === null)('a cluster with a customer key', () => {
  beforeAll(async () => {
    millrace = await startMillraceProcess({ args: ['--ephemeral'] })
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
    clusters = new KafkaClient({ endpoint: millrace.endpoint, region: 'us-east-1', credentials })
    users = new IamUsers(millrace)
    builder = await users.create('builder', [{ Effect: 'Allow', Action: 'kafka:*', Resource: '*' }])
    const { KeyMetadata } = await kms('create-key')
    keyArn = (KeyMetadata as { Arn: string }).Arn
  }, 60_000)
  afterAll(() => millrace?.stop())

  it('is made by who may have MSK granted the use of the key, and by nobody else', async () => {
    await expect(create(builder)).rejects.toThrow(/kms:DescribeKey/)
    const kafka = { Effect: 'Allow', Action: 'kafka:*', Resource: '*' } as const
    const look = { Effect: 'Allow', Action: 'kms:DescribeKey', Resource: keyArn } as const
    await users.allow('builder', [kafka, look])
    await expect(create(builder)).rejects.toThrow(/kms:CreateGrant/)
    expect(await grants()).toEqual([])
    // As AWS's own examples have it: by services alone, and for their resources.
    const Condition = {
      Bool: { 'kms:GrantIsForAWSResource': 'true' },
      StringEquals: { 'kms:ViaService': GRANTEE },
    }
    await users.allow('builder', [
      kafka,
      look,
      { Effect: 'Allow', Action: 'kms:CreateGrant', Resource: keyArn, Condition },
    ])
    clusterArn = (await create(builder)).ClusterArn ?? ''
    const own = { ...millrace.environment, AWS_ACCESS_KEY_ID: builder.accessKeyId }
    const environment = { ...own, AWS_SECRET_ACCESS_KEY: builder.secretAccessKey }
    const asked = ['kms', 'create-grant', '--key-id', keyArn, '--grantee-principal', GRANTEE, '--operations', 'Decrypt']
    const direct = await run('aws', asked, { environment })
    expect(direct.stderr).toContain('AccessDenied')
  }, 120_000)

  it('is granted the key for itself alone', async () => {
    expect(await grants()).toMatchObject([
      {
        KeyId: keyArn,
        GranteePrincipal: GRANTEE,
        RetiringPrincipal: GRANTEE,
        Operations: ['DescribeKey', 'GenerateDataKey', 'Decrypt', 'RetireGrant'],
        Constraints: { EncryptionContextSubset: { 'aws:kafka:cluster-arn': clusterArn } },
      },
    ])
    const retirable = await kms('list-retirable-grants', '--retiring-principal', GRANTEE)
    expect(retirable['Grants']).toHaveLength(1)
  }, 60_000)

  it('stands still when the grant is revoked, and has its records again with another', async () => {
    const api = new KafkaApi({
      endpoint: millrace.endpoint,
      region: 'us-east-1',
      accessKeyId: 'test',
      secretAccessKey: 'test',
    })
    await untilActive(api, clusterArn)
    const bootstrap = await api.bootstrapBrokers(clusterArn)
    const shape = ['--partitions', '1', '--replication-factor', '3']
    expect((await millrace.cli('topics', 'create', 'rides', '--cluster', 'sealed', ...shape)).status).toBe(0)
    await runOk('kcat', ['-b', bootstrap, '-P', '-t', 'rides', '-X', 'acks=all'], { input: 'under a grant\n' })
    const [grant] = await grants()
    await kms('revoke-grant', '--key-id', keyArn, '--grant-id', grant?.GrantId ?? '')
    await until(async () => (await state()).is === 'HEALING', 'HEALING', PATIENCE_MS)
    const { code, message } = await state()
    expect(code).toBe('KmsKeyUnavailable')
    expect(message).toContain(`No grant lets Amazon MSK use the KMS key ${keyArn}`)
    await until(
      async () => (await run('kcat', ['-b', bootstrap, '-L', '-m', '1'])).status !== 0,
      'no broker that answers',
      PATIENCE_MS,
    )
    // For another cluster it is of no use.
    const foreign = JSON.stringify({ EncryptionContextSubset: { 'aws:kafka:cluster-arn': `${clusterArn}0` } })
    const asked = ['create-grant', '--key-id', keyArn, '--grantee-principal', GRANTEE]
    const operations = ['--operations', 'DescribeKey', 'GenerateDataKey', 'Decrypt']
    await kms(...asked, ...operations, '--constraints', foreign)
    expect((await state()).is).toBe('HEALING')
    await kms(...asked, ...operations)
    await until(async () => (await state()).is === 'ACTIVE', 'ACTIVE', PATIENCE_MS)
    const read = await runOk('kcat', ['-b', bootstrap, '-C', '-t', 'rides', '-o', 'beginning', '-e', '-q'])
    expect(read.stdout).toBe('under a grant\n')
  }, 240_000)
})

describe.skipIf(aws === null)('a cluster that is deleted', () => {
  it('gives its grant back', async () => {
    const own = await startMillraceProcess({ args: ['--ephemeral'] })
    try {
      millrace = own
      const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
      keyArn = ((await kms('create-key'))['KeyMetadata'] as { Arn: string }).Arn
      const api = new KafkaApi({ endpoint: own.endpoint, region: 'us-east-1', ...credentials })
      clusterArn = (await create(credentials)).ClusterArn ?? ''
      expect(await grants()).toHaveLength(1)
      await untilActive(api, clusterArn)
      await api.deleteCluster(clusterArn)
      await until(async () => (await grants()).length === 0, 'no grant', PATIENCE_MS)
    } finally {
      await own.stop()
    }
  }, 120_000)
})
