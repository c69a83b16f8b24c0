import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as ec2 from '@aws-sdk/client-ec2'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Ec2World, ec2World } from '../testing/ec2-world.ts'

const scope = { accountId: '000000000000', region: 'us-east-1' } as const
let world: Ec2World

beforeEach(async () => {
  world = await ec2World()
})

afterEach(() => world.close())

const send: ec2.EC2Client['send'] = ((command: never) => world.client.send(command)) as never

async function vpc(CidrBlock = '10.0.0.0/16'): Promise<string> {
  return (await send(new ec2.CreateVpcCommand({ CidrBlock }))).Vpc?.VpcId ?? ''
}

async function subnet(VpcId: string, CidrBlock = '10.0.1.0/24', AvailabilityZone = 'us-east-1a'): Promise<string> {
  const { Subnet } = await send(new ec2.CreateSubnetCommand({ VpcId, CidrBlock, AvailabilityZone }))
  return Subnet?.SubnetId ?? ''
}

async function group(VpcId: string, GroupName = 'brokers'): Promise<string> {
  const { GroupId } = await send(new ec2.CreateSecurityGroupCommand({ GroupName, Description: 'brokers', VpcId }))
  return GroupId ?? ''
}

function open(GroupId: string, port: number, CidrIp: string): Promise<ec2.AuthorizeSecurityGroupIngressCommandOutput> {
  return send(
    new ec2.AuthorizeSecurityGroupIngressCommand({
      GroupId,
      IpPermissions: [{ IpProtocol: 'tcp', FromPort: port, ToPort: port, IpRanges: [{ CidrIp }] }],
    }),
  )
}

test('an account has a default VPC with a public subnet per zone and a default group, in every region', async () => {
  const { Vpcs } = await send(new ec2.DescribeVpcsCommand({}))
  expect(Vpcs).toMatchObject([{ IsDefault: true, CidrBlock: '172.31.0.0/16', State: 'available' }])
  const vpcId = Vpcs?.[0]?.VpcId ?? ''
  const { Subnets = [] } = await send(
    new ec2.DescribeSubnetsCommand({ Filters: [{ Name: 'vpc-id', Values: [vpcId] }] }),
  )
  expect(Subnets.map((one) => [one.AvailabilityZone, one.AvailabilityZoneId]).toSorted()).toEqual(
    ['a', 'b', 'c', 'd', 'e', 'f'].map((letter, index) => [`us-east-1${letter}`, `use1-az${index + 1}`]),
  )
  expect(Subnets.map((one) => world.networks.subnet(scope, one.SubnetId ?? '')?.isPublic)).not.toContain(false)
  const { SecurityGroups } = await send(new ec2.DescribeSecurityGroupsCommand({ GroupNames: ['default'] }))
  expect(SecurityGroups).toMatchObject([
    { GroupName: 'default', IpPermissions: [{ IpProtocol: '-1', UserIdGroupPairs: [{ UserId: scope.accountId }] }] },
  ])
  const other = await world.elsewhere('111122223333', 'eu-west-1').send(new ec2.DescribeVpcsCommand({}))
  expect(other.Vpcs).toMatchObject([{ IsDefault: true, OwnerId: '111122223333' }])
  expect(other.Vpcs?.[0]?.VpcId).not.toBe(vpcId)
})

test('a new VPC resolves names but gives none until it is told to, one attribute at a time', async () => {
  const VpcId = await vpc()
  const attribute = async (Attribute: 'enableDnsSupport' | 'enableDnsHostnames') =>
    send(new ec2.DescribeVpcAttributeCommand({ VpcId, Attribute }))
  expect(await attribute('enableDnsSupport')).toMatchObject({ EnableDnsSupport: { Value: true } })
  expect(await attribute('enableDnsHostnames')).toMatchObject({ EnableDnsHostnames: { Value: false } })
  await send(new ec2.ModifyVpcAttributeCommand({ VpcId, EnableDnsHostnames: { Value: true } }))
  expect(await attribute('enableDnsHostnames')).toMatchObject({ EnableDnsHostnames: { Value: true } })
  expect(world.networks.vpc(scope, VpcId)).toEqual({ cidr: '10.0.0.0/16', dnsSupport: true })
  const both = { VpcId, EnableDnsHostnames: { Value: true }, EnableDnsSupport: { Value: true } }
  await expect(send(new ec2.ModifyVpcAttributeCommand(both))).rejects.toMatchObject({
    name: 'InvalidParameterCombination',
  })
})

