/**
 * Logins by IAM and by certificate from outside of a cluster's VPC: over public access and over a VPC connection of another
 * account, by kafkajs with AWS's signer, Kafka's Java tools with aws-msk-iam-auth, and kcat with a certificate of a private CA.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EC2Client } from '@aws-sdk/client-ec2'
import * as kafka from '@aws-sdk/client-kafka'
import { KafkaExchange } from 'millrace/doctor/kafka-exchange'
import { openTcp, openTls } from 'millrace/doctor/open-address'
import { ErrorCode } from '@millrace/protocol/errors'
import { saslHandshakeRequest, saslHandshakeResponse } from '@millrace/protocol/messages/17-sasl-handshake'
import { saslAuthenticateRequest, saslAuthenticateResponse } from '@millrace/protocol/messages/36-sasl-authenticate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { IamUsers, allowAll, bearerToken, iamKafka, rootKey, type AccessKey } from './harness/iam.ts'
import { IAM_CLIENT_PROPERTIES, javaByIam } from './harness/java-iam.ts'
import { judge, kafkaReleases } from './harness/judges.ts'
import { startMillraceProcess, type MillraceProcess } from './harness/millrace.ts'
import { mskIamPayload, presign } from './harness/presign.ts'
import {
  accessOf,
  createNetwork,
  createOutsideCluster,
  makePublic,
  openPorts,
  OUTSIDE,
  type OutsideCluster,
} from './harness/outside-cluster.ts'
import { until } from './harness/processes.ts'
import { PrivateAuthority, foreignCertificate, type IssuedCertificate } from './harness/private-authority.ts'
import { run } from './harness/run.ts'

const aws = judge('aws')
const kcat = judge('kcat')
const java = judge('msk-iam-auth')
const release = kafkaReleases.at(-1) ?? ''
const VISITOR_ACCOUNT = '111122223333'
const POLL = { timeout: 20_000, interval: 250 }

let millrace: MillraceProcess
let scratch: string
let caPem: string
let cluster: OutsideCluster
let arn: string
let clusters: kafka.KafkaClient
let strings: kafka.GetBootstrapBrokersResponse
let alice: AccessKey
let bob: IssuedCertificate

async function connect(ConnectivityInfo: kafka.ConnectivityInfo): Promise<void> {
  const CurrentVersion = await cluster.activeVersion()
  await clusters.send(new kafka.UpdateConnectivityCommand({ ClusterArn: arn, CurrentVersion, ConnectivityInfo }))
  await cluster.activeVersion()
}

const acls = async (...args: string[]): Promise<void> => {
  const { status, stderr } = await millrace.cli('acls', 'add', '--cluster', OUTSIDE, ...args)
  expect(status, stderr).toBe(0)
}

beforeAll(async () => {
  if (aws === null) return
  millrace = await startMillraceProcess({ args: ['--ephemeral'] })
  scratch = mkdtempSync(join(tmpdir(), 'millrace-outside-'))
  caPem = (await millrace.cli('ca')).stdout
  writeFileSync(join(scratch, 'ca.pem'), caPem)
  const authority = await PrivateAuthority.create(millrace, scratch, 'Example Clients')
  bob = await authority.issue('bob', '/O=Example/CN=bob')
  cluster = await createOutsideCluster(millrace, {
    Sasl: { Iam: { Enabled: true } },
    Tls: { Enabled: true, CertificateAuthorityArnList: [authority.arn] },
  })
  ;({ arn, clusters } = cluster)
  await makePublic(cluster.networks, cluster.network.vpcId)
  alice = await new IamUsers(millrace).create('alice', [allowAll])
  await acls('--topic', 'rides', '--allow-principal', 'User:CN=bob,O=Example', '--producer')
  await acls('--topic', 'rides', '--allow-principal', 'User:CN=bob,O=Example', '--consumer', '--group', '*')
  await connect({ PublicAccess: { Type: 'SERVICE_PROVIDED_EIPS' } })
  const modes = { Tls: { Enabled: true }, Sasl: { Iam: { Enabled: true } } }
  await connect({ VpcConnectivity: { ClientAuthentication: modes } })
  strings = await clusters.send(new kafka.GetBootstrapBrokersCommand({ ClusterArn: arn }))
}, 240_000)
afterAll(async () => {
  await millrace?.stop()
  if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true })
})

const kafkaAs = (key: AccessKey, brokers = '') => iamKafka({ brokers, caPem, token: () => bearerToken(key) })

/** By who is inside of the VPC; '' or what is in the way. */
async function createRides(): Promise<string> {
  const root = kafkaAs(rootKey, strings.BootstrapBrokerStringSaslIam).admin()
  try {
    await root.connect()
    await root.createTopics({ topics: [{ topic: 'rides', numPartitions: 3 }], waitForLeaders: true })
    return ''
  } catch (error) {
    return String(error)
  } finally {
    await root.disconnect()
  }
}

