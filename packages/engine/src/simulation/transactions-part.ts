/**
 * Transactions: a producer of its own, two that share a transactional id, a read_committed consumer of each partition, and
 * two copiers that consume, transform and produce.
 */
import type { Actor } from './actor.ts'
import type { Part, Stage } from './part.ts'
import { PartitionReader, type ReadRecord } from './partition-reader.ts'
import { checkCopies, fetchGroupOffset, SimulatedCopier } from './simulated-copier.ts'
import { SimulatedTransactionalProducer } from './simulated-transactional-producer.ts'
import { CommittedReader } from './committed-reader.ts'
import { TransactionPromises } from './transaction-promises.ts'

const TOPIC = 'transfers'
const PARTITIONS = 2
const COPIES = 'copies'
const GROUP = 'copiers'
const TIMEOUT_MS = 1_500

export function transactionsPart(stage: Stage): Part {
  const { cluster, ledger, setUp, access, below, world, kafkaVersion } = stage
  const replicationFactor = cluster.brokerHosts.size
  const configs: Record<string, string> = { 'min.insync.replicas': '2' }
  if (below(2) === 0) configs['segment.bytes'] = '4096'
  setUp.createTopic({ name: TOPIC, partitions: PARTITIONS, replicationFactor, configs })
  const promises = new TransactionPromises(ledger)
  const protocol = kafkaVersion.startsWith('4') && below(4) > 0 ? 2 : 1
  const common = { promises, protocol, timeoutMs: TIMEOUT_MS } as const
  const actors: Actor[] = [
    ['one', 'one-a'],
    ['shared', 'shared-a'],
    ['shared', 'shared-b'],
  ].map(
    ([transactionalId = '', name = '']) =>
      new SimulatedTransactionalProducer({
        ...common,
        access: access(),
        transactionalId,
        name,
        topic: TOPIC,
        partitions: PARTITIONS,
      }),
  )
  const readers = Array.from(
    { length: PARTITIONS },
    (_, partition) => new CommittedReader({ access: access(), promises, topic: TOPIC, partition }),
  )
  const copies = below(2) === 0
  const topics = [{ name: TOPIC, partitions: PARTITIONS }]
  if (copies) {
    setUp.createTopic({ name: COPIES, partitions: 1, replicationFactor, configs })
    topics.push({ name: COPIES, partitions: 1 })
    for (const name of ['copier-a', 'copier-b']) {
      const place = { groupId: GROUP, source: TOPIC, target: COPIES }
      actors.push(new SimulatedCopier({ ...common, ...place, access: access(), transactionalId: 'copier', name }))
    }
  }

  const readAll = (topic: string, partition: number): readonly ReadRecord[] => {
    let all: readonly ReadRecord[] | null = null
    const onOutOfRange = (offset: number): void => ledger.broken(`${topic}-${partition} cannot be read at ${offset}`)
    const reader = new PartitionReader({ access: access(), topic, partition, readCommitted: true, onOutOfRange })
    reader.readAll(0, (records) => (all = records))
    world.runUntil(() => all !== null)
    return all as unknown as readonly ReadRecord[]
  }

  return {
    actors,
    topics,
    awaited: () => null,
    unread: () => {
      const behind = readers.filter((reader) => !reader.hasReadAll(cluster))
      if (behind.length > 0) return behind.map((reader) => reader.trouble).join('; ')
      for (const reader of readers) reader.stop()
      return null
    },
    check: () => {
      const found = new Map<string, readonly ReadRecord[]>()
      for (const { name, partitions } of topics) {
        for (let partition = 0; partition < partitions; partition++)
          found.set(`${name}-${partition}`, readAll(name, partition))
      }
      promises.check(found)
      if (!copies) return
      let groupOffset = -1
      fetchGroupOffset(access(), GROUP, TOPIC, (offset) => (groupOffset = offset))
      world.runUntil(() => groupOffset >= 0)
      const [source, target] = [found.get(`${TOPIC}-0`) ?? [], found.get(`${COPIES}-0`) ?? []]
      checkCopies(source, target, groupOffset, (what) => ledger.broken(what))
    },
  }
}