test('what a network cannot be is refused in EC2’s own codes', async () => {
  const VpcId = await vpc()
  const first = await subnet(VpcId)
  const refusals: [Promise<unknown>, string][] = [
    [vpc('10.0.0.0/8'), 'InvalidVpc.Range'],
    [vpc('10.0.0/16'), 'InvalidParameterValue'],
    [subnet('vpc-00000000000000000'), 'InvalidVpcID.NotFound'],
    [subnet(VpcId, '10.1.0.0/24'), 'InvalidSubnet.Range'],
    [subnet(VpcId, '10.0.1.128/25'), 'InvalidSubnet.Conflict'],
    [subnet(VpcId, '10.0.2.0/24', 'us-east-1z'), 'InvalidParameterValue'],
    [send(new ec2.DescribeSubnetsCommand({ SubnetIds: ['subnet-1'] })), 'InvalidSubnetID.NotFound'],
    [send(new ec2.DescribeSubnetsCommand({ Filters: [{ Name: 'colour', Values: ['red'] }] })), 'InvalidParameterValue'],
    [send(new ec2.DeleteVpcCommand({ VpcId })), 'DependencyViolation'],
    [send(new ec2.DeleteVpcCommand({} as never)), 'MissingParameter'],
    [send(new ec2.DeleteSubnetCommand({ SubnetId: first, DryRun: true })), 'DryRunOperation'],
    [send(new ec2.DeleteSecurityGroupCommand({ GroupName: 'default' })), 'CannotDelete'],
    [group(VpcId, 'default'), 'InvalidGroup.Reserved'],
    [send(new ec2.RunInstancesCommand({ MinCount: 1, MaxCount: 1 })), 'NotImplemented'],
  ]
  for (const [refused, name] of refusals) await expect(refused).rejects.toMatchObject({ name })
  await send(new ec2.DeleteSubnetCommand({ SubnetId: first }))
  await send(new ec2.DeleteVpcCommand({ VpcId }))
  await expect(send(new ec2.DescribeVpcsCommand({ VpcIds: [VpcId] }))).rejects.toMatchObject({
    name: 'InvalidVpcID.NotFound',
  })
})

test('rules are made, shown by id, changed and revoked; the same twice is refused', async () => {
  const GroupId = await group(await vpc())
  const { SecurityGroupRules = [] } = await open(GroupId, 9092, '10.1.2.3/8')
  const ruleId = SecurityGroupRules[0]?.SecurityGroupRuleId ?? ''
  expect(SecurityGroupRules).toMatchObject([{ CidrIpv4: '10.0.0.0/8', FromPort: 9092, ToPort: 9092, IsEgress: false }])
  await expect(open(GroupId, 9092, '10.0.0.0/8')).rejects.toMatchObject({ name: 'InvalidPermission.Duplicate' })
  await expect(open(GroupId, 99_999, '10.0.0.0/8')).rejects.toMatchObject({ name: 'InvalidParameterValue' })
  await expect(open(GroupId, 9092, '10.0.0.0')).rejects.toMatchObject({ name: 'InvalidParameterValue' })
  await expect(open('sg-00000000000000000', 1, '10.0.0.0/8')).rejects.toMatchObject({ name: 'InvalidGroup.NotFound' })

  const rule = { IpProtocol: 'tcp', FromPort: 9094, ToPort: 9098, CidrIpv6: '2001:db8::/32', Description: 'all of TLS' }
  await send(
    new ec2.ModifySecurityGroupRulesCommand({
      GroupId,
      SecurityGroupRules: [{ SecurityGroupRuleId: ruleId, SecurityGroupRule: rule }],
    }),
  )
  const filter = [{ Name: 'group-id', Values: [GroupId] }]
  const shown = await send(new ec2.DescribeSecurityGroupRulesCommand({ Filters: filter }))
  expect(shown.SecurityGroupRules?.filter(({ IsEgress }) => !IsEgress)).toMatchObject([
    { SecurityGroupRuleId: ruleId, ...rule },
  ])
  expect(world.networks.securityGroup(scope, GroupId)?.ingress).toEqual([
    { fromPort: 9094, toPort: 9098, peer: { kind: 'network', value: '2001:db8::/32' } },
  ])
  await send(new ec2.RevokeSecurityGroupIngressCommand({ GroupId, SecurityGroupRuleIds: [ruleId] }))
  expect(world.networks.securityGroup(scope, GroupId)?.ingress).toEqual([])
  const again = { GroupId, IpPermissions: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '10.0.0.0/8' }] }] }
  await expect(send(new ec2.RevokeSecurityGroupIngressCommand(again))).rejects.toMatchObject({
    name: 'InvalidPermission.NotFound',
  })
})

