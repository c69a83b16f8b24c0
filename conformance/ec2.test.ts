/** Networks as the stock AWS CLI and boto3 make them before they make a cluster: VPC, subnets, gateway, groups and rules. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { IamUsers } from './harness/iam.ts'
import { judge } from './harness/judges.ts'
import { startMillraceProcess, type MillraceProcess } from './harness/millrace.ts'
import { run, runOk } from './harness/run.ts'

const aws = judge('aws')
const boto3 = judge('boto3')

let millrace: MillraceProcess

beforeAll(async () => {
  millrace = await startMillraceProcess({ args: ['--ephemeral'] })
})
afterAll(() => millrace?.stop())

/** One value, as scripts ask for it. */
async function ec2(...args: readonly string[]): Promise<string> {
  const { stdout } = await runOk('aws', ['ec2', ...args, '--output', 'text'], { environment: millrace.environment })
  return stdout.trim()
}

// Each call of the command costs a second or more: what more there is, boto3 asks.
describe.skipIf(aws === null)('the AWS CLI', () => {
  it('makes a VPC with a group, opens a port and closes it again', async () => {
    const vpc = await ec2('create-vpc', '--cidr-block', '10.20.0.0/16', '--query', 'Vpc.VpcId')
    const named = ['--group-name', 'brokers', '--description', 'MSK brokers', '--vpc-id', vpc]
    const group = await ec2('create-security-group', ...named, '--query', 'GroupId')
    expect(group).toMatch(/^sg-0[0-9a-f]{16}$/)
    const rule = ['--group-id', group, '--protocol', 'tcp', '--port', '9092-9098', '--cidr', '10.20.0.0/16']
    await ec2('authorize-security-group-ingress', ...rule)
    const query = 'SecurityGroups[].IpPermissions[].[IpProtocol,FromPort,ToPort,IpRanges[0].CidrIp]'
    const shown = (): Promise<string> => ec2('describe-security-groups', '--group-ids', group, '--query', query)
    expect(await shown()).toBe('tcp\t9092\t9098\t10.20.0.0/16')
    const twice = await run('aws', ['ec2', 'authorize-security-group-ingress', ...rule], {
      environment: millrace.environment,
    })
    expect(twice.stderr).toContain('(InvalidPermission.Duplicate)')
    await ec2('revoke-security-group-ingress', ...rule)
    expect(await shown()).toBe('')
  })
})

