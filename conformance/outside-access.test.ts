/**
 * Clients from outside of a cluster's VPC: public access and VPC connections, turned on by the AWS CLI and used by kcat over
 * ports of their own, each behind the rules that hold there.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EC2Client } from '@aws-sdk/client-ec2'
import * as kafka from '@aws-sdk/client-kafka'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judge } from './harness/judges.ts'
import { awsKafka, awsKafkaRefused, startMillraceProcess, type MillraceProcess } from './harness/millrace.ts'
import {
  accessOf,
  createNetwork,
  createOutsideCluster,
  makePublic,
  openPorts,
  type Network,
  type OutsideCluster,
} from './harness/outside-cluster.ts'
import { run, runOk } from './harness/run.ts'
import { createScramUsers } from './harness/scram-users.ts'

const aws = judge('aws')
const kcat = judge('kcat')
const CLIENT_ACCOUNT = '111122223333'
const POLL = { timeout: 20_000, interval: 250 }

let millrace: MillraceProcess
let scratch: string
let cluster: OutsideCluster
let arn: string
let clusters: kafka.KafkaClient

beforeAll(async () => {
  millrace = await startMillraceProcess({ args: ['--ephemeral'] })
  scratch = mkdtempSync(join(tmpdir(), 'millrace-outside-'))
  writeFileSync(join(scratch, 'ca.pem'), (await millrace.cli('ca')).stdout)
  cluster = await createOutsideCluster(millrace, { Sasl: { Scram: { Enabled: true } } })
  ;({ arn, clusters } = cluster)
  await createScramUsers(millrace, arn, [{ username: 'alice', password: 'wonderland' }])
}, 120_000)
afterAll(async () => {
  await millrace?.stop()
  if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true })
})

/** Whether kcat, as the user, gets the metadata of the cluster from there. */
async function kcatBy(bootstrap: string): Promise<'let in' | 'refused'> {
  const login = ['security.protocol=SASL_SSL', 'sasl.mechanism=SCRAM-SHA-512', 'sasl.username=alice']
  const trust = ['sasl.password=wonderland', `ssl.ca.location=${join(scratch, 'ca.pem')}`]
  const options = [...login, ...trust].flatMap((option) => ['-X', option])
  const { stdout } = await run('kcat', ['-b', bootstrap, '-L', '-m', '4', ...options])
  return stdout.includes('3 brokers:') ? 'let in' : 'refused'
}

function update(connectivity: object, currentVersion: string): string[] {
  const said = ['--connectivity-info', JSON.stringify(connectivity), '--current-version', currentVersion]
  return ['update-connectivity', '--cluster-arn', arn, ...said]
}

describe.skipIf(aws === null || kcat === null)('public access', () => {
  const eips = { PublicAccess: { Type: 'SERVICE_PROVIDED_EIPS' } }

  it('is refused while a subnet has no way to the internet, and then turned on as an operation of its own', async () => {
    const version = await cluster.activeVersion()
    expect(await awsKafkaRefused(millrace, ...update(eips, version))).toMatch(/is not public/)
    await makePublic(cluster.networks, cluster.network.vpcId)
    const { ClusterOperationArn } = await awsKafka(millrace, ...update(eips, version))
    await cluster.activeVersion()
    const shown = await clusters.send(
      new kafka.DescribeClusterOperationCommand({ ClusterOperationArn: String(ClusterOperationArn) }),
    )
    expect(shown.ClusterOperationInfo).toMatchObject({
      OperationType: 'UPDATE_CONNECTIVITY',
      OperationState: 'UPDATE_COMPLETE',
    })
  })

  it('serves on ports of its own, where clients of this machine are strangers like any other', async () => {
    const { networks, network } = cluster
    const strings = await awsKafka(millrace, 'get-bootstrap-brokers', '--cluster-arn', arn)
    const [inside, outside] = [
      String(strings['BootstrapBrokerStringSaslScram']),
      String(strings['BootstrapBrokerStringPublicSaslScram']),
    ]
    expect(outside.split(',')).toHaveLength(3)
    await openPorts(networks, network.groupId, [9096, 9096], '10.0.0.0/16')
    await expect.poll(() => kcatBy(inside), POLL).toBe('let in')
    // The same rule for the public port lets nobody in from the internet.
    await openPorts(networks, network.groupId, [9196, 9196], '10.0.0.0/16')
    expect(await kcatBy(outside)).toBe('refused')
    await openPorts(networks, network.groupId, [9196, 9196], '127.0.0.0/8')
    await expect.poll(() => kcatBy(outside), POLL).toBe('let in')
  })

  it('holds on to what it stands on', async () => {
    const version = await cluster.activeVersion()
    const both = { Sasl: { Scram: { Enabled: true } }, Unauthenticated: { Enabled: true } }
    const asked = { ClusterArn: arn, CurrentVersion: version, ClientAuthentication: both }
    await expect(clusters.send(new kafka.UpdateSecurityCommand(asked))).rejects.toThrow('unauthenticated access')
  })
})

