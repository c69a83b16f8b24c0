/**
 * A cluster of three brokers that lets clients in by IAM, SCRAM and certificates, sealed by a customer key, behind a security
 * group; and the stock SDK clients that change who may do what.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import * as ec2 from '@aws-sdk/client-ec2'
import { IAMClient } from '@aws-sdk/client-iam'
import { CreateClusterCommand, KafkaClient } from '@aws-sdk/client-kafka'
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { STSClient } from '@aws-sdk/client-sts'
import { Kafka, logLevel, type Admin } from 'kafkajs'
import { KafkaApi } from 'millrace/aws-client'
import { untilActive } from 'millrace/demo'
import { signedCall } from 'millrace/signed-call'
import { bearerToken, iamKafka, REGION, rootKey, type AccessKey } from '../iam.ts'
import { startMillraceProcess, threeBrokers, type MillraceProcess } from '../millrace.ts'
import { SteadyClient, type SteadyClientOptions } from './steady-client.ts'

export interface Certificate {
  readonly cert: string
  readonly key: string
  readonly serial: string
}

export interface OpenCluster {
  readonly millrace: MillraceProcess
  readonly iam: IAMClient
  readonly kafka: KafkaClient
  readonly secrets: SecretsManagerClient
  readonly kms: KMSClient
  readonly ec2: ec2.EC2Client
  readonly clusterArn: string
  readonly keyArn: string
  readonly groupId: string
  /** Root's, over the listener of IAM. */
  readonly admin: Admin
  /** Of another account. */
  iamOf(key: AccessKey): IAMClient
  sts(key: AccessKey): STSClient
  clientByIam(key: AccessKey): Promise<SteadyClient>
  clientByScram(username: string, password: string): Promise<SteadyClient>
  /** One login alone. @throws when it is refused */
  logInByScram(username: string, password: string): Promise<void>
  /** One connection to the listener of IAM, as far as TLS. @throws when it is closed */
  readonly connect: () => Promise<void>
  clientByCertificate(certificate: Certificate): Promise<SteadyClient>
  readonly iamBootstrap: string
  readonly scramBootstrap: string
  readonly caPem: string
  issue(subject: string): Promise<Certificate>
  revoke(certificate: Certificate): Promise<void>
  stop(): Promise<void>
}

export const TOPIC = 'steady'

