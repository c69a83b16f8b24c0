/** Waits until a restarted broker has caught up: the condition for restarting the next one. */
import type { AdminAccess, NodeId } from '../engine.ts'

export interface PartitionReplicas {
  readonly replicas: readonly NodeId[]
  readonly isr: readonly NodeId[]
}

export type ReadPartitions = (access: AdminAccess) => Promise<readonly PartitionReplicas[]>

const CHECK_MS = 100

/** True when `node` is in the ISR of every partition that it has a replica of. */
export function isInSync(partitions: readonly PartitionReplicas[], node: NodeId): boolean {
  return partitions.every(({ replicas, isr }) => !replicas.includes(node) || isr.includes(node))
}

/**
 * Resolves when `node` is in all its ISRs. Kafka has no event for this, so metadata is read ten times a second.
 * @throws the last error of `read` when `deadlineMs` has passed, or a sentence that the replica is still behind
 */
export async function waitUntilInSync(options: {
  readonly access: AdminAccess
  readonly node: NodeId
  readonly read: ReadPartitions
  readonly timeoutMs: number
  readonly signal: AbortSignal
}): Promise<void> {
  const deadline = performance.now() + options.timeoutMs
  for (;;) {
    options.signal.throwIfAborted()
    let problem: unknown
    try {
      if (isInSync(await options.read(options.access), options.node)) return
      problem = new Error(`broker ${options.node} has not caught up with all its partitions`)
    } catch (error) {
      problem = error
    }
    if (performance.now() > deadline) throw problem
    await new Promise((resolve) => setTimeout(resolve, CHECK_MS))
  }
}
