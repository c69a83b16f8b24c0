/** Plain, idempotent and acks=1 producers, consumers, a classic group and an administrator on one topic. */
import type { Partition } from '@millrace/broker/replication/partition'
import type { Actor } from './actor.ts'
import type { ClusterAccess } from './cluster-access.ts'
import type { Part, Stage } from './part.ts'
import { logEndOf } from './part.ts'
import { SimulatedAdministrator } from './simulated-administrator.ts'
import { SimulatedConsumer } from './simulated-consumer.ts'
import { GroupPromises, SimulatedGroupMember } from './simulated-group-member.ts'
import { SimulatedGroup } from './simulated-group.ts'
import { SimulatedProducer } from './simulated-producer.ts'

const TOPIC = 'orders'
const PARTITIONS = 2
const GROUP = 'readers'

export function ordersPart(stage: Stage): Part {
  const { cluster, ledger, setUp, access, below, world } = stage
  const configs: Record<string, string> = { 'min.insync.replicas': '2' }
  if (below(2) === 0) configs['segment.bytes'] = '8192'
  setUp.createTopic({ name: TOPIC, partitions: PARTITIONS, replicationFactor: cluster.brokerHosts.size, configs })
  const actors: Actor[] = []
  const consumers: SimulatedConsumer[] = []
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const common = { ledger, topic: TOPIC, partition, thinkingMsMax: 150, acks: -1 } as const
    const inFlight = 1 + 2 * partition
    actors.push(
      new SimulatedProducer({ ...common, access: access(), name: `p${partition}`, inFlight: 0 }),
      new SimulatedProducer({ ...common, access: access(), name: `i${partition}`, inFlight }),
    )
    consumers.push(new SimulatedConsumer({ access: access(), ledger, topic: TOPIC, partition }))
  }
  const leaderOnly = { name: 'leader-only', acks: 1, inFlight: 0, thinkingMsMax: 200 } as const
  actors.push(new SimulatedProducer({ ...leaderOnly, access: access(), ledger, topic: TOPIC, partition: 0 }))
  const readUpTo = (partition: number): number => consumers[partition]?.position ?? 0
  const member = { promises: new GroupPromises(ledger), groupId: GROUP, topic: TOPIC, partitions: PARTITIONS, readUpTo }
  const newMember = (machine: ClusterAccess): SimulatedGroupMember =>
    new SimulatedGroupMember({ ...member, access: machine })
  const group = below(3) === 0 ? null : new SimulatedGroup({ ledger, access, newMember })
  if (group !== null) actors.push(group)
  const brokers = [...cluster.brokerHosts.keys()]
  const administrator =
    below(3) === 0
      ? null
      : new SimulatedAdministrator({
          access: access(),
          ledger,
          topic: TOPIC,
          partitions: PARTITIONS,
          brokers,
          readUpTo,
          // An eligible leader replica that is away may have been away for longer than the deletion took.
          standsEverywhere: (partition) => {
            const topic = cluster.controller?.runtime.image.topicsByName.get(TOPIC)
            return topic?.partitions[partition]?.eligibleLeaderReplicas.length === 0
          },
        })
  if (administrator !== null) actors.push(administrator)

  const leaderOf = (partition: number): Partition | undefined =>
    [...cluster.brokers.values()]
      .map((broker) => broker.runtime.replicaManager.get(TOPIC, partition))
      .find((replica) => replica?.isLeader === true)
  let commitsBefore: number | null = null

  return {
    actors,
    topics: [{ name: TOPIC, partitions: PARTITIONS }],
    awaited: () => {
      const commits = ledger.counts['commits'] ?? 0
      commitsBefore ??= commits
      return group === null || commits > commitsBefore ? null : `no commit; ${group.trouble}`
    },
    unread: () => {
      const behind = consumers.filter((consumer, partition) => consumer.position < logEndOf(cluster, TOPIC, partition))
      if (behind.length > 0) return behind.map((consumer) => consumer.trouble).join('; ')
      for (const consumer of consumers) consumer.stop()
      return null
    },
    check: () => {
      for (const [partition, consumer] of consumers.entries()) {
        let values: ReadonlyMap<number, string> | null = null
        const logStartOffset = leaderOf(partition)?.logStartOffset ?? 0
        consumer.readAll(logStartOffset, (all) => (values = all))
        world.runUntil(() => values !== null)
        ledger.checkPartition(partition, logStartOffset, values as unknown as ReadonlyMap<number, string>)
      }
      const image = cluster.controller?.runtime.image
      if (image !== undefined) administrator?.check(image)
    },
  }
}
