/** Replicas and ISR of every partition, asked of the cluster by the metadata API over its internal listeners. */
import { ClusterClient } from '@millrace/client/cluster-client'
import { createNodeHost } from '@millrace/host/node-host'
import { adminOptions } from '../admin-options.ts'
import type { ReadPartitions } from './in-sync.ts'

const TIMEOUT_MS = 5000

export const readPartitions: ReadPartitions = async (access) => {
  const client = new ClusterClient({
    ...adminOptions(access),
    host: createNodeHost(),
    clientId: 'millrace-engine',
    timeoutMs: TIMEOUT_MS,
  })
  try {
    const { topics } = await client.metadata(null)
    return topics.flatMap(({ partitions }) => partitions)
  } finally {
    client.close()
  }
}
