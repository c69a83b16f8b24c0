/**
 * A part of a run's scenario: some topics, who uses them, and what must hold in the end. Every seed has some of the parts:
 * fewer at a time make rarer things happen within one run.
 */
import type { World } from '@millrace/testkit/world'
import type { Actor } from './actor.ts'
import type { ClusterAccess } from './cluster-access.ts'
import type { Ledger } from './ledger.ts'
import type { SimulatedClient } from './simulated-client.ts'
import type { SimulatedCluster } from './simulated-cluster.ts'

/** What a part is made of. */
export interface Stage {
  readonly world: World
  readonly cluster: SimulatedCluster
  readonly ledger: Ledger
  readonly kafkaVersion: string
  /** Creates topics before the troubles begin. */
  readonly setUp: SimulatedClient
  /** A client machine of its own. */
  readonly access: () => ClusterAccess
  /** From the world's randomness. */
  readonly below: (bound: number) => number
}

export interface Part {
  readonly actors: readonly Actor[]
  readonly topics: readonly { readonly name: string; readonly partitions: number }[]
  /** What is still to come about after the troubles, while all are at work; null when it has. */
  readonly awaited: () => string | null
  /** What readers have still to read when nothing is written any more; null when they have. */
  readonly unread: () => string | null
  /** Compares what was promised with what is there. Runs the world. */
  readonly check: () => void
}

/** End of the partition's log at its leader. */
export function logEndOf(cluster: SimulatedCluster, topic: string, partition: number): number {
  for (const broker of cluster.brokers.values()) {
    const replica = broker.runtime.replicaManager.get(topic, partition)
    if (replica?.isLeader === true) return replica.logEndOffset
  }
  return Infinity
}