export async function openCluster(): Promise<OpenCluster> {
  const millrace = await startMillraceProcess({ args: ['--ephemeral', '--mtls-revocation'] })
  const scratch = mkdtempSync(join(tmpdir(), 'millrace-revocation-'))
  const access = { endpoint: millrace.endpoint, region: REGION }
  const options = { ...access, credentials: rootKey }
  const pca = <Answer>(operation: string, body: object): Promise<Answer> =>
    signedCall<Answer>(
      { ...access, ...rootKey },
      {
        service: 'acm-pca',
        method: 'POST',
        path: '/',
        body,
        headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `ACMPrivateCA.${operation}` },
      },
    )
  const kms = new KMSClient(options)
  const network = new ec2.EC2Client(options)
  const kafka = new KafkaClient(options)
  const [authorityArn, keyArn, { groupId, subnets }] = await Promise.all([
    privateAuthority(pca),
    kms.send(new CreateKeyCommand({})).then(({ KeyMetadata }) => KeyMetadata?.Arn ?? ''),
    securityGroup(network),
  ])
  const { ClusterArn: clusterArn = '' } = await kafka.send(
    new CreateClusterCommand({
      ClusterName: 'open',
      KafkaVersion: '3.9.x',
      NumberOfBrokerNodes: 3,
      BrokerNodeGroupInfo: {
        InstanceType: threeBrokers.BrokerNodeGroupInfo.InstanceType,
        ClientSubnets: subnets,
        SecurityGroups: [groupId],
      },
      EncryptionInfo: {
        EncryptionAtRest: { DataVolumeKMSKeyId: keyArn },
        EncryptionInTransit: { ClientBroker: 'TLS', InCluster: true },
      },
      ClientAuthentication: {
        Sasl: { Iam: { Enabled: true }, Scram: { Enabled: true } },
        Tls: { Enabled: true, CertificateAuthorityArnList: [authorityArn] },
      },
    }),
  )
  const api = new KafkaApi({ ...access, ...rootKey })
  await untilActive(api, clusterArn)
  const strings = await api.bootstrapStrings(clusterArn)
  const caPem = (await millrace.cli('ca')).stdout
  const iamBootstrap = strings.iam ?? ''
  const admin = iamKafka({ brokers: iamBootstrap, caPem, token: () => bearerToken(rootKey) }).admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: 3, replicationFactor: 3 }], waitForLeaders: true })
  const { topics } = await admin.fetchTopicMetadata({ topics: [TOPIC] })
  const partitions = (topics[0]?.partitions ?? []).toSorted((one, other) => one.partitionId - other.partitionId)
  const start = (
    bootstrap: string,
    login: Pick<SteadyClientOptions, 'sasl'> & { readonly own?: Pick<Certificate, 'cert' | 'key'> },
  ): Promise<SteadyClient> => {
    const { own, ...sasl } = login
    // The brokers are in the order of their ids.
    const ports = bootstrap.split(',').map((address) => Number(address.split(':')[1]))
    const leaders = partitions.map(({ leader }) => ports[leader - 1] ?? 0)
    if (new Set(leaders).size !== 3) throw new Error(`the leaders are not spread over the brokers: ${leaders.join()}`)
    const ssl = { ca: [caPem], servername: 'localhost', ...own }
    return SteadyClient.start({ brokers: bootstrap, ssl, topic: TOPIC, leaders, ...sasl })
  }
  return {
    millrace,
    iam: new IAMClient(options),
    kafka,
    secrets: new SecretsManagerClient(options),
    kms,
    ec2: network,
    clusterArn,
    keyArn,
    groupId,
    admin,
    iamBootstrap,
    scramBootstrap: strings.scram ?? '',
    caPem,
    iamOf: (credentials) => new IAMClient({ ...access, credentials }),
    sts: (credentials) => new STSClient({ ...access, credentials }),
    clientByIam: (key) => {
      const oauthBearerProvider = async (): Promise<{ value: string }> => ({ value: await bearerToken(key) })
      return start(iamBootstrap, { sasl: { mechanism: 'oauthbearer', oauthBearerProvider } })
    },
    clientByScram: (username, password) =>
      start(strings.scram ?? '', { sasl: { mechanism: 'scram-sha-512', username, password } }),
    async logInByScram(username, password) {
      const sasl = { mechanism: 'scram-sha-512', username, password } as const
      const ssl = { ca: [caPem], servername: 'localhost' }
      const brokers = (strings.scram ?? '').split(',')
      const kafkajs = new Kafka({ brokers, ssl, sasl, retry: { retries: 0 }, logLevel: logLevel.NOTHING }).admin()
      try {
        await kafkajs.connect()
      } finally {
        await kafkajs.disconnect()
      }
    },
    connect: () => connectOnce(iamBootstrap, caPem),
    clientByCertificate: ({ cert, key }) => start(strings.tls ?? '', { own: { cert, key } }),
    async issue(subject) {
      const { csr, key } = request(scratch, subject)
      const made = await issued(pca, authorityArn, csr, 'EndEntityClientAuthCertificate/V1')
      return { cert: made, key, serial: serialOf(made) }
    },
    revoke: async ({ serial }) => {
      const which = { CertificateAuthorityArn: authorityArn, CertificateSerial: serial }
      await pca('RevokeCertificate', { ...which, RevocationReason: 'KEY_COMPROMISE' })
    },
    async stop() {
      await admin.disconnect().catch(() => undefined)
      await millrace.stop()
      rmSync(scratch, { recursive: true, force: true })
    },
  }
}

