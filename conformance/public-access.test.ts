/** What public access stands on, rule by rule, as the AWS CLI is told of it; and how it is turned on once all of them hold. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as ec2 from '@aws-sdk/client-ec2'
import { KafkaApi } from 'millrace/aws-client'
import { untilActive } from 'millrace/demo'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judge } from './harness/judges.ts'
import { awsKafka, awsKafkaRefused, startMillraceProcess, type MillraceProcess } from './harness/millrace.ts'

const aws = judge('aws')
const EIPS = { PublicAccess: { Type: 'SERVICE_PROVIDED_EIPS' } }

let millrace: MillraceProcess
let scratch: string
let networks: ec2.EC2Client
let vpcId: string
let subnetIds: string[]
let api: KafkaApi

interface Wanted {
  readonly ClientAuthentication: object
  readonly ClientBroker: string
  readonly KafkaVersion?: string
  readonly OpenMonitoring?: object
  readonly ConnectivityInfo?: object
}

function create(name: string, wanted: Wanted): string[] {
  const { ClientBroker, KafkaVersion = '3.9.x', ConnectivityInfo, ...rest } = wanted
  const provisioned = {
    BrokerNodeGroupInfo: { InstanceType: 'kafka.m5.large', ClientSubnets: subnetIds, ConnectivityInfo },
    KafkaVersion,
    NumberOfBrokerNodes: 2,
    EncryptionInfo: { EncryptionInTransit: { ClientBroker, InCluster: true } },
    ...rest,
  }
  return ['create-cluster-v2', '--cluster-name', name, '--provisioned', JSON.stringify(provisioned)]
}

const arnOf = async (name: string, wanted: Wanted): Promise<string> =>
  String((await awsKafka(millrace, ...create(name, wanted)))['ClusterArn'])

/** When nothing is under way. */
async function named(arn: string): Promise<string[]> {
  await untilActive(api, arn)
  const { ClusterInfo } = await awsKafka(millrace, 'describe-cluster', '--cluster-arn', arn)
  const { CurrentVersion } = ClusterInfo as { CurrentVersion: string }
  return ['--cluster-arn', arn, '--current-version', CurrentVersion]
}

const turnOn = async (arn: string, connectivity: object = EIPS): Promise<string[]> => [
  ...['update-connectivity', ...(await named(arn))],
  ...['--connectivity-info', JSON.stringify(connectivity)],
]
const refusal = async (arn: string, connectivity?: object): Promise<string> =>
  awsKafkaRefused(millrace, ...(await turnOn(arn, connectivity)))

async function makeSubnetsPublic(): Promise<void> {
  const { InternetGateway } = await networks.send(new ec2.CreateInternetGatewayCommand({}))
  const GatewayId = InternetGateway?.InternetGatewayId ?? ''
  await networks.send(new ec2.AttachInternetGatewayCommand({ InternetGatewayId: GatewayId, VpcId: vpcId }))
  const Filters = [{ Name: 'vpc-id', Values: [vpcId] }]
  const { RouteTables } = await networks.send(new ec2.DescribeRouteTablesCommand({ Filters }))
  const RouteTableId = RouteTables?.[0]?.RouteTableId
  await networks.send(new ec2.CreateRouteCommand({ RouteTableId, DestinationCidrBlock: '0.0.0.0/0', GatewayId }))
}

