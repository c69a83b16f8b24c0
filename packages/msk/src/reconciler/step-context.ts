/** What every step of the reconciler works with, and the two things that several of them do. */
import type { Logger } from '@millrace/base/logger'
import type { Engine } from '@millrace/engine/engine'
import type { KeySource } from '../at-rest/key-source.ts'
import { type ClusterEvent, nextClusterState } from '../cluster-state.ts'
import { parseProperties } from '../configurations/server-properties.ts'
import { clusterSpec, type DesiredCluster } from '../desired-cluster.ts'
import type { Cluster } from '../store/records.ts'
import type { Store } from '../store/store.ts'

export interface StepContext {
  readonly store: Store
  readonly engine: Engine
  readonly keys: KeySource
  readonly clock: () => Date
  readonly logger: Logger
  /** Tells the engine who may come in, before nodes start. */
  readonly pushSecurity: (cluster: Cluster) => Promise<void>
  /** What was made for a cluster outside of the engine goes with it. */
  readonly clusterRemoved: (clusterArn: string) => Promise<void>
  /** Aborted when the control plane closes: what fails then has not failed, it was interrupted. */
  readonly signal: AbortSignal
}

export type StepOutcome =
  /** There may be more to do. */
  | 'went-on'
  /** All is as it should be, or nothing can be done. */
  | 'rests'
  /** It failed for now. */
  | 'retry-later'

/** Asks the engine for `desired`. */
export async function applyCluster(context: StepContext, cluster: Cluster, desired: DesiredCluster): Promise<void> {
  const { store, engine, logger, signal } = context
  const reference = desired.ConfigurationInfo
  const revision = reference === null ? null : await store.revision(reference.Arn, reference.Revision)
  const properties = revision === null ? {} : parseProperties(revision.properties)
  const spec = clusterSpec({ id: cluster.id, arn: cluster.arn, name: cluster.name, desired, properties })
  await context.pushSecurity({ ...cluster, desired })
  await engine.apply(spec, (step) => logger.info('engine step', { cluster: cluster.name, ...step }), signal)
}

/** Moves the cluster along the state table and writes what goes with it, as the cluster stands at that moment. */
export async function moveCluster(
  store: Store,
  clusterArn: string,
  event: ClusterEvent,
  change: Partial<Cluster> = {},
): Promise<void> {
  await store.transaction(async (transaction) => {
    const now = await transaction.cluster(clusterArn)
    if (now === null) return
    const state = nextClusterState(now.state, event)
    await transaction.updateCluster(clusterArn, { stateCode: null, stateMessage: null, ...change, state })
  })
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
