/**
 * Where a cluster lives on disk. `<root>` belongs to one control plane:
 *
 *   <root>/clusters/<id>/cluster.json          spec and ports as last applied: what is needed to adopt its nodes
 *   <root>/clusters/<id>/broker-1/ …           a node's data directory (see node-config.ts)
 *   <root>/clusters/<id>/controller-10001/
 *   <root>/clusters/<id>/broker-1/data-key     of a cluster that is encrypted: the node's data key, wrapped
 *   <root>/clusters/<id>/logs/broker-1.log     JSON lines; older ones in broker-1.log.1 …, last words in broker-1.stderr
 *   <root>/secrets/<id>.json                   0600, the cluster's secret; in no node's directory
 */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { TlsServerOptions } from '@millrace/base/host'
import type { ClusterId, ClusterSpec, NodeId, NodeRole, VpcListener } from '../engine.ts'
import { writeJsonAtomic } from './node-config.ts'
import { type BlockListener, portsOfBlock } from './ports.ts'
import type { NodeSecrets } from './node-config.ts'

export type ClientPorts = Readonly<Record<BlockListener, number> & Partial<Record<VpcListener, number>>>

export interface NodeRecord {
  readonly nodeId: NodeId
  readonly role: NodeRole
  readonly zoneId: string | null
  /** First port of the node's block. */
  readonly portBlock: number
  /** One for each kind of listener, served or not; for other VPCs once there were such; null for a controller. */
  readonly clientPorts: ClientPorts | null
  readonly internalPort: number
}

export interface ClusterRecord {
  readonly spec: ClusterSpec
  readonly nodes: readonly NodeRecord[]
}

export class ClusterDirectory {
  readonly id: ClusterId
  readonly path: string
  readonly #secretPath: string

  constructor(root: string, id: ClusterId) {
    this.id = id
    this.path = join(root, 'clusters', id)
    this.#secretPath = join(root, 'secrets', `${id}.json`)
  }

  /** Null when nothing was ever applied here. */
  read(): ClusterRecord | null {
    const path = join(this.path, 'cluster.json')
    if (!existsSync(path)) return null
    return current(JSON.parse(readFileSync(path, 'utf8')) as WrittenRecord)
  }

  write(record: ClusterRecord): void {
    mkdirSync(join(this.path, 'logs'), { recursive: true })
    writeJsonAtomic(join(this.path, 'cluster.json'), record)
  }

  /** The cluster's secrets, made when first asked for. */
  secrets(): NodeSecrets {
    if (existsSync(this.#secretPath)) return JSON.parse(readFileSync(this.#secretPath, 'utf8')) as NodeSecrets
    const secrets: NodeSecrets = { internalSecret: randomBytes(32).toString('base64url') }
    mkdirSync(join(this.#secretPath, '..'), { recursive: true, mode: 0o700 })
    writeJsonAtomic(this.#secretPath, secrets, 0o600)
    return secrets
  }

  /** From now on the nodes are started with this certificate. */
  writeCertificate(tls: TlsServerOptions): void {
    writeJsonAtomic(this.#secretPath, { ...this.secrets(), tls }, 0o600)
  }

  nodeDirectory(node: Pick<NodeRecord, 'role' | 'nodeId'>): string {
    return join(this.path, `${node.role}-${node.nodeId}`)
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true, maxRetries: 5 })
    rmSync(this.#secretPath, { force: true })
  }
}

/** What came to specs later. */
type Added = 'clientListeners' | 'encryptsInCluster' | 'encryptionAtRest'

/** As an earlier version may have written it: with fewer kinds of listeners, or with the plaintext one alone. */
interface WrittenRecord {
  readonly spec: Omit<ClusterSpec, Added> & Partial<Pick<ClusterSpec, Added>>
  readonly nodes: readonly (Omit<NodeRecord, 'clientPorts'> & {
    readonly clientPort?: number | null
    readonly clientPorts?: Partial<NonNullable<NodeRecord['clientPorts']>> | null
  })[]
}

/** Ports that were not written down are those of the node's block. */
function current({ spec, nodes }: WrittenRecord): ClusterRecord {
  return {
    spec: { clientListeners: ['plaintext'], encryptsInCluster: false, encryptionAtRest: null, ...spec },
    nodes: nodes.map(({ clientPort = null, clientPorts = null, ...node }) => {
      if (node.role === 'controller') return { ...node, clientPorts: null }
      const written = { ...(clientPort === null ? {} : { plaintext: clientPort }), ...clientPorts }
      return { ...node, clientPorts: { ...portsOfBlock(node.portBlock), ...written } }
    }),
  }
}

/** Every cluster that has a record under `root`. */
export function listClusterRecords(root: string): ClusterRecord[] {
  const clusters = join(root, 'clusters')
  if (!existsSync(clusters)) return []
  return readdirSync(clusters).flatMap((id) => {
    const record = new ClusterDirectory(root, id).read()
    return record === null ? [] : [record]
  })
}
