/**
 * Clients from outside of a cluster's VPC: public access and VPC connections, turned on by the AWS CLI and used by kcat over
 * ports of their own, each behind the rules that hold there.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as ec2 from '@aws-sdk/client-ec2'
import * as kafka from '@aws-sdk/client-kafka'
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { KafkaApi } from 'millrace/aws-client'
import { untilActive } from 'millrace/demo'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judge } from './harness/judges.ts'
import { awsKafka, awsKafkaRefused, startMillraceProcess, type MillraceProcess } from './harness/millrace.ts'
import { run, runOk } from './harness/run.ts'

const aws = judge('aws')
const kcat = judge('kcat')
const CLIENT_ACCOUNT = '111122223333'
const ZONES = ['us-east-1a', 'us-east-1b', 'us-east-1d']
const POLL = { timeout: 20_000, interval: 250 }

interface Network {
  readonly vpcId: string
  readonly subnetIds: string[]
  readonly groupId: string
}

let millrace: MillraceProcess
let scratch: string
let owner: Network
let arn: string
let networks: ec2.EC2Client
let clusters: kafka.KafkaClient

const settings = (accountId = 'test') => ({
  endpoint: millrace.endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: accountId, secretAccessKey: 'test' },
})

async function network(client: ec2.EC2Client, block: string): Promise<Network> {
  const { Vpc } = await client.send(new ec2.CreateVpcCommand({ CidrBlock: `${block}.0.0/16` }))
  const VpcId = Vpc?.VpcId ?? ''
  const subnetIds: string[] = []
  for (const [index, AvailabilityZone] of ZONES.entries()) {
    const wanted = { VpcId, AvailabilityZone, CidrBlock: `${block}.${index}.0/24` }
    subnetIds.push((await client.send(new ec2.CreateSubnetCommand(wanted))).Subnet?.SubnetId ?? '')
  }
  const { GroupId = '' } = await client.send(
    new ec2.CreateSecurityGroupCommand({ GroupName: 'kafka', Description: 'kafka', VpcId }),
  )
  return { vpcId: VpcId, subnetIds, groupId: GroupId }
}

/** The cluster's version when nothing is under way. */
async function activeVersion(): Promise<string> {
  const access = { endpoint: millrace.endpoint, region: 'us-east-1' }
  await untilActive(new KafkaApi({ ...access, accessKeyId: 'test', secretAccessKey: 'test' }), arn)
  const { ClusterInfo } = await clusters.send(new kafka.DescribeClusterV2Command({ ClusterArn: arn }))
  return ClusterInfo?.CurrentVersion ?? ''
}

/** A user that logs in by SCRAM, as MSK's users make one. */
async function makeUser(): Promise<void> {
  const { KeyMetadata } = await new KMSClient(settings()).send(new CreateKeyCommand({}))
  const { ARN = '' } = await new SecretsManagerClient(settings()).send(
    new CreateSecretCommand({
      Name: 'AmazonMSK_alice',
      SecretString: JSON.stringify({ username: 'alice', password: 'wonderland' }),
      KmsKeyId: KeyMetadata?.KeyId,
    }),
  )
  const associated = await clusters.send(
    new kafka.BatchAssociateScramSecretCommand({ ClusterArn: arn, SecretArnList: [ARN] }),
  )
  expect(associated.UnprocessedScramSecrets ?? []).toEqual([])
}

beforeAll(async () => {
  millrace = await startMillraceProcess({ args: ['--ephemeral'] })
  scratch = mkdtempSync(join(tmpdir(), 'millrace-outside-'))
  writeFileSync(join(scratch, 'ca.pem'), (await millrace.cli('ca')).stdout)
  networks = new ec2.EC2Client(settings())
  clusters = new kafka.KafkaClient(settings())
  owner = await network(networks, '10.0')
  const { Arn } = await clusters.send(
    new kafka.CreateConfigurationCommand({
      Name: 'acls',
      ServerProperties: Buffer.from('allow.everyone.if.no.acl.found=false'),
    }),
  )
  const created = await clusters.send(
    new kafka.CreateClusterV2Command({
      ClusterName: 'outside',
      Provisioned: {
        BrokerNodeGroupInfo: {
          InstanceType: 'kafka.m5.large',
          ClientSubnets: owner.subnetIds,
          SecurityGroups: [owner.groupId],
        },
        KafkaVersion: '3.9.x',
        NumberOfBrokerNodes: 3,
        EncryptionInfo: { EncryptionInTransit: { ClientBroker: 'TLS', InCluster: true } },
        ClientAuthentication: { Sasl: { Scram: { Enabled: true } } },
        ConfigurationInfo: { Arn, Revision: 1 },
      },
    }),
  )
  arn = created.ClusterArn ?? ''
  await activeVersion()
  await makeUser()
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

function open(client: ec2.EC2Client, GroupId: string, ports: readonly [number, number], CidrIp: string) {
  const IpPermissions = [{ IpProtocol: 'tcp', FromPort: ports[0], ToPort: ports[1], IpRanges: [{ CidrIp }] }]
  return client.send(new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }))
}

