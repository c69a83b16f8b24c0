/** Record versions by the finalized metadata.version (kafka-records §4.1): never write what a reader may not know. */

export const METADATA_VERSION_FEATURE = 'metadata.version'
/** KIP-966. */
export const ELIGIBLE_LEADER_REPLICAS_FEATURE = 'eligible.leader.replicas.version'

/** Lowest level this software writes: FeatureLevelRecord for metadata.version itself (3.3-IV0 is 4), registrations by 17. */
export const MetadataLevel = {
  /** 3.3-IV3: controlled shutdown, BrokerRegistrationChange. */
  LOWEST: 7,
  ZK_MIGRATION_STATE: 8,
  NO_EPOCH_BUMP_ON_SHRINK: 12,
  TRANSACTIONS: 13,
  REGISTER_CONTROLLER: 15,
  DIRECTORIES: 17,
  ELIGIBLE_LEADER_REPLICAS: 23,
} as const

export function registerBrokerVersion(level: number): number {
  if (level >= MetadataLevel.DIRECTORIES) return 3
  return level >= MetadataLevel.ZK_MIGRATION_STATE ? 2 : 1
}

/** For PartitionRecord and PartitionChangeRecord. */
export function partitionVersion(level: number): number {
  if (level >= MetadataLevel.ELIGIBLE_LEADER_REPLICAS) return 2
  return level >= MetadataLevel.DIRECTORIES ? 1 : 0
}
