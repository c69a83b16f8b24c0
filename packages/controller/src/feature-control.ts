/** What a new cluster starts with: the finalized features of its Kafka release (kafka-records §4, §7 "Election won"). */
import { IMPLEMENTED_FEATURES, profileOf } from '@millrace/protocol/version-profiles'
import { METADATA_VERSION_FEATURE, MetadataLevel } from '@millrace/metadata/record-versions'
import { RecordType } from '@millrace/metadata/records/metadata-record'
import type { MetadataRecord } from '@millrace/metadata/records/metadata-record'

export interface SupportedFeature {
  readonly name: string
  readonly minVersion: number
  readonly maxVersion: number
}

/** What UpdateFeatures may finalize: metadata.version and the implemented features of the release. */
export function updatableFeatures(kafkaVersion: string): readonly SupportedFeature[] {
  return profileOf(kafkaVersion)
    .features.filter(({ name }) => IMPLEMENTED_FEATURES.has(name))
    .map(({ name, min, max }) => ({ name, minVersion: min, maxVersion: max }))
}

/** The records of bootstrap.checkpoint: metadata.version first, then the other features above level 0 by name. */
export function bootstrapRecords(kafkaVersion: string): MetadataRecord[] {
  const profile = profileOf(kafkaVersion)
  const others = profile.features
    .filter(({ name, level }) => level > 0 && name !== METADATA_VERSION_FEATURE && IMPLEMENTED_FEATURES.has(name))
    .map(({ name, level }) => ({ name, featureLevel: level }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const features = [{ name: METADATA_VERSION_FEATURE, featureLevel: profile.metadataVersion.level }, ...others]
  return features.map((body): MetadataRecord => ({ type: RecordType.FEATURE_LEVEL, version: 0, body }))
}

/** What an empty log is opened with, after the records of bootstrap.checkpoint were read. */
export function activationRecords(bootstrap: readonly MetadataRecord[]): MetadataRecord[] {
  let level = 0
  for (const record of bootstrap) {
    if (record.type === RecordType.FEATURE_LEVEL && record.body.name === METADATA_VERSION_FEATURE)
      level = record.body.featureLevel
  }
  const records: MetadataRecord[] = [...bootstrap]
  if (level >= MetadataLevel.ZK_MIGRATION_STATE)
    records.push({ type: RecordType.ZK_MIGRATION_STATE, version: 0, body: { zkMigrationState: 0 } })
  if (level < MetadataLevel.TRANSACTIONS) return records
  return [
    { type: RecordType.BEGIN_TRANSACTION, version: 0, body: { name: 'Bootstrap records' } },
    ...records,
    { type: RecordType.END_TRANSACTION, version: 0, body: {} },
  ]
}