describe.skipIf(aws === null || kcat === null)('public access', () => {
  const eips = { PublicAccess: { Type: 'SERVICE_PROVIDED_EIPS' } }

  it('is refused while a subnet has no way to the internet, and then turned on as an operation of its own', async () => {
    const version = await activeVersion()
    expect(await awsKafkaRefused(millrace, ...update(eips, version))).toMatch(/is not public/)
    const { InternetGateway } = await networks.send(new ec2.CreateInternetGatewayCommand({}))
    const InternetGatewayId = InternetGateway?.InternetGatewayId ?? ''
    await networks.send(new ec2.AttachInternetGatewayCommand({ InternetGatewayId, VpcId: owner.vpcId }))
    const Filters = [{ Name: 'vpc-id', Values: [owner.vpcId] }]
    const { RouteTables } = await networks.send(new ec2.DescribeRouteTablesCommand({ Filters }))
    const RouteTableId = RouteTables?.[0]?.RouteTableId
    const route = { RouteTableId, DestinationCidrBlock: '0.0.0.0/0', GatewayId: InternetGatewayId }
    await networks.send(new ec2.CreateRouteCommand(route))
    const { ClusterOperationArn } = await awsKafka(millrace, ...update(eips, version))
    await activeVersion()
    const shown = await clusters.send(
      new kafka.DescribeClusterOperationCommand({ ClusterOperationArn: String(ClusterOperationArn) }),
    )
    expect(shown.ClusterOperationInfo).toMatchObject({
      OperationType: 'UPDATE_CONNECTIVITY',
      OperationState: 'UPDATE_COMPLETE',
    })
  })

  it('serves on ports of its own, where clients of this machine are strangers like any other', async () => {
    const strings = await awsKafka(millrace, 'get-bootstrap-brokers', '--cluster-arn', arn)
    const [inside, outside] = [
      String(strings['BootstrapBrokerStringSaslScram']),
      String(strings['BootstrapBrokerStringPublicSaslScram']),
    ]
    expect(outside.split(',')).toHaveLength(3)
    await open(networks, owner.groupId, [9096, 9096], '10.0.0.0/16')
    await expect.poll(() => kcatBy(inside), POLL).toBe('let in')
    // The same rule for the public port lets nobody in from the internet.
    await open(networks, owner.groupId, [9196, 9196], '10.0.0.0/16')
    expect(await kcatBy(outside)).toBe('refused')
    await open(networks, owner.groupId, [9196, 9196], '127.0.0.0/8')
    await expect.poll(() => kcatBy(outside), POLL).toBe('let in')
  })

  it('holds on to what it stands on', async () => {
    const version = await activeVersion()
    const both = { Sasl: { Scram: { Enabled: true } }, Unauthenticated: { Enabled: true } }
    const asked = { ClusterArn: arn, CurrentVersion: version, ClientAuthentication: both }
    await expect(clusters.send(new kafka.UpdateSecurityCommand(asked))).rejects.toThrow('unauthenticated access')
  })
})

describe.skipIf(aws === null || kcat === null)('a VPC connection of another account', () => {
  let client: Network
  let clientNetworks: ec2.EC2Client
  let clientClusters: kafka.KafkaClient
  let environment: Readonly<Record<string, string>>
  let connectionArn: string

  beforeAll(() => {
    clientNetworks = new ec2.EC2Client(settings(CLIENT_ACCOUNT))
    clientClusters = new kafka.KafkaClient(settings(CLIENT_ACCOUNT))
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
    client = await network(clientNetworks, '10.9')
    const connectivity = { VpcConnectivity: { ClientAuthentication: { Sasl: { Scram: { Enabled: true } } } } }
    await awsKafka(millrace, ...update(connectivity, await activeVersion()))
    await activeVersion()
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
    await open(clientNetworks, client.groupId, [14_001, 14_100], '10.9.0.0/16')
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