test('descriptions of rules change by peer or by id, and nothing else of them does', async () => {
  const GroupId = await group(await vpc())
  const { SecurityGroupRules = [] } = await open(GroupId, 9092, '10.0.0.0/8')
  const id = SecurityGroupRules[0]?.SecurityGroupRuleId
  const ranges = [{ CidrIp: '10.0.0.0/8', Description: 'clients' }]
  const IpPermissions = [{ IpProtocol: 'tcp', FromPort: 9092, ToPort: 9092, IpRanges: ranges }]
  await send(new ec2.UpdateSecurityGroupRuleDescriptionsIngressCommand({ GroupId, IpPermissions }))
  const described = async () =>
    (await send(new ec2.DescribeSecurityGroupsCommand({ GroupIds: [GroupId] }))).SecurityGroups
  expect(await described()).toMatchObject([{ IpPermissions: [{ IpRanges: ranges }] }])
  await send(
    new ec2.UpdateSecurityGroupRuleDescriptionsIngressCommand({
      GroupId,
      SecurityGroupRuleDescriptions: [{ SecurityGroupRuleId: id, Description: 'others' }],
    }),
  )
  expect(await described()).toMatchObject([{ IpPermissions: [{ IpRanges: [{ Description: 'others' }] }] }])
})

test('a group that a rule of another group names cannot be deleted', async () => {
  const VpcId = await vpc()
  const [clients, brokers] = [await group(VpcId, 'clients'), await group(VpcId, 'brokers')]
  const pairs = [{ GroupId: clients }]
  const IpPermissions = [{ IpProtocol: 'tcp', FromPort: 9098, ToPort: 9098, UserIdGroupPairs: pairs }]
  await send(new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId: brokers, IpPermissions }))
  await expect(send(new ec2.DeleteSecurityGroupCommand({ GroupId: clients }))).rejects.toMatchObject({
    name: 'DependencyViolation',
  })
  await send(new ec2.DeleteSecurityGroupCommand({ GroupId: brokers }))
  await send(new ec2.DeleteSecurityGroupCommand({ GroupId: clients }))
})

test('a subnet is public with a route to an attached internet gateway, by its own table or the main one', async () => {
  const VpcId = await vpc()
  const id = await subnet(VpcId)
  const isPublic = (): boolean | undefined => world.networks.subnet(scope, id)?.isPublic
  const InternetGatewayId =
    (await send(new ec2.CreateInternetGatewayCommand({}))).InternetGateway?.InternetGatewayId ?? ''
  const { RouteTable } = await send(new ec2.CreateRouteTableCommand({ VpcId }))
  const route = {
    RouteTableId: RouteTable?.RouteTableId ?? '',
    DestinationCidrBlock: '0.0.0.0/0',
    GatewayId: InternetGatewayId,
  }
  await expect(send(new ec2.CreateRouteCommand(route))).rejects.toMatchObject({ name: 'InvalidParameterValue' })
  await send(new ec2.AttachInternetGatewayCommand({ InternetGatewayId, VpcId }))
  await send(new ec2.CreateRouteCommand(route))
  expect(isPublic()).toBe(false)
  const { AssociationId = '' } = await send(
    new ec2.AssociateRouteTableCommand({ RouteTableId: route.RouteTableId, SubnetId: id }),
  )
  expect(isPublic()).toBe(true)
  await send(new ec2.DisassociateRouteTableCommand({ AssociationId }))
  expect(isPublic()).toBe(false)
  const mains = [
    { Name: 'association.main', Values: ['true'] },
    { Name: 'vpc-id', Values: [VpcId] },
  ]
  const main = (await send(new ec2.DescribeRouteTablesCommand({ Filters: mains }))).RouteTables?.[0]
  await send(
    new ec2.ReplaceRouteTableAssociationCommand({
      AssociationId: main?.Associations?.[0]?.RouteTableAssociationId ?? '',
      RouteTableId: route.RouteTableId,
    }),
  )
  expect(isPublic()).toBe(true)
  await send(new ec2.DetachInternetGatewayCommand({ InternetGatewayId, VpcId }))
  expect(isPublic()).toBe(false)
})

test('tags are given at making and later, filter lists, and go again', async () => {
  const { Vpc } = await send(
    new ec2.CreateVpcCommand({
      CidrBlock: '10.9.0.0/16',
      TagSpecifications: [{ ResourceType: 'vpc', Tags: [{ Key: 'Name', Value: 'orders' }] }],
    }),
  )
  const id = Vpc?.VpcId ?? ''
  const byTag = async (): Promise<number> =>
    (await send(new ec2.DescribeVpcsCommand({ Filters: [{ Name: 'tag:Name', Values: ['ord*'] }] }))).Vpcs?.length ?? 0
  expect(await byTag()).toBe(1)
  await send(new ec2.CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'team', Value: 'blue' }] }))
  const shown = await send(new ec2.DescribeTagsCommand({ Filters: [{ Name: 'resource-id', Values: [id] }] }))
  expect(shown.Tags).toMatchObject([
    { Key: 'Name', ResourceType: 'vpc' },
    { Key: 'team', Value: 'blue' },
  ])
  await send(new ec2.DeleteTagsCommand({ Resources: [id], Tags: [{ Key: 'Name' }] }))
  expect(await byTag()).toBe(0)
  await expect(
    send(new ec2.CreateTagsCommand({ Resources: [id, 'vpc-1'], Tags: [{ Key: 'a', Value: 'b' }] })),
  ).rejects.toMatchObject({ name: 'InvalidID' })
})

