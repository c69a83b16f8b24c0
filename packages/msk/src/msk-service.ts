/**
 * The managed service as the `millrace` package sees it: the operations of the `kafka` API for the front door, the
 * reconciler behind them, and an overview for `/_millrace/health` and `status`.
 */
import type { Logger } from '@millrace/base/logger'
import type { Engine } from '@millrace/engine/engine'
import type { ClusterState } from './cluster-state.ts'

export interface MskServiceOptions {
  /** Where `millrace.db` and its lock live; created if missing. */
  readonly dataDir: string
  readonly engine: Engine
  readonly logger: Logger
  /** Wall clock; the system's when left out. */
  readonly clock?: () => Date
}

/** One cluster, for people and health checks. */
export interface ClusterOverview {
  readonly name: string
  readonly arn: string
  readonly accountId: string
  readonly region: string
  readonly state: ClusterState
  readonly kafkaVersion: string
  readonly nodes: readonly {
    readonly nodeId: number
    readonly role: 'broker' | 'controller'
    readonly zoneId: string | null
    readonly state: string
    readonly pid: number | null
    /** Client port of a broker; null for a controller. */
    readonly port: number | null
    readonly reason: string | null
  }[]
}
