/** A Millrace with the cluster `mutual`, whose clients are those of one private CA; bob has a certificate. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Kafka, logLevel, type KafkaConfig } from 'kafkajs'
import { KafkaApi } from 'millrace/aws-client'
import { untilActive } from 'millrace/demo'
import { startMillraceProcess, threeBrokers, type MillraceProcess } from './millrace.ts'
import { PrivateAuthority } from './private-authority.ts'
import { run, runOk, type RunResult } from './run.ts'

/** As OpenSSL is told it. */
export const BOB = '/C=DE/O=Example/emailAddress=bob@example.org/CN=bob'

export class MutualCluster {
  readonly millrace: MillraceProcess
  readonly scratch: string
  readonly api: KafkaApi
  readonly authority: PrivateAuthority
  readonly arn: string
  readonly bootstrap: string

  private constructor(made: Pick<MutualCluster, 'millrace' | 'scratch' | 'api' | 'authority' | 'arn' | 'bootstrap'>) {
    this.millrace = made.millrace
    this.scratch = made.scratch
    this.api = made.api
    this.authority = made.authority
    this.arn = made.arn
    this.bootstrap = made.bootstrap
  }

  /** @param args of `millrace start` */
  static async start(...args: readonly string[]): Promise<MutualCluster> {
    const millrace = await startMillraceProcess({ args: ['--ephemeral', ...args] })
    const scratch = mkdtempSync(join(tmpdir(), 'millrace-mtls-'))
    writeFileSync(join(scratch, 'broker-ca.pem'), (await millrace.cli('ca')).stdout)
    const authority = await PrivateAuthority.create(millrace, scratch, 'Example Clients')
    // As the MSK developer guide writes it: no `Enabled`.
    const clientAuthentication = join(scratch, 'clientauthinfo.json')
    writeFileSync(clientAuthentication, JSON.stringify({ Tls: { CertificateAuthorityArnList: [authority.arn] } }))
    const { ClusterArn: arn = '' } = await call(
      millrace,
      ...['kafka', 'create-cluster', '--cluster-name', 'mutual', '--kafka-version', '3.9.x'],
      ...['--number-of-broker-nodes', '3'],
      ...['--broker-node-group-info', JSON.stringify(threeBrokers.BrokerNodeGroupInfo)],
      ...['--encryption-info', JSON.stringify({ EncryptionInTransit: { InCluster: true, ClientBroker: 'TLS' } })],
      ...['--client-authentication', `file://${clientAuthentication}`],
    )
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
    const api = new KafkaApi({ endpoint: millrace.endpoint, region: 'us-east-1', ...credentials })
    await untilActive(api, arn)
    const { plaintext, scram, tls } = await api.bootstrapStrings(arn)
    if (plaintext !== null || scram !== null || tls === null) throw new Error('a cluster of TLS has other listeners')
    await authority.issue('bob', BOB)
    return new MutualCluster({ millrace, scratch, api, authority, arn, bootstrap: tls })
  }

  async stop(): Promise<void> {
    await this.millrace.stop()
    rmSync(this.scratch, { recursive: true, force: true })
  }

  path(name: string): string {
    return join(this.scratch, name)
  }

  /** The AWS CLI's answer. */
  call<Answer = Record<string, string>>(...args: string[]): Promise<Answer> {
    return call(this.millrace, ...args)
  }

  /** What `millrace properties` prints for who has NAME.pem. @param client as it calls it: java, librdkafka … */
  async propertiesFor(client: string, name: string): Promise<string> {
    const own = ['--certificate', this.path(`${name}.pem`), '--key', this.path(`${name}.key`)]
    const { status, stdout, stderr } = await this.millrace.cli(
      ...['properties', 'mutual', '--auth', 'tls', '--for', client, ...own],
    )
    if (status !== 0) throw new Error(`no properties of ${client} for ${name}: ${stderr}`)
    return stdout
  }

  /** kcat with the certificate NAME.pem; with none where there is no name. */
  kcat(name: string | null, ...args: string[]): Promise<RunResult> {
    const own =
      name === null
        ? []
        : [
            '-X',
            `ssl.certificate.location=${this.path(`${name}.pem`)}`,
            '-X',
            `ssl.key.location=${this.path(`${name}.key`)}`,
          ]
    const tls = ['-X', 'security.protocol=ssl', '-X', `ssl.ca.location=${this.path('broker-ca.pem')}`]
    return run('kcat', ['-b', this.bootstrap, ...tls, ...own, ...args])
  }

  /** What kcat is told that does not get in; it would try again until its time is over. */
  async refusalOf(name: string | null): Promise<string> {
    const { status, stderr } = await this.kcat(name, '-L', '-m', '1')
    return status === 0 ? 'it got in' : stderr
  }

  async kafkajs(name: string): Promise<Kafka> {
    const file = this.path(`${name}.mjs`)
    writeFileSync(file, await this.propertiesFor('kafkajs', name))
    const { default: config } = (await import(pathToFileURL(file).href)) as { default: KafkaConfig }
    return new Kafka({ ...config, logLevel: logLevel.NOTHING, retry: { retries: 0 } })
  }
}

async function call<Answer = Record<string, string>>(millrace: MillraceProcess, ...args: string[]): Promise<Answer> {
  const { stdout } = await runOk('aws', [...args, '--output', 'json'], { environment: millrace.environment })
  return (stdout.trim() === '' ? {} : JSON.parse(stdout)) as Answer
}