test('a list of five comes in pages, and a page’s token is good for that list alone', async () => {
  const VpcId = await vpc()
  for (let index = 0; index < 7; index++) await subnet(VpcId, `10.0.${index}.0/24`)
  const Filters = [{ Name: 'vpc-id', Values: [VpcId] }]
  const first = await send(new ec2.DescribeSubnetsCommand({ Filters, MaxResults: 5 }))
  const second = await send(new ec2.DescribeSubnetsCommand({ Filters, MaxResults: 5, NextToken: first.NextToken }))
  expect(new Set([...(first.Subnets ?? []), ...(second.Subnets ?? [])].map(({ SubnetId }) => SubnetId)).size).toBe(7)
  expect(second.NextToken).toBeUndefined()
  await expect(send(new ec2.DescribeVpcsCommand({ NextToken: first.NextToken }))).rejects.toMatchObject({
    name: 'InvalidParameterValue',
  })
})

test('interfaces of brokers have an address of their subnet, keep groups that a caller gave them, and hold what they use', async () => {
  const VpcId = await vpc()
  const [subnetId, own, other] = [await subnet(VpcId), await group(VpcId, 'own'), await group(VpcId, 'other')]
  const clusterArn = 'arn:aws:kafka:us-east-1:000000000000:cluster/orders/1-2'
  const request = {
    ...scope,
    clusterArn,
    groupIds: [own],
    brokers: [
      { brokerId: 1, id: 'eni-01', subnetId },
      { brokerId: 2, id: 'eni-02', subnetId: 'subnet-invented' },
    ],
  }
  await world.networks.setInterfaces(request)
  const shown = await send(new ec2.DescribeNetworkInterfacesCommand({ Filters: [{ Name: 'group-id', Values: [own] }] }))
  expect(shown.NetworkInterfaces).toMatchObject([
    {
      NetworkInterfaceId: 'eni-01',
      Description: `DO NOT DELETE - Amazon MSK network interface for cluster ${clusterArn}.`,
      PrivateIpAddress: '10.0.1.4',
      VpcId,
      AvailabilityZone: 'us-east-1a',
      Groups: [{ GroupId: own, GroupName: 'own' }],
    },
    { NetworkInterfaceId: 'eni-02', PrivateIpAddress: '127.0.0.1', SubnetId: 'subnet-invented' },
  ])
  await send(new ec2.ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId: 'eni-01', Groups: [other] }))
  const brokers = [...request.brokers, { brokerId: 3, id: 'eni-03', subnetId }]
  await world.networks.setInterfaces({ ...request, brokers })
  expect(world.networks.interfaces(clusterArn)).toMatchObject([
    { brokerId: 1, groupIds: [other] },
    { brokerId: 2, groupIds: [own] },
    { brokerId: 3, groupIds: [own], privateAddress: '10.0.1.5' },
  ])
  for (const refused of [
    send(new ec2.DeleteSubnetCommand({ SubnetId: subnetId })),
    send(new ec2.DeleteSecurityGroupCommand({ GroupId: other })),
  ])
    await expect(refused).rejects.toMatchObject({ name: 'DependencyViolation' })
  const strange = { NetworkInterfaceId: 'eni-01', Groups: [await group(await vpc('10.8.0.0/16'))] }
  await expect(send(new ec2.ModifyNetworkInterfaceAttributeCommand(strange))).rejects.toMatchObject({
    name: 'InvalidGroup.NotFound',
  })
  await world.networks.removeInterfaces(clusterArn)
  await send(new ec2.DeleteSubnetCommand({ SubnetId: subnetId }))
})

test('networks are there again after a restart', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-ec2-'))
  const path = join(directory, 'services.db')
  const before = await ec2World(path)
  const made = await before.client.send(new ec2.CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))
  await before.close()
  const after = await ec2World(path)
  const { Vpcs = [] } = await after.client.send(new ec2.DescribeVpcsCommand({}))
  expect(Vpcs.map(({ VpcId }) => VpcId)).toContain(made.Vpc?.VpcId)
  expect(Vpcs).toHaveLength(2)
  await after.close()
  rmSync(directory, { recursive: true })
})