/** '' or the words of the refusal. */
async function writeByIam(key: AccessKey, brokers: string | undefined): Promise<string> {
  const producer = kafkaAs(key, brokers).producer({ allowAutoTopicCreation: false })
  try {
    await producer.connect()
    await producer.send({ topic: 'rides', messages: [{ value: 'by IAM' }] })
    return ''
  } catch (error) {
    return String(error)
  } finally {
    await producer.disconnect()
  }
}

/** kcat with this certificate; with none where there is none. */
function kcatBy(own: IssuedCertificate | null, brokers: string | undefined, args: readonly string[], input?: string) {
  const shown = own === null ? [] : [`ssl.certificate.location=${own.certFile}`, `ssl.key.location=${own.keyFile}`]
  const options = ['security.protocol=ssl', `ssl.ca.location=${join(scratch, 'ca.pem')}`, ...shown]
  const told = ['-b', brokers ?? '', ...options.flatMap((option) => ['-X', option]), ...args]
  return run('kcat', told, input === undefined ? {} : { input })
}

async function writeByCertificate(own: IssuedCertificate | null, brokers: string | undefined): Promise<boolean> {
  const patience = ['-X', 'message.timeout.ms=4000']
  const { status } = await kcatBy(own, brokers, ['-P', '-t', 'rides', ...patience], 'by certificate\n')
  return status === 0
}

/** Logs in by AWS_MSK_IAM, with a signature for `host`. */
async function logsInFor(brokers: string | undefined, host: string): Promise<boolean> {
  const [first = ''] = (brokers ?? '').split(',')
  const address = { host: first.split(':')[0] ?? '', port: Number(first.split(':')[1]) }
  const trust = { ca: [caPem], client: null }
  const { socket } = await openTls(await openTcp(address, 10_000), address.host, trust, 10_000)
  const exchange = new KafkaExchange(socket, 10_000)
  try {
    await exchange.ask(saslHandshakeRequest, saslHandshakeResponse, 1, { mechanism: 'AWS_MSK_IAM' })
    const authBytes = Buffer.from(mskIamPayload(host, presign({ key: alice, host })))
    const answer = await exchange.ask(saslAuthenticateRequest, saslAuthenticateResponse, 1, { authBytes })
    return answer.errorCode === ErrorCode.NONE
  } finally {
    exchange.close()
  }
}

const portsOf = (brokers: string | undefined): number[] =>
  (brokers ?? '').split(',').map((address) => Number(address.split(':')[1]))

async function javaCanSee(brokers: string | undefined): Promise<string> {
  const file = join(scratch, 'client.properties')
  writeFileSync(file, IAM_CLIENT_PROPERTIES)
  const args = ['--bootstrap-server', brokers ?? '', '--command-config', file, '--list']
  const main = 'org.apache.kafka.tools.TopicCommand'
  const { stdout, stderr } = await javaByIam({ millrace, key: alice, release, main, args })
  return stdout.includes('rides') ? 'rides' : stdout + stderr
}