const python = `
import boto3
from botocore.exceptions import ClientError

ec2 = boto3.client('ec2')
resource = boto3.resource('ec2')

def code(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return error.response['Error']['Code']
    raise AssertionError('nothing was refused')

zones = ec2.describe_availability_zones()['AvailabilityZones']
assert [z['ZoneName'] for z in zones][:2] == ['us-east-1a', 'us-east-1b'], zones
assert any(r['RegionName'] == 'eu-west-1' for r in ec2.describe_regions()['Regions'])
default = ec2.describe_vpcs(Filters=[{'Name': 'is-default', 'Values': ['true']}])['Vpcs'][0]
assert len(ec2.describe_subnets(Filters=[{'Name': 'vpc-id', 'Values': [default['VpcId']]}])['Subnets']) == 6

vpc = resource.create_vpc(CidrBlock='10.0.0.0/16', TagSpecifications=[{'ResourceType': 'vpc', 'Tags': [{'Key': 'Name', 'Value': 'orders'}]}])
vpc.wait_until_available()
vpc.modify_attribute(EnableDnsHostnames={'Value': True})
assert vpc.describe_attribute(Attribute='enableDnsHostnames')['EnableDnsHostnames']['Value']
gateway = resource.create_internet_gateway()
vpc.attach_internet_gateway(InternetGatewayId=gateway.id)
table = vpc.create_route_table()
table.create_route(DestinationCidrBlock='0.0.0.0/0', GatewayId=gateway.id)
subnets = []
for index, zone in enumerate(zones[:3]):
    subnet = vpc.create_subnet(CidrBlock=f'10.0.{index}.0/24', AvailabilityZone=zone['ZoneName'])
    table.associate_with_subnet(SubnetId=subnet.id)
    assert subnet.availability_zone_id == zone['ZoneId'] and subnet.available_ip_address_count == 251
    subnets.append(subnet)
assert {a.subnet_id for a in table.associations} == {s.id for s in subnets}
assert code(ec2.create_subnet, VpcId=vpc.id, CidrBlock='10.0.0.0/25') == 'InvalidSubnet.Conflict'
assert code(ec2.delete_vpc, VpcId=vpc.id) == 'DependencyViolation'

group = vpc.create_security_group(GroupName='brokers', Description='MSK brokers')
clients = vpc.create_security_group(GroupName='clients', Description='MSK clients')
group.authorize_ingress(IpPermissions=[
    {'IpProtocol': 'tcp', 'FromPort': 9098, 'ToPort': 9098, 'UserIdGroupPairs': [{'GroupId': clients.id, 'Description': 'clients'}]},
    {'IpProtocol': 'tcp', 'FromPort': 9094, 'ToPort': 9094, 'IpRanges': [{'CidrIp': '10.0.0.0/16'}], 'Ipv6Ranges': [{'CidrIpv6': '::/0'}]},
])
rules = [r for page in ec2.get_paginator('describe_security_group_rules').paginate(Filters=[{'Name': 'group-id', 'Values': [group.id]}], PaginationConfig={'PageSize': 5}) for r in page['SecurityGroupRules']]
assert len([r for r in rules if not r['IsEgress']]) == 3 and len([r for r in rules if r['IsEgress']]) == 1, rules
named = next(r for r in rules if 'ReferencedGroupInfo' in r)
assert named['ReferencedGroupInfo']['GroupId'] == clients.id and named['Description'] == 'clients', named
ec2.modify_security_group_rules(GroupId=group.id, SecurityGroupRules=[{'SecurityGroupRuleId': named['SecurityGroupRuleId'], 'SecurityGroupRule': {'IpProtocol': 'tcp', 'FromPort': 9096, 'ToPort': 9096, 'ReferencedGroupId': clients.id}}])
group.reload()
assert {(p['FromPort'], len(p['UserIdGroupPairs'])) for p in group.ip_permissions} == {(9096, 1), (9094, 0)}, group.ip_permissions
assert code(ec2.delete_security_group, GroupId=clients.id) == 'DependencyViolation'
assert code(ec2.describe_security_groups, GroupIds=['sg-00000000000000000']) == 'InvalidGroup.NotFound'
assert code(ec2.create_security_group, GroupName='brokers', Description='x', VpcId=vpc.id) == 'InvalidGroup.Duplicate'
assert code(ec2.delete_vpc, VpcId=vpc.id, DryRun=True) == 'DryRunOperation'
assert code(ec2.describe_instances) == 'NotImplemented'
ec2.revoke_security_group_ingress(GroupId=group.id, SecurityGroupRuleIds=[r['SecurityGroupRuleId'] for r in rules if not r['IsEgress']])

group.delete()
clients.delete()
for association in table.associations:
    association.delete()
for subnet in subnets:
    subnet.delete()
table.delete()
vpc.detach_internet_gateway(InternetGatewayId=gateway.id)
gateway.delete()
vpc.delete()
assert code(ec2.describe_vpcs, VpcIds=[vpc.id]) == 'InvalidVpcID.NotFound'
print('done')
`

describe.skipIf(boto3 === null)('boto3', () => {
  it('builds a public network with rules and takes it down again, with EC2’s own errors', async () => {
    const { stdout } = await runOk('python3', ['-c', python], { environment: millrace.environment })
    expect(stdout.trim()).toBe('done')
  })
})

