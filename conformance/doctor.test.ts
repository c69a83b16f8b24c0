/**
 * `millrace doctor` against a cluster that demands logins by IAM and certificates, behind a security group: as each client
 * would come in, and as each of those who do not. What is wrong is named, and what to do next.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as ec2 from '@aws-sdk/client-ec2'
import { UpdateAccessKeyCommand, IAMClient } from '@aws-sdk/client-iam'
import { KafkaApi } from 'millrace/aws-client'
import { untilActive } from 'millrace/demo'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { IamUsers, allowAll, rootKey, type AccessKey } from './harness/iam.ts'
import { judge } from './harness/judges.ts'
import { startMillraceProcess, type MillraceProcess } from './harness/millrace.ts'
import { PrivateAuthority, foreignCertificate, type IssuedCertificate } from './harness/private-authority.ts'
import { run } from './harness/run.ts'

const aws = judge('aws')
const command = new URL('../dist/bin/millrace.js', import.meta.url).pathname
const HOUR_MS = 3_600_000

interface Finding {
  readonly step: string
  readonly ok: boolean
  readonly seen: string
  readonly next: string | null
  readonly why?: { readonly reason: string; readonly remedies: readonly { readonly lines: readonly string[] }[] }
}
interface Diagnosis {
  readonly status: number | null
  readonly findings: readonly Finding[]
  /** The first that is not good. */
  readonly wrong: Finding | undefined
}