describe.skipIf(aws === null || kcat === null)('from outside of the VPC', () => {
  it('every way in has its own bootstrap string, with ports that no other has', () => {
    const { $metadata: _metadata, ...told } = strings as kafka.GetBootstrapBrokersCommandOutput
    expect(Object.keys(told).sort()).toEqual([
      'BootstrapBrokerStringPublicSaslIam',
      'BootstrapBrokerStringPublicTls',
      'BootstrapBrokerStringSaslIam',
      'BootstrapBrokerStringTls',
      'BootstrapBrokerStringVpcConnectivitySaslIam',
      'BootstrapBrokerStringVpcConnectivityTls',
    ])
    const ports = Object.values(told).flatMap((text) => portsOf(String(text)))
    expect(ports).toHaveLength(18)
    expect(new Set(ports).size).toBe(18)
  })

  describe('over public access', () => {
    it('nobody comes in before a rule names their address', async () => {
      const { networks, network } = cluster
      await openPorts(networks, network.groupId, [9092, 9098], '10.0.0.0/16')
      await expect.poll(() => createRides(), POLL).toBe('')
      expect(await writeByIam(alice, strings.BootstrapBrokerStringPublicSaslIam)).not.toBe('')
      expect(await writeByCertificate(bob, strings.BootstrapBrokerStringPublicTls)).toBe(false)
      await openPorts(networks, network.groupId, [9194, 9198], '127.0.0.0/8')
      await expect.poll(() => writeByIam(alice, strings.BootstrapBrokerStringPublicSaslIam), POLL).toBe('')
    }, 60_000)

    it('IAM lets in whom a policy allows, and nobody else', async () => {
      const users = new IamUsers(millrace)
      const carol = await users.create('carol', [{ ...allowAll, Action: 'kafka:*' }])
      const brokers = strings.BootstrapBrokerStringPublicSaslIam
      expect(await writeByIam(carol, brokers)).toMatch(/Access denied/)
      expect(await writeByIam({ ...alice, secretAccessKey: 'guessed' }, brokers)).toMatch(/Access denied/)
      await users.allow('carol', [allowAll])
      await expect.poll(() => writeByIam(carol, brokers), POLL).toBe('')
    }, 60_000)

    it('a signature is for the name by which the broker was reached', async () => {
      const brokers = strings.BootstrapBrokerStringPublicSaslIam
      expect(await logsInFor(brokers, brokers?.split(':')[0] ?? '')).toBe(true)
      expect(await logsInFor(brokers, 'localhost')).toBe(true)
      expect(await logsInFor(brokers, 'b-1-public.elsewhere.example')).toBe(false)
    })

    it('a certificate lets in as far as ACLs go; none, and a foreign one, do not', async () => {
      const brokers = strings.BootstrapBrokerStringPublicTls
      expect(await writeByCertificate(bob, brokers)).toBe(true)
      const read = await kcatBy(bob, brokers, ['-C', '-t', 'rides', '-o', 'beginning', '-e', '-q'])
      expect(read.stdout).toContain('by certificate\n')
      expect(read.stdout).toContain('by IAM\n')
      expect(await writeByCertificate(null, brokers)).toBe(false)
      expect(await writeByCertificate(foreignCertificate(scratch, 'mallory'), brokers)).toBe(false)
      const elsewhere = await kcatBy(bob, brokers, ['-P', '-t', 'secrets', '-X', 'message.timeout.ms=4000'], 'one\n')
      expect(elsewhere.status).not.toBe(0)
    }, 60_000)

    it.skipIf(java === null)(
      'Java logs in by aws-msk-iam-auth',
      async () => {
        expect(await javaCanSee(strings.BootstrapBrokerStringPublicSaslIam)).toBe('rides')
      },
      60_000,
    )
  })

  describe('over VPC connections of another account', () => {
    let visitors: kafka.KafkaClient
    let visitor: AccessKey
    let told: kafka.GetBootstrapBrokersResponse
    const connections: string[] = []

    beforeAll(async () => {
      const Policy = JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { AWS: VISITOR_ACCOUNT },
            Action: ['kafka:CreateVpcConnection', 'kafka:GetBootstrapBrokers', 'kafka-cluster:Connect'],
            Resource: arn,
          },
          {
            Effect: 'Allow',
            Principal: { AWS: VISITOR_ACCOUNT },
            Action: ['kafka-cluster:DescribeTopic', 'kafka-cluster:WriteData'],
            Resource: `${arn.replace(':cluster/', ':topic/')}/rides`,
          },
        ],
      })
      await clusters.send(new kafka.PutClusterPolicyCommand({ ClusterArn: arn, Policy }))
      visitors = new kafka.KafkaClient(accessOf(millrace, VISITOR_ACCOUNT))
      const visitorNetworks = new EC2Client(accessOf(millrace, VISITOR_ACCOUNT))
      const theirs = await createNetwork(visitorNetworks, '10.9')
      await openPorts(visitorNetworks, theirs.groupId, [14_001, 14_100], '10.9.0.0/16')
      for (const Authentication of ['SASL_IAM', 'TLS']) {
        const made = await visitors.send(
          new kafka.CreateVpcConnectionCommand({
            TargetClusterArn: arn,
            Authentication,
            VpcId: theirs.vpcId,
            ClientSubnets: theirs.subnetIds,
            SecurityGroups: [theirs.groupId],
          }),
        )
        connections.push(made.VpcConnectionArn ?? '')
      }
      for (const Arn of connections) {
        const described = () => visitors.send(new kafka.DescribeVpcConnectionCommand({ Arn }))
        await until(async () => (await described()).State === 'AVAILABLE', `${Arn} AVAILABLE`, 20_000)
      }
      visitor = await new IamUsers(millrace, { accessKeyId: VISITOR_ACCOUNT, secretAccessKey: 'test' }).create(
        'visitor',
        [allowAll],
      )
      told = await visitors.send(new kafka.GetBootstrapBrokersCommand({ ClusterArn: arn }))
    }, 60_000)

    it('IAM lets in by the policies of both accounts', async () => {
      const brokers = told.BootstrapBrokerStringVpcConnectivitySaslIam
      expect(brokers).toBe(strings.BootstrapBrokerStringVpcConnectivitySaslIam)
      await expect.poll(() => writeByIam(visitor, brokers), POLL).toBe('')
      expect(await writeByIam({ ...visitor, secretAccessKey: 'guessed' }, brokers)).toMatch(/Access denied/)
      expect(await logsInFor(brokers, brokers?.split(':')[0] ?? '')).toBe(true)
      expect(await logsInFor(brokers, 'b-1.elsewhere.example')).toBe(false)
      if (java !== null) expect(await javaCanSee(brokers)).toBe('rides')
    }, 60_000)

    it('a certificate lets in; none, and a foreign one, do not', async () => {
      const brokers = told.BootstrapBrokerStringVpcConnectivityTls
      await expect.poll(() => writeByCertificate(bob, brokers), POLL).toBe(true)
      expect(await writeByCertificate(null, brokers)).toBe(false)
      expect(await writeByCertificate(foreignCertificate(scratch, 'trudy'), brokers)).toBe(false)
    }, 60_000)

    it('who is rejected by one of them is not by the other', async () => {
      const [byIam = '', byTls = ''] = connections
      const rejected = { ClusterArn: arn, VpcConnectionArn: byIam }
      await clusters.send(new kafka.RejectClientVpcConnectionCommand(rejected))
      const brokers = told.BootstrapBrokerStringVpcConnectivitySaslIam
      await expect.poll(() => writeByIam(visitor, brokers), POLL).not.toBe('')
      expect(await writeByCertificate(bob, told.BootstrapBrokerStringVpcConnectivityTls)).toBe(true)
      await visitors.send(new kafka.DeleteVpcConnectionCommand({ Arn: byTls }))
      await expect.poll(() => writeByCertificate(bob, told.BootstrapBrokerStringVpcConnectivityTls), POLL).toBe(false)
    }, 60_000)
  })
})
