/**
 * Millrace inside a test suite:
 *
 *     const millrace = await startMillrace()
 *     const cluster = await millrace.createCluster({ brokers: 3 })
 *     const kafka = new Kafka({ brokers: cluster.bootstrapBrokers('plaintext').split(',') })
 *     …
 *     await millrace.stop()
 *
 * Everything is ephemeral: ports are random, data lies in a directory of its own that goes with stop(), and if the test
 * process is killed its nodes end by themselves.
 */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { awsAccess, KafkaApi } from './aws-client.ts'
import { plaintextCluster, untilActive } from './demo.ts'
import { localAuthority } from './local-authority.ts'
import { startServer } from './server/server.ts'

export interface StartMillraceOptions {
  /** Default us-east-1. */
  readonly region?: string
}

export interface CreateClusterOptions {
  /** Letters, digits and hyphens; default `test-N`. */
  readonly name?: string
  /** Brokers, a multiple of the zones (at most three); default 3. */
  readonly brokers?: number
  /** As MSK names it; default 3.9.x. */
  readonly kafkaVersion?: string
}

export interface MillraceCluster {
  readonly name: string
  readonly arn: string
  /** "host:port,…". */
  bootstrapBrokers(kind: 'plaintext' | 'tls'): string
  delete(): Promise<void>
}

export interface Millrace {
  /** The AWS endpoint: `endpoint_url` of SDKs and CLI. */
  readonly endpoint: string
  readonly region: string
  /** PEM of the authority that signs the brokers' certificates: what a TLS client is to trust. */
  readonly caPem: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** Resolves when the cluster is ACTIVE. */
  createCluster(options?: CreateClusterOptions): Promise<MillraceCluster>
  /** Ends every node and removes all data. */
  stop(): Promise<void>
}

export async function startMillrace(options: StartMillraceOptions = {}): Promise<Millrace> {
  const region = options.region ?? 'us-east-1'
  const dataDir = mkdtempSync(join(tmpdir(), 'millrace-test-'))
  const [server, { authority }] = await Promise.all([
    startServer({ dataDir, host: '127.0.0.1', port: 0, region, ephemeral: true }),
    localAuthority(dataDir),
  ])
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const api = new KafkaApi({ ...awsAccess(server.endpoint, region), ...credentials })
  let created = 0
  return {
    endpoint: server.endpoint,
    region,
    caPem: authority.certificatePem,
    credentials,
    async createCluster(cluster = {}) {
      const name = cluster.name ?? `test-${++created}`
      const { clusterArn } = await api.createCluster(plaintextCluster(name, cluster.brokers ?? 3, cluster.kafkaVersion))
      await untilActive(api, clusterArn)
      const bootstrap = await api.bootstrapStrings(clusterArn)
      return {
        name,
        arn: clusterArn,
        bootstrapBrokers(kind) {
          const brokers = bootstrap[kind]
          if (brokers === null) throw new Error(`cluster ${name} has no ${kind} listener`)
          return brokers
        },
        delete: () => api.deleteCluster(clusterArn),
      }
    },
    stop: () => server.stop(),
  }
}
