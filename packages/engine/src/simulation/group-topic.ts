/** The topic of a simulated group: two in-sync replicas for every record, and an idempotent producer for each partition. */
import type { Part, Stage } from './part.ts'
import { SimulatedProducer, type ProducerLedger } from './simulated-producer.ts'

/** Creates it. Returns its id. */
export function createGroupTopic({ cluster, setUp, below }: Stage, name: string, partitions: number): string {
  const configs: Record<string, string> = { 'min.insync.replicas': '2' }
  if (below(2) === 0) configs['segment.bytes'] = '8192'
  setUp.createTopic({ name, partitions, replicationFactor: cluster.brokerHosts.size, configs })
  return cluster.controller?.runtime.image.topicsByName.get(name)?.id ?? ''
}

/** @param prefix of the producers' names */
export function groupProducers(
  { access }: Stage,
  ledger: ProducerLedger,
  { name: topic, partitions }: Part['topics'][number],
  prefix: string,
): SimulatedProducer[] {
  const common = { ledger, topic, acks: -1, inFlight: 1, thinkingMsMax: 250 } as const
  return Array.from(
    { length: partitions },
    (_, partition) => new SimulatedProducer({ ...common, partition, access: access(), name: `${prefix}${partition}` }),
  )
}
