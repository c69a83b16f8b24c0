/** A cluster as librdkafka's tests want it, and what its test runner is told to reach it. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { createThreeBrokers, type MillraceProcess } from './millrace.ts'
import { createSecuredCluster, SUBJECT, type Security } from './secured-cluster.ts'

/** As the API names a version, and as the tests are told it: 'x.y.z' decides which of them apply. */
export const librdkafkaClusters = {
  '4.1': { msk: '4.1.x.kraft', kafka: '4.1.1' },
  '4.2': { msk: '4.2.x.kraft', kafka: '4.2.0' },
} as const

export interface LibrdkafkaClusterOptions {
  readonly autoCreate: boolean
  /** Plaintext when absent. */
  readonly security?: Security
  /** 4.1 unless given. */
  readonly kafka?: keyof typeof librdkafkaClusters
}

export interface RunnerConnection {
  readonly bootstrap: string
  /** Lines of the runner's test.conf. */
  readonly configuration: string
  readonly brokerVersion: string
  readonly environment: Readonly<Record<string, string>>
}

/** Many tests make topics of one replica and produce with acks=all: Kafka's own default, not MSK's 2. */
const PROPERTIES = ['num.partitions=4', 'min.insync.replicas=1', 'delete.topic.enable=true']
const KEY_PASSWORD = 'correct-horse'

/** @param directory for the files that clients need */
export async function createLibrdkafkaCluster(
  millrace: MillraceProcess,
  directory: string,
  clusterName: string,
  { autoCreate, security, kafka = '4.1' }: LibrdkafkaClusterOptions,
): Promise<RunnerConnection> {
  const { msk: kafkaVersion, kafka: brokerVersion } = librdkafkaClusters[kafka]
  const serverProperties = [...PROPERTIES, `auto.create.topics.enable=${String(autoCreate)}`]
  const options = { kafkaVersion, serverProperties }
  if (security === undefined) {
    const { bootstrap } = await createThreeBrokers(millrace, clusterName, options)
    return { ...plaintext(bootstrap), brokerVersion }
  }
  const cluster = await createSecuredCluster(millrace, directory, clusterName, security, options)
  const forms =
    security === 'mutual' ? { configuration: '', environment: {} } : certificateForms(directory, cluster.caFile)
  return {
    bootstrap: cluster.bootstrap,
    configuration: (await cluster.properties('librdkafka')) + forms.configuration,
    brokerVersion,
    environment: forms.environment,
  }
}

export function plaintext(bootstrap: string): Omit<RunnerConnection, 'brokerVersion'> {
  return { bootstrap, configuration: `bootstrap.servers=${bootstrap}\n`, environment: {} }
}

/**
 * A certificate of its own (own.pem) for test 0097, in every form that a client can read, as the cluster tool of librdkafka
 * makes them. That tool calls it 'requested' where brokers let in who shows another one.
 * @param caFile of the brokers
 */
export function certificateForms(
  directory: string,
  caFile: string,
  clientAuthentication: 'requested' | 'required' = 'requested',
): Pick<RunnerConnection, 'configuration' | 'environment'> {
  const path = (name: string): string => join(directory, name)
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { stdio: 'ignore' })
  const [key, certificate] = [path('own.key'), path('own.pem')]
  openssl(
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', SUBJECT],
    ...['-keyout', key, '-out', certificate],
  )
  openssl('rsa', '-in', key, '-outform', 'DER', '-out', path('own-key.der'))
  openssl('x509', '-in', certificate, '-outform', 'DER', '-out', path('own.der'))
  openssl('x509', '-in', caFile, '-outform', 'DER', '-out', path('broker-ca.der'))
  openssl(
    ...['pkcs12', '-export', '-inkey', key, '-in', certificate, '-certfile', caFile],
    ...['-passout', `pass:${KEY_PASSWORD}`, '-out', path('own.p12')],
  )
  return {
    configuration: [
      `ssl.certificate.location=${certificate}`,
      `ssl.key.location=${key}`,
      `ssl.key.password=${KEY_PASSWORD}`,
      '',
    ].join('\n'),
    environment: {
      SSL_client_auth: clientAuthentication,
      SSL_password: KEY_PASSWORD,
      SSL_pkcs: path('own.p12'),
      SSL_pub_pem: certificate,
      SSL_pub_der: path('own.der'),
      SSL_priv_pem: key,
      SSL_priv_der: path('own-key.der'),
      SSL_ca_pem: caFile,
      SSL_all_cas_pem: caFile,
      SSL_ca_der: path('broker-ca.der'),
    },
  }
}
