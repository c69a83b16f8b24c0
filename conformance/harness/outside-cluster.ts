/** A cluster that clients may reach from outside of its VPC, and the networks on both sides, all by the stock SDK. */
import * as ec2 from '@aws-sdk/client-ec2'
import {
  CreateClusterV2Command,
  CreateConfigurationCommand,
  DescribeClusterV2Command,
  KafkaClient,
  type ClientAuthentication,
} from '@aws-sdk/client-kafka'
import { KafkaApi } from 'millrace/aws-client'
import { untilActive } from 'millrace/demo'
import { awsAccess, type MillraceProcess } from './millrace.ts'

export const OUTSIDE = 'outside'
const ZONES = ['us-east-1a', 'us-east-1b', 'us-east-1d']

export interface Network {
  readonly vpcId: string
  readonly subnetIds: string[]
  /** Of a security group that lets nobody in yet. */
  readonly groupId: string
}

export interface OutsideCluster {
  readonly arn: string
  readonly network: Network
  readonly networks: ec2.EC2Client
  readonly clusters: KafkaClient
  /** The cluster's version, when nothing is under way. */
  activeVersion(): Promise<string>
}

/** For the root of another account. */
export function accessOf(millrace: MillraceProcess, accountId: string): ReturnType<typeof awsAccess> {
  return { ...awsAccess(millrace), credentials: { accessKeyId: accountId, secretAccessKey: 'test' } }
}

/** Three subnets in three zones. */
export async function createNetwork(client: ec2.EC2Client, block: string): Promise<Network> {
  const { Vpc } = await client.send(new ec2.CreateVpcCommand({ CidrBlock: `${block}.0.0/16` }))
  const VpcId = Vpc?.VpcId ?? ''
  const subnetIds: string[] = []
  for (const [index, AvailabilityZone] of ZONES.entries()) {
    const wanted = { VpcId, AvailabilityZone, CidrBlock: `${block}.${index}.0/24` }
    subnetIds.push((await client.send(new ec2.CreateSubnetCommand(wanted))).Subnet?.SubnetId ?? '')
  }
  const group = { GroupName: 'kafka', Description: 'kafka', VpcId }
  const { GroupId = '' } = await client.send(new ec2.CreateSecurityGroupCommand(group))
  return { vpcId: VpcId, subnetIds, groupId: GroupId }
}

/** Gives the subnets of a VPC a way to the internet. */
export async function makePublic(client: ec2.EC2Client, vpcId: string): Promise<void> {
  const { InternetGateway } = await client.send(new ec2.CreateInternetGatewayCommand({}))
  const InternetGatewayId = InternetGateway?.InternetGatewayId ?? ''
  await client.send(new ec2.AttachInternetGatewayCommand({ InternetGatewayId, VpcId: vpcId }))
  const Filters = [{ Name: 'vpc-id', Values: [vpcId] }]
  const { RouteTables } = await client.send(new ec2.DescribeRouteTablesCommand({ Filters }))
  const RouteTableId = RouteTables?.[0]?.RouteTableId
  const route = { RouteTableId, DestinationCidrBlock: '0.0.0.0/0', GatewayId: InternetGatewayId }
  await client.send(new ec2.CreateRouteCommand(route))
}

export async function openPorts(
  client: ec2.EC2Client,
  GroupId: string,
  [FromPort, ToPort]: readonly [number, number],
  CidrIp: string,
): Promise<void> {
  const IpPermissions = [{ IpProtocol: 'tcp', FromPort, ToPort, IpRanges: [{ CidrIp }] }]
  await client.send(new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }))
}

/** Named `outside`: three brokers that speak TLS, where only ACLs let in, in a network of its own without a way to the internet. */
export async function createOutsideCluster(
  millrace: MillraceProcess,
  ClientAuthentication: ClientAuthentication,
): Promise<OutsideCluster> {
  const access = awsAccess(millrace)
  const networks = new ec2.EC2Client(access)
  const clusters = new KafkaClient(access)
  const network = await createNetwork(networks, '10.0')
  const ServerProperties = Buffer.from('allow.everyone.if.no.acl.found=false')
  const { Arn } = await clusters.send(new CreateConfigurationCommand({ Name: 'acls', ServerProperties }))
  const { ClusterArn: arn = '' } = await clusters.send(
    new CreateClusterV2Command({
      ClusterName: OUTSIDE,
      Provisioned: {
        BrokerNodeGroupInfo: {
          InstanceType: 'kafka.m5.large',
          ClientSubnets: network.subnetIds,
          SecurityGroups: [network.groupId],
        },
        KafkaVersion: '3.9.x',
        NumberOfBrokerNodes: 3,
        EncryptionInfo: { EncryptionInTransit: { ClientBroker: 'TLS', InCluster: true } },
        ClientAuthentication,
        ConfigurationInfo: { Arn, Revision: 1 },
      },
    }),
  )
  const { credentials, ...place } = access
  const api = new KafkaApi({ ...place, ...credentials })
  const activeVersion = async (): Promise<string> => {
    await untilActive(api, arn)
    const { ClusterInfo } = await clusters.send(new DescribeClusterV2Command({ ClusterArn: arn }))
    return ClusterInfo?.CurrentVersion ?? ''
  }
  await activeVersion()
  return { arn, network, networks, clusters, activeVersion }
}
