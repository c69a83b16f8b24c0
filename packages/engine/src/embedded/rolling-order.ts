/** In which order the nodes of a cluster restart for new properties. Pure. */
import type { ClusterSpec } from '../engine.ts'

const MIN_ISR = 'min.insync.replicas'

/**
 * Brokers first, in the given order, then controllers; the other way round when min.insync.replicas goes down: a leader must
 * never let the high watermark move on an ISR that the controller thinks too small for it, since replicas that leave such
 * an ISR may be elected (KIP-966).
 */
export function rollingOrder<Node extends { readonly node: { readonly role: string } }>(
  nodes: readonly Node[],
  before: Pick<ClusterSpec, 'properties'>,
  after: Pick<ClusterSpec, 'properties'>,
): Node[] {
  const brokers = nodes.filter(({ node }) => node.role === 'broker')
  const controllers = nodes.filter(({ node }) => node.role !== 'broker')
  return minIsr(after) < minIsr(before) ? [...controllers, ...brokers] : [...brokers, ...controllers]
}

/** Kafka's default is 1. */
function minIsr({ properties }: Pick<ClusterSpec, 'properties'>): number {
  return Number(properties[MIN_ISR] ?? 1)
}
