/** From a cluster's name to a Kafka client: the running Millrace of the data directory, then the API, then the brokers. */
import { createNodeHost } from '@millrace/host/node-host'
import { AdminClient } from '@millrace/client/admin'
import type { Credentials } from '@millrace/client/scram-login'
import type { Host, TlsClientOptions } from '@millrace/base/host'
import { awsAccess, KafkaApi } from './aws-client.ts'
import { dataDirectory, internalToken, runningServer, type ServerRecord } from './data-directory.ts'
import { localAuthority } from './local-authority.ts'
import { UserError } from './user-error.ts'

export interface ClusterOption {
  readonly cluster?: string
  readonly dataDir?: string
  readonly bootstrapServer?: string
}

/** The record of the running Millrace; a UserError that says how to start one otherwise. */
export function requireServer(dataDir: string | undefined): ServerRecord {
  const directory = dataDirectory(dataDir)
  const record = runningServer(directory)
  if (record === null)
    throw new UserError(
      `No Millrace runs for ${directory}. Start one with \`millrace start\`, or name its directory with --data-dir.`,
    )
  return record
}

/** How a client of ours gets in. */
export interface ClusterAccess {
  /** "host:port,…" */
  readonly bootstrap: string
  /** Absent: plaintext. */
  readonly tls?: TlsClientOptions
  /** Absent: without a login. */
  readonly credentials?: Credentials
}

/**
 * Of the named cluster, of the only cluster, or of --bootstrap-server. As any client comes in, where clients need neither
 * login nor certificate; else as the control plane does.
 */
export async function accessTo(options: ClusterOption): Promise<ClusterAccess> {
  if (options.bootstrapServer !== undefined) return { bootstrap: options.bootstrapServer }
  const { api, arn } = await locateCluster(options)
  const { plaintext, tls } = await api.bootstrapStrings(arn)
  if (plaintext !== null) return { bootstrap: plaintext }
  if (tls === null || (await api.demandsCertificates(arn))) return operatorAccess(options, arn)
  const { authority } = await localAuthority(options.dataDir)
  return { bootstrap: tls, tls: { caPem: authority.certificatePem } }
}

async function operatorAccess({ dataDir }: ClusterOption, arn: string): Promise<ClusterAccess> {
  const { endpoint } = requireServer(dataDir)
  const query = new URLSearchParams({ cluster: arn.slice(arn.lastIndexOf('/') + 1) })
  const response = await fetch(`${endpoint}/_millrace/admin-access?${query.toString()}`, {
    headers: { authorization: `Bearer ${internalToken(dataDirectory(dataDir))}` },
  })
  if (!response.ok) throw new UserError(`${endpoint} answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as ClusterAccess
}

/** The named cluster, or the only one there is. */
export async function locateCluster(
  options: ClusterOption,
): Promise<{ readonly api: KafkaApi; readonly arn: string; readonly name: string }> {
  const record = requireServer(options.dataDir)
  const api = new KafkaApi(awsAccess(record.endpoint, process.env['AWS_REGION'] ?? record.region))
  const clusters = await api.listClusters()
  const names = clusters.map((cluster) => cluster.clusterName).join(', ')
  const wanted = options.cluster
  const found = wanted === undefined ? clusters[0] : clusters.find((cluster) => cluster.clusterName === wanted)
  if (wanted === undefined && clusters.length > 1)
    throw new UserError(`Which cluster? Name one with --cluster: ${names}.`)
  if (found === undefined) {
    throw new UserError(
      clusters.length === 0
        ? 'There is no cluster yet. Create one with `aws kafka create-cluster-v2`, or start with --demo.'
        : `There is no cluster ${wanted ?? ''} here; there is: ${names}.`,
    )
  }
  return { api, arn: found.clusterArn, name: found.clusterName }
}

/** Runs `use` with an admin client for the cluster and closes it. */
export async function withAdmin<T>(
  options: ClusterOption,
  use: (admin: AdminClient, host: Host, access: ClusterAccess) => Promise<T>,
): Promise<T> {
  const access = await accessTo(options)
  const host = createNodeHost({ timersHoldProcess: true })
  const admin = new AdminClient({ host, ...access, clientId: 'millrace' })
  try {
    return await use(admin, host, access)
  } finally {
    admin.close()
  }
}