function connectOnce(bootstrap: string, ca: string): Promise<void> {
  const [host = '', port = ''] = bootstrap.split(',')[0]?.split(':') ?? []
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host, port: Number(port), ca, servername: 'localhost' })
    socket.once('secureConnect', () => {
      resolve()
      socket.destroy()
    })
    socket.on('error', reject)
    socket.once('close', () => reject(new Error('closed')))
  })
}

type PrivateCa = <Answer>(operation: string, body: object) => Promise<Answer>

async function privateAuthority(pca: PrivateCa): Promise<string> {
  const { CertificateAuthorityArn } = await pca<{ CertificateAuthorityArn: string }>('CreateCertificateAuthority', {
    CertificateAuthorityType: 'ROOT',
    CertificateAuthorityConfiguration: {
      KeyAlgorithm: 'EC_prime256v1',
      SigningAlgorithm: 'SHA256WITHECDSA',
      Subject: { CommonName: 'Clients' },
    },
  })
  const { Csr } = await pca<{ Csr: string }>('GetCertificateAuthorityCsr', { CertificateAuthorityArn })
  const certificate = await issued(pca, CertificateAuthorityArn, Csr, 'RootCACertificate/V1')
  await pca('ImportCertificateAuthorityCertificate', {
    CertificateAuthorityArn,
    Certificate: Buffer.from(certificate).toString('base64'),
  })
  return CertificateAuthorityArn
}

async function issued(pca: PrivateCa, authorityArn: string, csr: string, template: string): Promise<string> {
  const { CertificateArn } = await pca<{ CertificateArn: string }>('IssueCertificate', {
    CertificateAuthorityArn: authorityArn,
    Csr: Buffer.from(csr).toString('base64'),
    SigningAlgorithm: 'SHA256WITHECDSA',
    TemplateArn: `arn:aws:acm-pca:::template/${template}`,
    Validity: { Type: 'DAYS', Value: template.startsWith('Root') ? 3_000 : 300 },
  })
  const which = { CertificateAuthorityArn: authorityArn, CertificateArn }
  return (await pca<{ Certificate: string }>('GetCertificate', which)).Certificate
}

function request(scratch: string, subject: string): { readonly csr: string; readonly key: string } {
  const files = { key: join(scratch, 'client.key'), csr: join(scratch, 'client.csr') }
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', files.key]
  execFileSync('openssl', ['req', '-new', ...key, '-out', files.csr, '-subj', subject], { stdio: 'ignore' })
  return { csr: readFileSync(files.csr, 'utf8'), key: readFileSync(files.key, 'utf8') }
}

/** As RevokeCertificate wants it: hex with colons or without. */
function serialOf(certificate: string): string {
  const said = execFileSync('openssl', ['x509', '-noout', '-serial'], { input: certificate }).toString()
  return said.trim().replace('serial=', '').toLowerCase()
}

async function securityGroup(
  client: ec2.EC2Client,
): Promise<{ readonly groupId: string; readonly subnets: readonly string[] & string[] }> {
  const { Vpc } = await client.send(new ec2.CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))
  const VpcId = Vpc?.VpcId ?? ''
  const subnets: string[] = []
  for (const [index, letter] of ['d', 'a', 'b'].entries()) {
    const wanted = { VpcId, AvailabilityZone: `us-east-1${letter}`, CidrBlock: `10.0.${index}.0/24` }
    subnets.push((await client.send(new ec2.CreateSubnetCommand(wanted))).Subnet?.SubnetId ?? '')
  }
  const made = await client.send(
    new ec2.CreateSecurityGroupCommand({ VpcId, GroupName: 'brokers', Description: 'brokers' }),
  )
  const groupId = made.GroupId ?? ''
  await client.send(new ec2.AuthorizeSecurityGroupIngressCommand(clientsOf(groupId)))
  return { groupId, subnets }
}

/** The rule that lets members of the group in. */
export function clientsOf(GroupId: string): ec2.AuthorizeSecurityGroupIngressRequest {
  const rule = { IpProtocol: 'tcp', FromPort: 9092, ToPort: 9098, UserIdGroupPairs: [{ GroupId }] }
  return { GroupId, IpPermissions: [rule] }
}
