import type { AuthorizationTargets } from '@millrace/aws/authorization-target'
import { beforeEach, expect, test } from 'vitest'
import { openTestDatabase } from '../testing/memory-database.ts'
import { NetworkState } from './network-state.ts'
import type { Resource } from './records.ts'
import { ec2Targets } from './targets.ts'

const scope = { accountId: '000000000000', region: 'us-east-1' }
const arn = (resource: string): string => `arn:aws:ec2:us-east-1:000000000000:${resource}`
const inVpc = { 'ec2:region': ['us-east-1'], 'ec2:vpc': [arn('vpc/vpc-1')] }
const blue = { 'aws:resourcetag/team': ['blue'], 'ec2:resourcetag/team': ['blue'] }

let state: NetworkState
beforeEach(async () => {
  state = await NetworkState.open(await openTestDatabase())
  const tags = { Team: 'blue' }
  const owned = { ...scope, tags, vpcId: 'vpc-1' }
  const vpc = { cidr: '10.0.0.0/16', isDefault: true, tenancy: 'default', dnsSupport: true, dnsHostnames: false }
  const rule = { id: 'sgr-1', isEgress: false, protocol: 'tcp', fromPort: 1, toPort: 1, description: null, tags: {} }
  const peer = { kind: 'ipv4', value: '0.0.0.0/0' } as const
  const associations = [{ id: 'rtbassoc-1', subnetId: 'subnet-1' }]
  const put: Resource[] = [
    { kind: 'vpc', id: 'vpc-1', ...scope, tags, ...vpc },
    { kind: 'security-group', id: 'sg-1', ...owned, name: 'kafka', description: '', rules: [{ ...rule, peer }] },
    { kind: 'route-table', id: 'rtb-1', ...owned, associations, routes: [] },
  ]
  await state.change(() => ({ put, answer: null }))
})

function asked(operation: string, input: Readonly<Record<string, unknown>>): AuthorizationTargets['targets'] {
  const root = { type: 'root', arn: 'arn:aws:iam::000000000000:root', userId: '0', accountId: scope.accountId } as const
  const answer = ec2Targets(state)({ operation, input, principal: root, ...scope })
  return (answer as AuthorizationTargets).targets
}

test('what only describes is about everything', () => {
  const everything = [{ resource: '*', values: { 'ec2:region': ['us-east-1'] } }]
  expect(asked('DescribeSecurityGroups', { GroupIds: ['sg-1'] })).toEqual(everything)
})

test('a rule is about its group, with the tags and the VPC of it', () => {
  const group = { resource: arn('security-group/sg-1'), values: { ...inVpc, ...blue } }
  expect(asked('AuthorizeSecurityGroupIngress', { GroupId: 'sg-1' })).toEqual([group])
  expect(asked('DeleteSecurityGroup', { GroupName: 'kafka' })).toEqual([group])
  expect(
    asked('ModifySecurityGroupRules', { GroupId: 'sg-1', SecurityGroupRules: [{ SecurityGroupRuleId: 'sgr-1' }] }),
  ).toEqual([group, { resource: arn('security-group-rule/sgr-1'), values: inVpc }])
})

test('a new resource is about itself and the VPC that it is in, and its tags need leave of their own', () => {
  const vpc = { resource: arn('vpc/vpc-1'), values: { 'ec2:region': ['us-east-1'], ...blue } }
  expect(asked('CreateSubnet', { VpcId: 'vpc-1' })).toEqual([{ resource: arn('subnet/*'), values: inVpc }, vpc])
  const TagSpecifications = [{ ResourceType: 'security-group', Tags: [{ Key: 'Team', Value: 'red' }] }]
  const red = { 'aws:tagkeys': ['Team'], 'aws:requesttag/team': ['red'] }
  expect(asked('CreateSecurityGroup', { GroupName: 'new', VpcId: 'vpc-1', TagSpecifications })).toEqual([
    { resource: arn('security-group/*'), values: { ...inVpc, ...red } },
    {
      resource: arn('security-group/*'),
      action: 'ec2:CreateTags',
      values: { 'ec2:region': ['us-east-1'], ...red, 'ec2:createaction': ['CreateSecurityGroup'] },
    },
    vpc,
  ])
})

test('every resource that a call names is asked for', () => {
  const resources = (operation: string, input: Readonly<Record<string, unknown>>): string[] =>
    asked(operation, input).map(({ resource }) => resource)
  expect(resources('AttachInternetGateway', { InternetGatewayId: 'igw-9', VpcId: 'vpc-1' })).toEqual([
    arn('internet-gateway/igw-9'),
    arn('vpc/vpc-1'),
  ])
  expect(resources('DisassociateRouteTable', { AssociationId: 'rtbassoc-1' })).toEqual([
    arn('route-table/rtb-1'),
    arn('subnet/subnet-1'),
  ])
  expect(resources('ModifyNetworkInterfaceAttribute', { NetworkInterfaceId: 'eni-1', Groups: ['sg-1', 7] })).toEqual([
    arn('network-interface/eni-1'),
    arn('security-group/sg-1'),
  ])
  expect(resources('CreateTags', { Resources: ['vpc-1', 'sgr-404', 'nonsense'] })).toEqual([
    arn('vpc/vpc-1'),
    arn('security-group-rule/sgr-404'),
    '*',
  ])
  expect(resources('DeleteVpc', {})).toEqual(['*'])
})
