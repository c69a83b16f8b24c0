/**
 * The files of one node, as the engine writes and the node's process reads them:
 *
 *   DIR/node-config.json   what to run with, written by the engine before every start (never a secret)
 *   DIR/node.json          who runs here now: pid, start time, nonce, control socket; written by the process, 0600
 *   DIR/.lock              held by the process as long as it lives
 *   DIR/data-key           the key that seals everything else, wrapped; only of an encrypted cluster
 *   everything else in DIR belongs to Kafka: DIR is the node's log directory
 */
import { createHash } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TlsServerOptions } from '@millrace/base/host'
import type { ClientSaslMechanism } from '@millrace/broker/broker-config'
import type { SecuritySnapshot } from '@millrace/broker/security/security-snapshot'
import type { NodeRole } from '../engine.ts'

export interface NodeListener {
  /** As MSK names them: CLIENT, CLIENT_SECURE. */
  readonly name: string
  readonly securityProtocol: 'PLAINTEXT' | 'SSL' | 'SASL_SSL'
  readonly saslMechanisms?: readonly ClientSaslMechanism[]
  readonly clientCertificates?: 'requested' | 'required'
  readonly host: string
  readonly port: number
}

export interface NodeConfig {
  readonly role: NodeRole
  readonly clusterName: string
  readonly clusterId: string
  readonly nodeId: number
  readonly rack: string | null
  /** 'x.y' of a Kafka release. */
  readonly kafkaVersion: string
  /** Client listeners; empty for a controller. */
  readonly listeners: readonly NodeListener[]
  readonly internalListener: { readonly host: string; readonly port: number }
  /** Nodes speak TLS with each other. */
  readonly encryptsInCluster: boolean
  readonly controller: { readonly nodeId: number; readonly host: string; readonly port: number }
  readonly properties: Readonly<Record<string, string>>
  /** The process ends when its stdin closes: nodes of the library and of `--ephemeral`. */
  readonly ephemeral: boolean
}

/** What is handed over on stdin, as the first line. */
export interface NodeStartLine extends NodeSecrets {
  readonly security: SecuritySnapshot | null
}

export interface NodeSecrets {
  readonly internalSecret: string
  /** What listeners with SSL show; the certificate is followed by its authority's, whom nodes trust. */
  readonly tls?: TlsServerOptions
  /** Base64: what seals the node's data. Absent: its data is plain. */
  readonly dataKey?: string
}

/** DIR/node.json. */
export interface NodeIdentity {
  readonly pid: number
  readonly startTimeMs: number
  readonly nonce: string
  readonly controlSocket: string
  readonly configHash: string
}

const SOCKET_PATH_BYTES_MAX = 103 // sun_path holds 104 bytes on macOS, 108 on Linux, the closing zero included

/** Two nodes with the same hash run with the same configuration: nothing to restart for. */
export function configHash(config: NodeConfig): string {
  return createHash('sha256').update(canonicalJson(config)).digest('hex').slice(0, 16)
}

export function readNodeConfig(directory: string): NodeConfig {
  return JSON.parse(readFileSync(join(directory, 'node-config.json'), 'utf8')) as NodeConfig
}

export function writeNodeConfig(directory: string, config: NodeConfig): void {
  writeJsonAtomic(join(directory, 'node-config.json'), config)
}

/** Null when no process has ever run here, or the file is unreadable. */
export function readNodeIdentity(directory: string): NodeIdentity | null {
  try {
    return JSON.parse(readFileSync(join(directory, 'node.json'), 'utf8')) as NodeIdentity
  } catch {
    return null
  }
}

export function writeNodeIdentity(directory: string, identity: NodeIdentity): void {
  writeJsonAtomic(join(directory, 'node.json'), identity, 0o600)
}

/** In the node's directory where its path is short enough for a socket address, else in the system's temporary one. */
export function controlSocketPath(directory: string): string {
  const inside = join(directory, 'control.sock')
  if (Buffer.byteLength(inside) <= SOCKET_PATH_BYTES_MAX) return inside
  return join(tmpdir(), `millrace-${createHash('sha256').update(directory).digest('hex').slice(0, 16)}.sock`)
}

/** Never a half-written file: written beside, then renamed over. */
export function writeJsonAtomic(path: string, value: unknown, mode = 0o644): void {
  writeFileSync(`${path}.tmp`, `${JSON.stringify(value, null, 2)}\n`, { mode })
  renameSync(`${path}.tmp`, path)
}

/** JSON with the keys of every object in order, so that equal values give equal text. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}