describe.skipIf(aws === null)('the doctor', () => {
  let millrace: MillraceProcess
  let scratch: string
  let users: IamUsers
  let networks: ec2.EC2Client
  let GroupId: string
  let iam: string
  let tls: string
  let alice: AccessKey
  let bob: IssuedCertificate
  let clusterArn: string

  const rule = (port: number) => ({
    GroupId,
    IpPermissions: [{ IpProtocol: 'tcp', FromPort: port, ToPort: port, IpRanges: [{ CidrIp: '10.0.0.0/16' }] }],
  })

  beforeAll(async () => {
    millrace = await startMillraceProcess({ args: ['--ephemeral'] })
    scratch = mkdtempSync(join(tmpdir(), 'millrace-doctor-'))
    users = new IamUsers(millrace)
    const access = { endpoint: millrace.endpoint, region: 'us-east-1' }
    networks = new ec2.EC2Client({ ...access, credentials: rootKey })
    const { Vpc } = await networks.send(new ec2.CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))
    const VpcId = Vpc?.VpcId ?? ''
    const clientSubnets: string[] = []
    for (const [index, AvailabilityZone] of ['us-east-1a', 'us-east-1b', 'us-east-1d'].entries()) {
      const wanted = { VpcId, AvailabilityZone, CidrBlock: `10.0.${index}.0/24` }
      clientSubnets.push((await networks.send(new ec2.CreateSubnetCommand(wanted))).Subnet?.SubnetId ?? '')
    }
    const group = { GroupName: 'kafka', Description: 'kafka', VpcId }
    GroupId = (await networks.send(new ec2.CreateSecurityGroupCommand(group))).GroupId ?? ''
    for (const port of [9094, 9098]) await networks.send(new ec2.AuthorizeSecurityGroupIngressCommand(rule(port)))
    const authority = await PrivateAuthority.create(millrace, scratch, 'Example Clients')
    bob = await authority.issue('bob', '/O=Example/CN=bob')
    const api = new KafkaApi({ ...access, ...rootKey })
    ;({ clusterArn } = await api.createCluster({
      clusterName: 'examined',
      provisioned: {
        brokerNodeGroupInfo: { instanceType: 'kafka.m5.large', clientSubnets, securityGroups: [GroupId] },
        kafkaVersion: '3.9.x',
        numberOfBrokerNodes: 3,
        encryptionInfo: { encryptionInTransit: { clientBroker: 'TLS', inCluster: true } },
        clientAuthentication: {
          sasl: { iam: { enabled: true } },
          tls: { enabled: true, certificateAuthorityArnList: [authority.arn] },
        },
      },
    }))
    await untilActive(api, clusterArn)
    const strings = await api.bootstrapStrings(clusterArn)
    iam = strings.iam?.split(',')[0] ?? ''
    tls = strings.tls?.split(',')[0] ?? ''
    alice = await users.create('alice', [allowAll])
  }, 180_000)
  afterAll(async () => {
    await millrace?.stop()
    if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true })
  })

  const environmentOf = ({ accessKeyId, secretAccessKey, sessionToken = '' }: AccessKey) => ({
    ...millrace.environment,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  })

  async function doctor(environment: Readonly<Record<string, string>>, ...args: string[]): Promise<Diagnosis> {
    const asked = ['doctor', '--json', '--data-dir', millrace.dataDirectory, ...args]
    const { status, stdout, stderr } = await run(process.execPath, [command, ...asked], { environment })
    expect(stderr).toBe('')
    const { findings } = JSON.parse(stdout) as { findings: Finding[] }
    return { status, findings, wrong: findings.find(({ ok }) => !ok) }
  }

  const byIam = (key: AccessKey, more: Readonly<Record<string, string>> = {}): Promise<Diagnosis> =>
    doctor({ ...environmentOf(key), ...more }, '--bootstrap', iam, '--auth', 'iam')
  const byCertificate = ({ certFile, keyFile }: IssuedCertificate): Promise<Diagnosis> =>
    doctor(millrace.environment, '--bootstrap', tls, '--auth', 'tls', '--cert', certFile, '--key', keyFile)
  const seenAt = ({ findings }: Diagnosis, step: string): string[] =>
    findings.filter((finding) => finding.step === step).map(({ seen }) => seen)

  /** A preload that sets the clock of a Node process. */
  const clockOff = (byMs: number): Readonly<Record<string, string>> => {
    const file = join(scratch, `clock${byMs}.mjs`)
    writeFileSync(
      file,
      `const Real = Date
globalThis.Date = class extends Real {
  constructor(...args) { if (args.length === 0) super(Real.now() + ${byMs}); else super(...args) }
  static now() { return Real.now() + ${byMs} }
}
`,
    )
    return { NODE_OPTIONS: `--import ${pathToFileURL(file).href}` }
  }

  describe('by IAM', () => {
    it('is let in by both mechanisms, as the user of the environment and of a session', async () => {
      const session = await users.assumeRole('reader', [allowAll], [allowAll])
      for (const key of [alice, session]) {
        const diagnosis = await byIam(key)
        expect(diagnosis.wrong).toBeUndefined()
        expect(seenAt(diagnosis, 'login')).toEqual([
          `${key.accessKeyId} is let in by AWS_MSK_IAM.`,
          `${key.accessKeyId} is let in by OAUTHBEARER.`,
        ])
        expect(diagnosis.status).toBe(0)
      }
    }, 60_000)

    it('takes the key of a profile, and says what to do with one that holds none', async () => {
      const file = join(scratch, 'credentials')
      const { accessKeyId, secretAccessKey } = alice
      writeFileSync(
        file,
        `[staging]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n[role]\nrole_arn = arn:aws:iam::1:role/r\n`,
      )
      const none = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_CONFIG_FILE: join(scratch, 'no-config') }
      const profile = { AWS_SHARED_CREDENTIALS_FILE: file, AWS_PROFILE: 'staging' }
      expect((await byIam(alice, { ...none, ...profile })).status).toBe(0)
      const asked = ['doctor', '--bootstrap', iam, '--auth', 'iam', '--data-dir', millrace.dataDirectory]
      const environment = { ...millrace.environment, ...none, ...profile, AWS_PROFILE: 'role' }
      const refused = await run(process.execPath, [command, ...asked], { environment })
      expect(refused.status).toBe(1)
      expect(refused.stderr).toContain('aws configure export-credentials --profile role')
    }, 60_000)

    it('is told that the secret is another one', async () => {
      const diagnosis = await byIam({ ...alice, secretAccessKey: 'guessed' })
      expect(diagnosis.status).toBe(5)
      expect(seenAt(diagnosis, 'login')[1]).toMatch(/is refused by OAUTHBEARER: .*Access denied/)
      expect(seenAt(diagnosis, 'identity')[0]).toMatch(/the secret access key is another one \(SignatureDoesNotMatch\)/)
      const why = diagnosis.findings.find((finding) => finding.why !== undefined)?.why
      expect(why?.reason).toMatch(/signature is not the one of/)
      expect(JSON.stringify(diagnosis)).not.toContain('guessed')
    }, 60_000)

    it('is told that nobody has the key, or not any more', async () => {
      const nobody = await byIam({ accessKeyId: 'AKIANOBODYHASTHISKEY', secretAccessKey: 'x' })
      expect(seenAt(nobody, 'identity')[0]).toMatch(/AKIANOBODYHASTHISKEY, from the environment, is nobody’s/)
      const carol = await users.create('carol', [allowAll])
      const client = new IAMClient({ endpoint: millrace.endpoint, region: 'us-east-1', credentials: rootKey })
      const off = { UserName: 'carol', AccessKeyId: carol.accessKeyId, Status: 'Inactive' } as const
      await client.send(new UpdateAccessKeyCommand(off))
      const diagnosis = await byIam(carol)
      expect(diagnosis.status).toBe(5)
      expect(diagnosis.findings.find(({ why }) => why !== undefined)?.why?.reason).toMatch(
        /does not exist, is inactive/,
      )
    }, 60_000)

    it.each([
      ['ahead', HOUR_MS, /still to come/],
      ['behind', -HOUR_MS, /which are over/],
    ])(
      'is told that its clock is %s',
      async (how, byMs, reason) => {
        const diagnosis = await byIam(alice, clockOff(byMs))
        expect(diagnosis.status).toBe(5)
        expect(seenAt(diagnosis, 'identity')[0]).toContain(`The clock of this machine is 60 minutes ${how} of that of`)
        expect(diagnosis.findings.find(({ why }) => why !== undefined)?.why?.reason).toMatch(reason)
      },
      60_000,
    )

    it('is told that the key is good and no policy lets it in, with the policy that would', async () => {
      const dave = await users.create('dave', [{ ...allowAll, Action: 'kafka-cluster:DescribeCluster' }])
      const diagnosis = await byIam(dave)
      expect(diagnosis.status).toBe(5)
      expect(seenAt(diagnosis, 'identity')[0]).toMatch(/is good: it is that of arn:aws:iam::000000000000:user\/dave/)
      const why = diagnosis.findings.find((finding) => finding.why !== undefined)?.why
      const policy = why?.remedies.flatMap(({ lines }) => lines).join('\n') ?? ''
      expect(JSON.parse(policy)).toMatchObject({
        Statement: [{ Effect: 'Allow', Action: 'kafka-cluster:Connect', Resource: clusterArn }],
      })
      const { Statement } = JSON.parse(policy) as { Statement: [typeof allowAll] }
      await users.allow('dave', [...Statement])
      await expect.poll(async () => (await byIam(dave)).status, { timeout: 20_000, interval: 500 }).toBe(0)
    }, 60_000)

    it('is told that another region was signed for', async () => {
      const diagnosis = await byIam(alice, { AWS_REGION: 'eu-west-1' })
      const why = diagnosis.findings.find((finding) => finding.why !== undefined)?.why
      expect(why?.reason).toMatch(/signed for the region "eu-west-1"; this cluster is in us-east-1/)
      expect(why?.remedies[0]?.lines[0]).toContain('AWS_REGION=us-east-1')
    }, 60_000)

    it('is told that the port is that of certificates', async () => {
      const { certFile, keyFile } = bob
      const certificate = ['--cert', certFile, '--key', keyFile]
      const diagnosis = await doctor(environmentOf(alice), '--bootstrap', tls, '--auth', 'iam', ...certificate)
      expect(diagnosis.wrong?.seen).toBe('It wants no login; the client is told to log in.')
    }, 60_000)
  })

  describe('by a certificate', () => {
    it('is let in, and told that nobody is without one', async () => {
      const diagnosis = await byCertificate(bob)
      expect(diagnosis.wrong).toBeUndefined()
      expect(seenAt(diagnosis, 'client-certificate')[0]).toMatch(
        /of O=Example, CN=bob, by O=Example, CN=Example Clients/,
      )
      expect(seenAt(diagnosis, 'login')).toEqual([
        'It wants no login: it takes the certificate that is shown, and lets in nobody without one.',
      ])
      const without = await doctor(millrace.environment, '--bootstrap', tls, '--auth', 'tls')
      expect([without.status, without.wrong?.seen]).toEqual([
        4,
        expect.stringContaining('demands a client certificate'),
      ])
    }, 60_000)

    it('follows what `millrace properties` prints for Java', async () => {
      const own = ['--certificate', bob.certFile, '--key', bob.keyFile]
      const { stdout } = await millrace.cli('properties', 'examined', '--auth', 'tls', ...own)
      const file = join(scratch, 'client.properties')
      writeFileSync(file, stdout)
      expect((await doctor(millrace.environment, '--command-config', file)).status).toBe(0)
    }, 60_000)

    it('is told that the certificate is of nobody whom the cluster knows', async () => {
      const diagnosis = await byCertificate(foreignCertificate(scratch, 'mallory'))
      expect(diagnosis.status).toBe(4)
      expect(diagnosis.wrong).toMatchObject({ step: 'client-certificate', next: expect.stringContaining('authority') })
      expect(diagnosis.wrong?.seen).toContain('It refuses the certificate that is shown')
    }, 60_000)

    it('is told that certificate and key do not belong together', async () => {
      const { keyFile } = foreignCertificate(scratch, 'other')
      const asked = ['--bootstrap', tls, '--auth', 'tls', '--cert', bob.certFile, '--key', keyFile]
      const diagnosis = await doctor(millrace.environment, ...asked)
      expect([diagnosis.status, diagnosis.wrong?.seen]).toEqual([4, expect.stringContaining('is not that of this')])
    }, 60_000)
  })

  describe('from where nobody gets in', () => {
    it('is told that a port is closed', async () => {
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as AddressInfo
      await new Promise((resolve) => server.close(resolve))
      const diagnosis = await doctor(environmentOf(alice), '--bootstrap', `127.0.0.1:${port}`, '--auth', 'iam')
      expect([diagnosis.status, diagnosis.wrong?.seen]).toEqual([2, expect.stringContaining('ECONNREFUSED')])
    }, 60_000)

    it('is told which security group lacks which rule', async () => {
      await networks.send(new ec2.RevokeSecurityGroupIngressCommand(rule(9098)))
      await expect
        .poll(async () => (await byIam(alice)).wrong?.seen, { timeout: 20_000, interval: 500 })
        .toBe('It takes connections, and closes each at once without a word.')
      const diagnosis = await byIam(alice)
      expect(diagnosis.status).toBe(2)
      const told = JSON.stringify(diagnosis.wrong?.why)
      expect(told).toContain('authorize-security-group-ingress')
      expect(told).toContain(GroupId)
      expect(told).toContain('9098')
    }, 60_000)
  })
})
