/**
 * Security groups as strangers meet them: kcat is refused at the door while no rule opens the port, let in as soon as the AWS
 * CLI authorizes it, and refused again after the revoke; what was connected before stays. Rules name MSK's ports.
 */
import { connect } from 'node:net'
import * as ec2 from '@aws-sdk/client-ec2'
import { Kafka, logLevel } from 'kafkajs'
import { KafkaApi } from 'millrace/aws-client'
import { plaintextCluster, untilActive } from 'millrace/demo'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judge } from './harness/judges.ts'
import { startMillraceProcess, type MillraceProcess } from './harness/millrace.ts'
import { run, runOk } from './harness/run.ts'

const aws = judge('aws')
const kcat = judge('kcat')
/** Another address of this machine, given the source of a stranger. */
const STRANGER = '127.0.0.2'
const STRANGER_SOURCE = '203.0.113.9'

let millrace: MillraceProcess
let client: ec2.EC2Client
let api: KafkaApi
let clusterArn: string
let bootstrap: string
let brokersGroup: string
let otherGroup: string

beforeAll(async () => {
  millrace = await startMillraceProcess({
    args: ['--ephemeral', '--client-address-map', `${STRANGER}/32=${STRANGER_SOURCE}`],
  })
  const access = { endpoint: millrace.endpoint, region: 'us-east-1' }
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  client = new ec2.EC2Client({ ...access, credentials })
  api = new KafkaApi({ ...access, ...credentials })
  const { Vpc } = await client.send(new ec2.CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))
  const VpcId = Vpc?.VpcId ?? ''
  const clientSubnets: string[] = []
  // Not in the order of the letters: the zones are those of the subnets.
  for (const [index, letter] of ['d', 'a', 'b'].entries()) {
    const AvailabilityZone = `us-east-1${letter}`
    const wanted = { VpcId, AvailabilityZone, CidrBlock: `10.0.${index}.0/24` }
    clientSubnets.push((await client.send(new ec2.CreateSubnetCommand(wanted))).Subnet?.SubnetId ?? '')
  }
  brokersGroup = await group(VpcId, 'brokers')
  otherGroup = await group(VpcId, 'other')
  const { provisioned } = plaintextCluster('guarded', 3, '3.9.x', false)
  const brokerNodeGroupInfo = { instanceType: 'kafka.m5.large', clientSubnets, securityGroups: [brokersGroup] }
  const body = { clusterName: 'guarded', provisioned: { ...provisioned, brokerNodeGroupInfo } }
  clusterArn = (await api.createCluster(body)).clusterArn
  await untilActive(api, clusterArn)
  bootstrap = (await api.bootstrapStrings(clusterArn)).plaintext ?? ''
}, 120_000)
afterAll(async () => {
  client?.destroy()
  await millrace?.stop()
})

async function group(VpcId: string, GroupName: string): Promise<string> {
  const { GroupId } = await client.send(
    new ec2.CreateSecurityGroupCommand({ GroupName, Description: GroupName, VpcId }),
  )
  return GroupId ?? ''
}

/** What kcat says of the cluster. */
async function kcatMetadata(): Promise<string> {
  const { stdout, stderr } = await run('kcat', ['-b', bootstrap, '-L', '-m', '3'])
  return stdout.includes('3 brokers:') ? 'let in' : `${stdout}${stderr}`
}

function rule(verb: string, ...args: readonly string[]): Promise<unknown> {
  const command = ['ec2', `${verb}-security-group-ingress`, '--group-id', brokersGroup, '--protocol', 'tcp', ...args]
  return runOk('aws', command, { environment: millrace.environment })
}

const fromMembers = ['--port', '9092', '--source-group']

function kafkajs(localAddress: string): Kafka {
  return new Kafka({
    brokers: bootstrap.split(','),
    socketFactory: ({ host, port, onConnect }) => connect({ host, port, localAddress }, onConnect),
    connectionTimeout: 2_000,
    retry: { retries: 0 },
    logLevel: logLevel.NOTHING,
  })
}

