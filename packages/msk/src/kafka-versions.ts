/**
 * The Kafka versions a cluster can have (msk.md §3.3). `.kraft` strings and the plain ones of 3.7 to 3.9 differ at AWS
 * in who keeps the metadata (KRaft or ZooKeeper); here a controller keeps it always.
 */
export interface KafkaVersionFact {
  readonly version: string
  readonly mode: 'zookeeper' | 'kraft'
  readonly brokersMax: number
}

const zookeeper = (version: string): KafkaVersionFact => ({ version, mode: 'zookeeper', brokersMax: 30 })
const kraft = (version: string): KafkaVersionFact => ({ version: `${version}.kraft`, mode: 'kraft', brokersMax: 60 })

/** Oldest first. */
export const kafkaVersions: readonly KafkaVersionFact[] = [
  zookeeper('3.6.0'),
  zookeeper('3.7.x'),
  kraft('3.7.x'),
  zookeeper('3.8.x'),
  kraft('3.8.x'),
  zookeeper('3.9.x'),
  kraft('3.9.x'),
  kraft('4.0.x'),
  kraft('4.1.x'),
]

/** Releases that brokers here can be of and that Amazon MSK does not offer: taken where a version is named, never listed. */
const beyondMsk: readonly KafkaVersionFact[] = [kraft('4.2.x')]

export function kafkaVersion(version: string): KafkaVersionFact | null {
  return [...kafkaVersions, ...beyondMsk].find((fact) => fact.version === version) ?? null
}

/** Where a cluster of `version` may go: forward only, within its mode, and from ZooKeeper to KRaft at 3.9. */
export function compatibleTargets(version: string): readonly string[] {
  const source = kafkaVersion(version)
  if (source === null) return []
  return kafkaVersions
    .filter((target) =>
      target.mode === source.mode
        ? release(target.version) > release(version)
        : source.version === '3.9.x' && target.version === '3.9.x.kraft',
    )
    .map((target) => target.version)
}

function release(version: string): number {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major * 1000 + minor
}