describe.skipIf(aws === null)('public access', () => {
  beforeAll(async () => {
    millrace = await startMillraceProcess({ args: ['--ephemeral'] })
    scratch = mkdtempSync(join(tmpdir(), 'millrace-public-'))
    const access = { endpoint: millrace.endpoint, region: 'us-east-1' }
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
    api = new KafkaApi({ ...access, ...credentials })
    networks = new ec2.EC2Client({ ...access, credentials })
    vpcId = (await networks.send(new ec2.CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))).Vpc?.VpcId ?? ''
    subnetIds = []
    for (const [index, AvailabilityZone] of ['us-east-1a', 'us-east-1b'].entries()) {
      const wanted = { VpcId: vpcId, AvailabilityZone, CidrBlock: `10.0.${index}.0/24` }
      subnetIds.push((await networks.send(new ec2.CreateSubnetCommand(wanted))).Subnet?.SubnetId ?? '')
    }
  }, 60_000)
  afterAll(async () => {
    await millrace?.stop()
    if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true })
  })

  it('is never there from the beginning', async () => {
    const iam = { Sasl: { Iam: { Enabled: true } } }
    const wanted = { ClientAuthentication: iam, ClientBroker: 'TLS', ConnectivityInfo: EIPS }
    expect(await awsKafkaRefused(millrace, ...create('early', wanted))).toContain(
      'When creating a cluster, the only valid value for the Type parameter in PublicAccess is DISABLED.',
    )
  }, 60_000)

  it('wants no unauthenticated access, TLS alone, public subnets, and in KRaft mode no open monitoring', async () => {
    const arn = await arnOf('open', {
      KafkaVersion: '3.9.x.kraft',
      ClientAuthentication: { Sasl: { Iam: { Enabled: true } }, Unauthenticated: { Enabled: true } },
      ClientBroker: 'TLS',
      OpenMonitoring: {
        Prometheus: { JmxExporter: { EnabledInBroker: true }, NodeExporter: { EnabledInBroker: true } },
      },
    })
    expect(await refusal(arn)).toContain('unauthenticated access must be off')
    expect(await refusal(arn, { PublicAccess: { Type: 'ELASTIC_IPS' } })).toMatch(/DISABLED or SERVICE_PROVIDED_EIPS/)
    const iam = JSON.stringify({ Sasl: { Iam: { Enabled: true } }, Unauthenticated: { Enabled: false } })
    await awsKafka(millrace, 'update-security', ...(await named(arn)), '--client-authentication', iam)
    expect(await refusal(arn)).toMatch(/subnet subnet-\w+ is not public/)
    await makeSubnetsPublic()
    expect(await refusal(arn)).toContain('a cluster in KRaft mode cannot have open monitoring')
  }, 300_000)

  it('with SCRAM wants ACLs to count, and comes on when they do', async () => {
    const ClientAuthentication = { Sasl: { Scram: { Enabled: true } } }
    const arn = await arnOf('scram', { ClientAuthentication, ClientBroker: 'TLS' })
    expect(await refusal(arn)).toContain('allow.everyone.if.no.acl.found=false')
    const file = join(scratch, 'server.properties')
    writeFileSync(file, 'allow.everyone.if.no.acl.found=false\n')
    const made = ['create-configuration', '--name', 'acls', '--server-properties', `fileb://${file}`]
    const { Arn } = await awsKafka(millrace, ...made)
    const configuration = ['--configuration-info', JSON.stringify({ Arn, Revision: 1 })]
    await awsKafka(millrace, 'update-cluster-configuration', ...(await named(arn)), ...configuration)
    await awsKafka(millrace, ...(await turnOn(arn)))
    await untilActive(api, arn)
    const strings = await awsKafka(millrace, 'get-bootstrap-brokers', '--cluster-arn', arn)
    expect(Object.keys(strings).sort()).toEqual([
      'BootstrapBrokerStringPublicSaslScram',
      'BootstrapBrokerStringSaslScram',
    ])
    const { ClusterInfo } = await awsKafka(millrace, 'describe-cluster', '--cluster-arn', arn)
    expect(ClusterInfo).toMatchObject({ BrokerNodeGroupInfo: { ConnectivityInfo: EIPS } })
    // And off again, for which nothing is asked.
    await awsKafka(millrace, ...(await turnOn(arn, { PublicAccess: { Type: 'DISABLED' } })))
    await untilActive(api, arn)
    expect(await awsKafka(millrace, 'get-bootstrap-brokers', '--cluster-arn', arn)).not.toHaveProperty(
      'BootstrapBrokerStringPublicSaslScram',
    )
  }, 300_000)
})
