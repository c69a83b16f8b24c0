/** A cluster with a TLS and a SCRAM listener to be attacked, and what an attacker on the same machine may know of it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createNodeHost } from '@millrace/host/node-host'
import { AdminClient } from '@millrace/client/admin'
import type { Login } from 'millrace/doctor/finding'
import { KafkaExchange } from 'millrace/doctor/kafka-exchange'
import { openTcp, openTls } from 'millrace/doctor/open-address'
import { startMillraceProcess, type MillraceProcess } from './millrace.ts'
import { createScramCluster } from './scram-cluster.ts'

export interface Port {
  readonly host: string
  readonly port: number
}

export interface Castle {
  readonly millrace: MillraceProcess
  readonly caPem: string
  /** Of broker 1. */
  readonly tls: Port
  readonly scram: Port
  /** Of every node, the controller last. */
  readonly internal: readonly Port[]
  readonly internalSecret: string
  readonly admin: AdminClient
  /** Over TLS, with the certificate checked. */
  exchange(port: Port): Promise<KafkaExchange>
  stop(): Promise<void>
}

/** Who has a login. */
export const ALICE: Login = { user: 'alice', password: 'correct-horse-battery-staple' }
export const MECHANISM = 'SCRAM-SHA-512'
export const PATIENCE_MS = 10_000

export async function buildCastle(): Promise<Castle> {
  const scratch = mkdtempSync(join(tmpdir(), 'millrace-castle-'))
  const dataDirectory = join(scratch, 'data')
  const millrace = await startMillraceProcess({ dataDirectory })
  const { clusterArn, tls, scram, caPem } = await createScramCluster(millrace, 'castle')
  const host = createNodeHost({ timersHoldProcess: true })
  const admin = new AdminClient({ host, bootstrap: tls, tls: { caPem } })
  await admin.alterScramUsers([{ name: ALICE.user, password: ALICE.password }])
  await admin.createTopics([{ name: 'treasure', partitions: 1, replicationFactor: 3, configs: {} }])
  const id = clusterArn.split('/').at(-1) ?? ''
  const read = (...path: string[]): unknown => JSON.parse(readFileSync(join(dataDirectory, ...path), 'utf8'))
  const { nodes } = read('clusters', id, 'cluster.json') as { readonly nodes: readonly { internalPort: number }[] }
  return {
    millrace,
    caPem,
    tls: firstOf(tls),
    scram: firstOf(scram),
    internal: nodes.map(({ internalPort }) => ({ host: '127.0.0.1', port: internalPort })),
    internalSecret: (read('secrets', `${id}.json`) as { readonly internalSecret: string }).internalSecret,
    admin,
    async exchange(port) {
      const socket = await openTcp(port, PATIENCE_MS)
      const opened = await openTls(socket, port.host, { ca: [caPem], client: null }, PATIENCE_MS)
      const { untrusted, wrongName } = opened.certificate
      if (untrusted !== null || wrongName !== null)
        throw new Error(`the certificate is not good: ${untrusted ?? wrongName ?? ''}`)
      return new KafkaExchange(opened.socket, PATIENCE_MS)
    },
    async stop() {
      admin.close()
      await millrace.stop()
      rmSync(scratch, { recursive: true, force: true })
    },
  }
}

function firstOf(bootstrap: string): Port {
  const [host = '', port] = bootstrap.split(',')[0]?.split(':') ?? []
  return { host, port: Number(port) }
}
