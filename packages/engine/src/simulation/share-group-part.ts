/** A share group on a topic of its own: members come and go, acquire, accept, release and reject. From Kafka 4.2 on. */
import { createGroupTopic, groupProducers } from './group-topic.ts'
import { logEndOf, type Part, type Stage } from './part.ts'
import { ShareGroupPromises, type Span } from './share-group-promises.ts'
import { SimulatedGroup } from './simulated-group.ts'
import { SimulatedShareMember } from './simulated-share-member.ts'
import { SimulatedShareObserver } from './simulated-share-observer.ts'

const TOPIC = 'jobs'
const PARTITIONS = 3
const GROUP = 'sharers'
export const SHARE_STATE_TOPIC = '__share_group_state'
const SESSION_TIMEOUT_MS = 1_500
/** The shortest that may be configured. */
const RECORD_LOCK_MS = 1_000
/** The most: what is given back again and again is not passed over before the run ends. */
const DELIVERY_COUNT_MAX = 10

/** Of brokers that serve share groups in simulations: short times, little state between snapshots. */
export const SHARE_PROPERTIES: Readonly<Record<string, string>> = {
  // Below the session timeout of consumer groups: a group's configs are looked at together.
  'group.consumer.heartbeat.interval.ms': '300',
  'group.share.min.record.lock.duration.ms': String(RECORD_LOCK_MS),
  'group.share.record.lock.duration.ms': String(RECORD_LOCK_MS),
  'group.share.min.session.timeout.ms': String(SESSION_TIMEOUT_MS),
  'group.share.session.timeout.ms': String(SESSION_TIMEOUT_MS),
  'group.share.min.heartbeat.interval.ms': '300',
  'group.share.heartbeat.interval.ms': '300',
  'group.share.delivery.count.limit': String(DELIVERY_COUNT_MAX),
  'group.share.partition.max.record.locks': '100',
  'share.coordinator.state.topic.num.partitions': '1',
  'share.coordinator.state.topic.segment.bytes': '4096',
  'share.coordinator.state.topic.prune.interval.ms': '700',
  'share.coordinator.cold.partition.snapshot.interval.ms': '900',
  'share.coordinator.snapshot.update.records.per.snapshot': '5',
  'share.coordinator.write.timeout.ms': '600',
  'offsets.commit.timeout.ms': '400',
}

export function shareGroupPart(stage: Stage): Part {
  const { cluster, ledger, setUp, access } = stage
  const topicId = createGroupTopic(stage, TOPIC, PARTITIONS)
  setUp.setGroupConfig(GROUP, 'share.auto.offset.reset', 'earliest')
  const promises = new ShareGroupPromises(ledger, { lockMs: RECORD_LOCK_MS, deliveryCountMax: DELIVERY_COUNT_MAX })
  const producers = groupProducers(stage, promises, { name: TOPIC, partitions: PARTITIONS }, 'j')
  let members = 0
  const common = { promises, groupId: GROUP, topic: TOPIC, topicId, sessionTimeoutMs: SESSION_TIMEOUT_MS }
  const epochAt = (brokerId: number, partition: number): Span => {
    const epoch = cluster.brokers.get(brokerId)?.runtime.replicaManager.get(TOPIC, partition)?.leaderEpoch
    return epoch === undefined ? { first: -1, last: Infinity } : { first: epoch, last: epoch }
  }
  const group = new SimulatedGroup({
    ledger,
    access,
    newMember: (machine) =>
      new SimulatedShareMember({ ...common, epochAt, access: machine, memberId: `sharer-${++members}` }),
  })
  const observer = new SimulatedShareObserver({ access: access(), cluster, promises, groupId: GROUP, topic: TOPIC })
  let finishedBefore: number | null = null

  return {
    actors: producers,
    topics: [
      { name: TOPIC, partitions: PARTITIONS },
      { name: SHARE_STATE_TOPIC, partitions: 1 },
    ],
    awaited: () => {
      const finished = ledger.counts['records finished'] ?? 0
      finishedBefore ??= finished
      return finished > finishedBefore ? null : `no record finished; ${group.trouble}`
    },
    unread: () => {
      for (let partition = 0; partition < PARTITIONS; partition++) {
        const [start, logEnd] = [promises.startOf(partition), logEndOf(cluster, TOPIC, partition)]
        if (start < logEnd)
          return `the share group begins at ${start} of ${logEnd} in partition ${partition}; ${observer.trouble}; ${group.trouble}`
      }
      group.stop()
      observer.stop()
      return null
    },
    check: () => promises.check(PARTITIONS),
  }
}
