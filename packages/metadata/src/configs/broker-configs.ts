/** Every broker config of Apache Kafka 3.9 (kafka-protocol Appendix B), sorted by name. */
import { coordinationConfigs } from './broker/coordination.ts'
import { kraftConfigs } from './broker/kraft.ts'
import { logConfigs } from './broker/log.ts'
import { securityConfigs } from './broker/security.ts'
import { serverConfigs } from './broker/server.ts'
import type { ConfigDefinition } from './definition.ts'

/** Keys that are one setting in several units; each member lists the whole family as synonyms, the strongest first. */
const FAMILIES: readonly (readonly string[])[] = [
  ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'],
  ['log.roll.ms', 'log.roll.hours'],
  ['log.roll.jitter.ms', 'log.roll.jitter.hours'],
  ['log.flush.interval.ms', 'log.flush.scheduler.interval.ms'],
]

function withFamily(definition: ConfigDefinition): ConfigDefinition {
  const family = FAMILIES.find((names) => names.includes(definition.name))
  return family === undefined ? definition : { ...definition, synonyms: family.map((name) => ({ name })) }
}

export const brokerConfigs: readonly ConfigDefinition[] = [
  ...logConfigs,
  ...serverConfigs,
  ...coordinationConfigs,
  ...kraftConfigs,
  ...securityConfigs,
]
  .map(withFamily)
  .sort((a, b) => (a.name < b.name ? -1 : 1))

const byName: ReadonlyMap<string, ConfigDefinition> = new Map(
  brokerConfigs.map((definition) => [definition.name, definition]),
)

export function brokerConfig(name: string): ConfigDefinition | undefined {
  return byName.get(name)
}