describe.skipIf(aws === null || kcat === null)('a VPC connection of another account', () => {
  let client: Network
  let clientNetworks: EC2Client
  let clientClusters: kafka.KafkaClient
  let environment: Readonly<Record<string, string>>
  let connectionArn: string

  beforeAll(() => {
    clientNetworks = new EC2Client(accessOf(millrace, CLIENT_ACCOUNT))
    clientClusters = new kafka.KafkaClient(accessOf(millrace, CLIENT_ACCOUNT))
    environment = { ...millrace.environment, AWS_ACCESS_KEY_ID: CLIENT_ACCOUNT }
  })

  async function asClient(...args: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
    const { stdout } = await runOk('aws', ['kafka', ...args, '--output', 'json'], { environment })
    return stdout.trim() === '' ? {} : (JSON.parse(stdout) as Readonly<Record<string, unknown>>)
  }

  /** What the owner of the cluster sees. */
  async function operationsOf(type: string): Promise<Readonly<Record<string, unknown>>[]> {
    const { ClusterOperationInfoList } = await awsKafka(millrace, 'list-cluster-operations', '--cluster-arn', arn)
    const all = ClusterOperationInfoList as Readonly<Record<string, unknown>>[]
    return all.filter(({ OperationType }) => OperationType === type)
  }

  const make = (): string[] => [
    ...['create-vpc-connection', '--target-cluster-arn', arn, '--authentication', 'SASL_SCRAM'],
    ...['--vpc-id', client.vpcId, '--client-subnets', ...client.subnetIds, '--security-groups', client.groupId],
  ]

  it('is made when the owner has turned it on and its policy allows the account', async () => {
    client = await createNetwork(clientNetworks, '10.9')
    const connectivity = { VpcConnectivity: { ClientAuthentication: { Sasl: { Scram: { Enabled: true } } } } }
    await awsKafka(millrace, ...update(connectivity, await cluster.activeVersion()))
    await cluster.activeVersion()
    const refused = await run('aws', ['kafka', ...make()], { environment })
    expect(refused.status).not.toBe(0)
    expect(refused.stderr).toMatch(/not authorized|AccessDenied|Forbidden/)
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: [CLIENT_ACCOUNT] },
          Action: ['kafka:CreateVpcConnection', 'kafka:GetBootstrapBrokers', 'kafka:DescribeCluster'],
          Resource: arn,
        },
      ],
    })
    await clusters.send(new kafka.PutClusterPolicyCommand({ ClusterArn: arn, Policy }))
    connectionArn = String((await asClient(...make()))['VpcConnectionArn'])
    const described = () => clientClusters.send(new kafka.DescribeVpcConnectionCommand({ Arn: connectionArn }))
    await expect.poll(async () => (await described()).State, POLL).toBe('AVAILABLE')
    const owned = await clusters.send(new kafka.ListClientVpcConnectionsCommand({ ClusterArn: arn }))
    expect(owned.ClientVpcConnections).toMatchObject([{ VpcConnectionArn: connectionArn, Owner: CLIENT_ACCOUNT }])
    const shown = await operationsOf('CREATE_VPC_CONNECTION')
    expect(shown).toMatchObject([
      {
        OperationState: 'UPDATE_COMPLETE',
        VpcConnectionInfo: {
          VpcConnectionArn: connectionArn,
          Owner: CLIENT_ACCOUNT,
          UserIdentity: { Type: 'AWSACCOUNT', PrincipalId: CLIENT_ACCOUNT },
        },
      },
    ])
    const operation = ['--cluster-operation-arn', String(shown[0]?.['OperationArn'])]
    const v2 = await awsKafka(millrace, 'describe-cluster-operation-v2', ...operation)
    expect(v2['ClusterOperationInfo']).toMatchObject({
      OperationType: 'CREATE_VPC_CONNECTION',
      Provisioned: { VpcConnectionInfo: { VpcConnectionArn: connectionArn } },
    })
  })

  it('leads to the brokers as its own groups allow, until the owner rejects it', async () => {
    const strings = await asClient('get-bootstrap-brokers', '--cluster-arn', arn)
    const bootstrap = String(strings['BootstrapBrokerStringVpcConnectivitySaslScram'])
    expect(bootstrap.split(',')).toHaveLength(3)
    expect(await kcatBy(bootstrap)).toBe('refused')
    await openPorts(clientNetworks, client.groupId, [14_001, 14_100], '10.9.0.0/16')
    await expect.poll(() => kcatBy(bootstrap), POLL).toBe('let in')
    const rejected = ['--cluster-arn', arn, '--vpc-connection-arn', connectionArn]
    await awsKafka(millrace, 'reject-client-vpc-connection', ...rejected)
    await expect.poll(() => kcatBy(bootstrap), POLL).toBe('refused')
    const described = await clientClusters.send(new kafka.DescribeVpcConnectionCommand({ Arn: connectionArn }))
    expect(described.State).toBe('REJECTED')
    expect(await asClient('delete-vpc-connection', '--arn', connectionArn)).toMatchObject({ State: 'DELETING' })
    const listed = () => clientClusters.send(new kafka.ListVpcConnectionsCommand({}))
    await expect.poll(async () => (await listed()).VpcConnections, POLL).toEqual([])
    expect(await operationsOf('DELETE_VPC_CONNECTION')).toMatchObject([{ OperationState: 'UPDATE_COMPLETE' }])
  })
})