// boto3 with a user whose policy names groups by tag and VPC, and authorities by tag: what AWS's own examples write.
const restricted = `
import json, sys
import boto3
from botocore.exceptions import ClientError

key, secret, account = sys.argv[1:4]
root, root_pca = boto3.client('ec2'), boto3.client('acm-pca')
user = boto3.client('ec2', aws_access_key_id=key, aws_secret_access_key=secret)
pca = boto3.client('acm-pca', aws_access_key_id=key, aws_secret_access_key=secret)
iam = boto3.client('iam')

def allow(*statements):
    iam.put_user_policy(UserName='networker', PolicyName='the-only-one', PolicyDocument=json.dumps({'Version': '2012-10-17', 'Statement': statements}))

def refused(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return error.response['Error']['Code'] in ('UnauthorizedOperation', 'AccessDeniedException', 'AccessDenied')
    return False

def tagged(kind, **tags):
    return [{'ResourceType': kind, 'Tags': [{'Key': k, 'Value': v} for k, v in tags.items()]}]

vpc = root.create_vpc(CidrBlock='10.30.0.0/16')['Vpc']['VpcId']
other = root.create_vpc(CidrBlock='10.31.0.0/16')['Vpc']['VpcId']
group = lambda name, where, **tags: root.create_security_group(GroupName=name, Description=name, VpcId=where, **({'TagSpecifications': tagged('security-group', **tags)} if tags else {}))['GroupId']
blue, red, far = group('blue', vpc, team='blue'), group('red', vpc, team='red'), group('far', other, team='blue')
rule = lambda g: {'GroupId': g, 'IpPermissions': [{'IpProtocol': 'tcp', 'FromPort': 9098, 'ToPort': 9098, 'IpRanges': [{'CidrIp': '10.30.0.0/16'}]}]}
arn = f'arn:aws:ec2:us-east-1:{account}:'

allow({'Effect': 'Allow', 'Action': 'ec2:AuthorizeSecurityGroupIngress', 'Resource': arn + 'security-group/*',
       'Condition': {'StringEquals': {'aws:ResourceTag/team': 'blue', 'ec2:Vpc': arn + 'vpc/' + vpc}}})
assert refused(user.authorize_security_group_ingress, **rule(red))
assert refused(user.authorize_security_group_ingress, **rule(far))
assert refused(user.describe_vpcs)
user.authorize_security_group_ingress(**rule(blue))
assert refused(user.revoke_security_group_ingress, **rule(blue))

# Who makes something needs leave for it, for the VPC it is in, and for its tags.
wanted = {'VpcId': vpc, 'CidrBlock': '10.30.0.0/24'}
allow({'Effect': 'Allow', 'Action': 'ec2:CreateSubnet', 'Resource': arn + 'subnet/*'})
assert refused(user.create_subnet, **wanted)
allow({'Effect': 'Allow', 'Action': 'ec2:CreateSubnet', 'Resource': [arn + 'subnet/*', arn + 'vpc/' + vpc]})
user.create_subnet(**wanted)
wanted['CidrBlock'] = '10.30.1.0/24'
assert refused(user.create_subnet, TagSpecifications=tagged('subnet', team='blue'), **wanted)
allow({'Effect': 'Allow', 'Action': 'ec2:CreateSubnet', 'Resource': [arn + 'subnet/*', arn + 'vpc/' + vpc]},
      {'Effect': 'Allow', 'Action': 'ec2:CreateTags', 'Resource': arn + 'subnet/*', 'Condition': {'StringEquals': {'ec2:CreateAction': 'CreateSubnet'}}})
subnet = user.create_subnet(TagSpecifications=tagged('subnet', team='blue'), **wanted)['Subnet']['SubnetId']
assert refused(user.create_tags, Resources=[subnet], Tags=[{'Key': 'team', 'Value': 'red'}])
assert refused(user.create_subnet, VpcId=other, CidrBlock='10.31.0.0/24')

def authority(**tags):
    return root_pca.create_certificate_authority(CertificateAuthorityType='ROOT', CertificateAuthorityConfiguration={
        'KeyAlgorithm': 'EC_prime256v1', 'SigningAlgorithm': 'SHA256WITHECDSA', 'Subject': {'CommonName': 'x'}},
        Tags=[{'Key': k, 'Value': v} for k, v in tags.items()])['CertificateAuthorityArn']

ours, theirs = authority(team='blue'), authority(team='red')
allow({'Effect': 'Allow', 'Action': 'acm-pca:*', 'Resource': '*', 'Condition': {'StringEquals': {'aws:ResourceTag/team': 'blue'}}})
assert pca.describe_certificate_authority(CertificateAuthorityArn=ours)['CertificateAuthority']['Arn'] == ours
assert refused(pca.describe_certificate_authority, CertificateAuthorityArn=theirs)
print('done')
`

describe.skipIf(boto3 === null)('a policy that names resources', () => {
  it('lets a user change those and no others, by ARN, tag and VPC', async () => {
    const users = new IamUsers(millrace)
    const { accessKeyId, secretAccessKey } = await users.create('networker', [
      { Effect: 'Allow', Action: 'ec2:DescribeVpcs', Resource: '*' },
    ])
    const args = ['-c', restricted, accessKeyId, secretAccessKey, '000000000000']
    const { stdout } = await runOk('python3', args, { environment: millrace.environment })
    expect(stdout.trim()).toBe('done')
  }, 60_000)
})
