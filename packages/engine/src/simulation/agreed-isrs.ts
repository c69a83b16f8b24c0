/** What controller and leaders both know of the in-sync replicas, at this moment. */
import type { PartitionState } from '@millrace/metadata/partition-state'
import type { SimulatedCluster } from './simulated-cluster.ts'

/** Whether every partition is led by a broker that has the controller's ISR and wants no other, and `holds`. */
export function everyAgreedIsr(cluster: SimulatedCluster, holds: (partition: PartitionState) => boolean): boolean {
  const { controller, brokers } = cluster
  if (controller === null) return false
  for (const topic of controller.runtime.image.topicsById.values()) {
    for (const [index, partition] of topic.partitions.entries()) {
      if (partition.leader < 0 || !holds(partition)) return false
      const replica = brokers.get(partition.leader)?.runtime.replicaManager.get(topic.name, index)
      if (replica?.isLeader !== true || replica.isr.length !== partition.isr.length || replica.proposesIsr) return false
    }
  }
  return true
}
