/** Millrace as it is built and shipped: three brokers each, once as they are by default and once checking headers only. */
import { rmSync } from 'node:fs'
import {
  CreateClusterV2Command,
  CreateConfigurationCommand,
  DeleteClusterCommand,
  DescribeClusterV2Command,
  GetBootstrapBrokersCommand,
  KafkaClient,
} from '@aws-sdk/client-kafka'
import { AdminClient } from '@millrace/client/admin'
import { createNodeHost } from '@millrace/host/node-host'
import { childrenOf } from './processes.ts'
import { createAndLocate, scratchDirectory, type Target } from './targets.ts'

const BROKERS = 3
const KAFKA_VERSION = '3.9.x'
const POLL_MS = 5

export interface MillraceTarget extends Target {
  /** The cluster's processes, controller first, brokers in no order. */
  readonly nodes: { readonly controller: number; readonly brokers: readonly number[] }
  /** Milliseconds from the request that creates a cluster of three brokers to ACTIVE; the cluster is deleted again. */
  createToActiveMs(): Promise<number>
}

export interface BenchCluster {
  readonly arn: string
  readonly activeMs: number
  readonly bootstrap: string
  readonly brokers: readonly number[]
  readonly controllers: readonly number[]
}

export async function startMillraceTarget(): Promise<MillraceTarget> {
  const { startMillrace } = (await import(
    new URL('../dist/bin/library.js', import.meta.url).href
  )) as typeof import('../packages/millrace/src/library.ts')
  // The library puts its data below TMPDIR.
  const scratch = scratchDirectory('millrace-bench-')
  process.env['TMPDIR'] = scratch
  const millrace = await startMillrace()
  const api = new KafkaClient({ ...millrace })
  const host = createNodeHost()
  const admins = new Map<string, AdminClient>()
  const adminOf = ({ bootstrap }: BenchCluster): AdminClient => {
    const admin = admins.get(bootstrap) ?? new AdminClient({ host, bootstrap, clientId: 'bench' })
    admins.set(bootstrap, admin)
    return admin
  }
  let count = 0
  const byDefault = await createCluster(api, `bench-${++count}`)
  let headersOnly: BenchCluster | null = null
  return {
    name: 'millrace',
    nodes: { controller: byDefault.controllers[0] ?? -1, brokers: byDefault.brokers },
    async prepare(spec) {
      if (!spec.checksRecords)
        headersOnly ??= await createCluster(api, `bench-${++count}`, await headersOnlyConfig(api))
      const cluster = headersOnly !== null && !spec.checksRecords ? headersOnly : byDefault
      return {
        leaders: await createAndLocate(adminOf(cluster), spec),
        pids: cluster.brokers,
        end: () => adminOf(cluster).deleteTopics([spec.name]),
      }
    },
    async createToActiveMs() {
      const cluster = await createCluster(api, `bench-${++count}`)
      await api.send(new DeleteClusterCommand({ ClusterArn: cluster.arn }))
      while (await exists(api, cluster.arn)) await new Promise((resolve) => setTimeout(resolve, POLL_MS))
      return cluster.activeMs
    },
    async stop() {
      for (const admin of admins.values()) admin.close()
      await millrace.stop()
      rmSync(scratch, { recursive: true, force: true })
    },
  }
}

async function headersOnlyConfig(api: KafkaClient): Promise<{ Arn: string; Revision: number }> {
  const { Arn = '' } = await api.send(
    new CreateConfigurationCommand({
      Name: 'headers-only',
      ServerProperties: Buffer.from('millrace.validate.records=header\n'),
    }),
  )
  return { Arn, Revision: 1 }
}

export async function createCluster(
  api: KafkaClient,
  name: string,
  configuration?: { Arn: string; Revision: number },
  /** Of the KMS key that its data is encrypted under; absent: it is plain. */
  keyArn?: string,
): Promise<BenchCluster> {
  const before = new Set([...childrenOf(process.pid, 'millrace-broker'), ...childrenOf(process.pid, 'millrace-contr')])
  const startedMs = performance.now()
  const { ClusterArn: arn = '' } = await api.send(
    new CreateClusterV2Command({
      ClusterName: name,
      Provisioned: {
        BrokerNodeGroupInfo: {
          InstanceType: 'kafka.m5.large',
          ClientSubnets: ['a', 'b', 'c'].map((zone) => `subnet-0000000000000000${zone}`),
        },
        KafkaVersion: KAFKA_VERSION,
        NumberOfBrokerNodes: BROKERS,
        // As Apache Kafka beside it: without TLS between the nodes.
        EncryptionInfo: {
          EncryptionInTransit: { ClientBroker: 'TLS_PLAINTEXT', InCluster: false },
          ...(keyArn === undefined ? {} : { EncryptionAtRest: { DataVolumeKMSKeyId: keyArn } }),
        },
        ClientAuthentication: { Unauthenticated: { Enabled: true } },
        ...(configuration === undefined ? {} : { ConfigurationInfo: configuration }),
      },
    }),
  )
  for (;;) {
    const { ClusterInfo: cluster } = await api.send(new DescribeClusterV2Command({ ClusterArn: arn }))
    if (cluster?.State === 'ACTIVE') break
    if (cluster?.State === 'FAILED') throw new Error(`the cluster failed: ${cluster.StateInfo?.Message ?? ''}`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
  const activeMs = performance.now() - startedMs
  const { BootstrapBrokerString: bootstrap = '' } = await api.send(new GetBootstrapBrokersCommand({ ClusterArn: arn }))
  const isNew = (pid: number): boolean => !before.has(pid)
  return {
    arn,
    activeMs,
    bootstrap,
    brokers: childrenOf(process.pid, 'millrace-broker').filter(isNew),
    controllers: childrenOf(process.pid, 'millrace-contr').filter(isNew),
  }
}

async function exists(api: KafkaClient, arn: string): Promise<boolean> {
  try {
    await api.send(new DescribeClusterV2Command({ ClusterArn: arn }))
    return true
  } catch (error) {
    if (error instanceof Error && error.name === 'NotFoundException') return false
    throw error
  }
}
