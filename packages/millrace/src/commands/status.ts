/** `millrace status`: the clusters of a data directory and their nodes. */
import type { ClusterOverview } from '@millrace/msk/msk-service'
import { dataDirectory, internalToken } from '../data-directory.ts'
import { requireServer } from '../locate-cluster.ts'
import { printJson, printTable } from '../output.ts'
import { UserError } from '../user-error.ts'

export async function status(options: { readonly dataDir?: string; readonly json?: boolean }): Promise<void> {
  const record = requireServer(options.dataDir)
  const response = await fetch(`${record.endpoint}/_millrace/status`, {
    headers: { authorization: `Bearer ${internalToken(dataDirectory(options.dataDir))}` },
  })
  if (!response.ok) throw new UserError(`${record.endpoint} answered ${response.status}: ${await response.text()}`)
  const answer = (await response.json()) as { version: string; clusters: readonly ClusterOverview[] }
  if (options.json === true) {
    printJson({ ...answer, endpoint: record.endpoint, pid: record.pid })
    return
  }
  process.stdout.write(`Millrace ${answer.version} · ${record.endpoint} · pid ${record.pid}\n\n`)
  const rows = answer.clusters.flatMap((cluster) =>
    cluster.nodes.map((node, index) => [
      index === 0 ? cluster.name : '',
      index === 0 ? cluster.state : '',
      index === 0 ? cluster.kafkaVersion : '',
      `${node.role} ${node.nodeId}`,
      node.zoneId ?? '',
      Object.entries(node.ports)
        .map(([listener, port]) => `${port} ${listener}`)
        .join(', '),
      node.pid === null ? '' : String(node.pid),
      node.reason === null ? node.state : `${node.state}: ${node.reason}`,
    ]),
  )
  printTable(
    ['CLUSTER', 'STATE', 'KAFKA', 'NODE', 'ZONE', 'PORTS', 'PID', 'NODE STATE'],
    rows,
    'No clusters yet. Create one with `aws kafka create-cluster-v2`.',
  )
}