async function topicsSeenFrom(localAddress: string): Promise<readonly string[]> {
  const admin = kafkajs(localAddress).admin()
  try {
    await admin.connect()
    return await admin.listTopics()
  } finally {
    await admin.disconnect()
  }
}

describe.skipIf(aws === null || kcat === null)('a cluster in a security group', () => {
  it('refuses kcat while no rule opens the port, and tells which rule would', async () => {
    expect(await kcatMetadata()).toMatch(/Disconnected|broker transport failure|Failed to acquire metadata/i)
    const { stdout } = await millrace.cli('why', '--last', '5m')
    expect(stdout).toContain(`No rule of ${brokersGroup} lets this machine`)
    expect(stdout).toContain(
      `aws ec2 authorize-security-group-ingress --group-id ${brokersGroup} --protocol tcp --port 9092 --source-group ${brokersGroup}`,
    )
  })

  it('lets kcat in when the AWS CLI authorizes the members of the group, and refuses it after the revoke', async () => {
    await rule('authorize', ...fromMembers, brokersGroup)
    await expect.poll(kcatMetadata, { timeout: 10_000 }).toBe('let in')
    const admin = kafkajs('127.0.0.1').admin()
    await admin.connect()
    await rule('revoke', ...fromMembers, brokersGroup)
    await expect.poll(kcatMetadata, { timeout: 10_000 }).not.toBe('let in')
    // As with AWS's connection tracking.
    await expect(admin.listTopics()).resolves.toEqual([])
    await admin.disconnect()
  })

  it('is not opened by a rule for another port, but by one for the VPC’s addresses', async () => {
    await rule('authorize', '--port', '9094-9098', '--cidr', '0.0.0.0/0')
    expect(await kcatMetadata()).not.toBe('let in')
    await rule('authorize', '--port', '9092', '--cidr', '10.0.1.0/24')
    await expect.poll(kcatMetadata, { timeout: 10_000 }).toBe('let in')
  })

  it('counts a mapped client as coming from its other address, and as no member', async () => {
    await expect(topicsSeenFrom(STRANGER)).rejects.toThrow()
    await expect(topicsSeenFrom('127.0.0.1')).resolves.toEqual([])
    await rule('authorize', '--port', '9092', '--cidr', '203.0.113.0/24')
    await expect.poll(() => topicsSeenFrom(STRANGER).catch(() => null), { timeout: 10_000 }).toEqual([])
  })

  it('has a network interface per broker, whose groups can be changed', async () => {
    const shown = await client.send(
      new ec2.DescribeNetworkInterfacesCommand({ Filters: [{ Name: 'description', Values: [`*${clusterArn}.`] }] }),
    )
    const interfaces = shown.NetworkInterfaces ?? []
    expect(interfaces.map((one) => [one.PrivateIpAddress, one.AvailabilityZone]).toSorted()).toEqual([
      ['10.0.0.4', 'us-east-1d'],
      ['10.0.1.4', 'us-east-1a'],
      ['10.0.2.4', 'us-east-1b'],
    ])
    const query = 'NodeInfoList[].BrokerNodeInfo.[BrokerId,AttachedENIId]'
    const listed = await runOk('aws', ['kafka', 'list-nodes', '--cluster-arn', clusterArn, '--query', query], {
      environment: millrace.environment,
    })
    const ids = JSON.parse(listed.stdout) as [number, string][]
    expect(ids.map(([, id]) => id).toSorted()).toEqual(interfaces.map((one) => one.NetworkInterfaceId).toSorted())
    const first = ids.find(([broker]) => broker === 1)?.[1]
    await client.send(
      new ec2.ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId: first, Groups: [otherGroup] }),
    )
    const [one = '', two = ''] = bootstrap.split(',')
    const reach = async (broker: string): Promise<boolean> =>
      (await run('kcat', ['-b', broker, '-L', '-m', '3'])).stdout.includes('3 brokers:')
    await expect.poll(() => reach(one), { timeout: 10_000 }).toBe(false)
    expect(await reach(two)).toBe(true)
  })
})
