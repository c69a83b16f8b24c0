/** A consumer group by KIP-848 on a topic of its own: members come and go, read everything and commit. Kafka 4 only. */
import { ConsumerGroupPromises } from './consumer-group-promises.ts'
import { createGroupTopic, groupProducers } from './group-topic.ts'
import { logEndOf, type Part, type Stage } from './part.ts'
import { SimulatedConsumerMember } from './simulated-consumer-member.ts'
import { SimulatedGroup } from './simulated-group.ts'

const TOPIC = 'events'
const PARTITIONS = 3
const GROUP = 'workers'
/** Of one partition in simulated clusters. */
const OFFSETS_TOPIC = '__consumer_offsets'
/** As the properties of the simulated cluster say. */
export const CONSUMER_SESSION_TIMEOUT_MS = 1_500

export function consumerGroupPart(stage: Stage): Part {
  const { cluster, ledger, access, below } = stage
  const topicId = createGroupTopic(stage, TOPIC, PARTITIONS)
  const promises = new ConsumerGroupPromises(ledger, CONSUMER_SESSION_TIMEOUT_MS)
  const producers = groupProducers(stage, promises, { name: TOPIC, partitions: PARTITIONS }, 'e')
  let members = 0
  const regex = below(2) === 0 ? `${TOPIC.slice(0, 3)}.*` : null
  const termOf = (id: number): string =>
    `${id}/${cluster.brokers.get(id)?.runtime.replicaManager.get(OFFSETS_TOPIC, 0)?.leaderEpoch}`
  const sessionTimeoutMs = CONSUMER_SESSION_TIMEOUT_MS
  const common = { promises, groupId: GROUP, topic: TOPIC, topicId, sessionTimeoutMs, termOf }
  const group = new SimulatedGroup({
    ledger,
    access,
    newMember: (machine) =>
      new SimulatedConsumerMember({ ...common, regex, access: machine, memberId: `member-${++members}` }),
  })
  let commitsBefore: number | null = null

  return {
    actors: producers,
    topics: [{ name: TOPIC, partitions: PARTITIONS }],
    awaited: () => {
      const commits = ledger.counts['commits of epochs'] ?? 0
      commitsBefore ??= commits
      return commits > commitsBefore ? null : `no commit; ${group.trouble}`
    },
    unread: () => {
      for (let partition = 0; partition < PARTITIONS; partition++) {
        const [end, logEnd] = [promises.consumedEnd(partition), logEndOf(cluster, TOPIC, partition)]
        if (end < logEnd) return `the group has read partition ${partition} up to ${end} of ${logEnd}; ${group.trouble}`
      }
      group.stop()
      return null
    },
    check: () => promises.check(PARTITIONS),
  }
}
