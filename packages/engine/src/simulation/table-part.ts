/** A compacted topic with small segments, so that it is compacted again and again within a run. */
import type { Part, Stage } from './part.ts'
import { SimulatedTable } from './simulated-table.ts'

const TOPIC = 'table'

export function tablePart({ cluster, ledger, setUp, access, below, world }: Stage): Part {
  const configs = {
    'min.insync.replicas': '2',
    'cleanup.policy': 'compact',
    'segment.bytes': below(2) === 0 ? '2048' : '6000',
    'min.cleanable.dirty.ratio': '0.01',
    // A replica that was away for longer may keep what was deleted (as with Kafka); clocks jump by up to 10 s.
    'delete.retention.ms': '20000',
    'file.delete.delay.ms': '200',
  }
  setUp.createTopic({ name: TOPIC, partitions: 1, replicationFactor: cluster.brokerHosts.size, configs })
  const table = new SimulatedTable({ access, ledger, topic: TOPIC })
  return {
    actors: [table],
    topics: [{ name: TOPIC, partitions: 1 }],
    awaited: () => null,
    unread: () => null,
    check: () => {
      let done = false
      table.check(() => (done = true))
      world.runUntil(() => done)
    },
  }
}
