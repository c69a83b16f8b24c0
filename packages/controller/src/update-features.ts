/**
 * UpdateFeatures (57, KIP-584): finalizes levels of features. All of a request's changes are made or none; the first error
 * is the answer. A downgrade of metadata.version is possible only where the levels between change no record
 * (kafka-records §4.1).
 */
import { ConfigResourceType, dynamicConfigs } from '@millrace/metadata/image'
import type { MetadataImage } from '@millrace/metadata/image'
import {
  ELIGIBLE_LEADER_REPLICAS_FEATURE,
  METADATA_VERSION_FEATURE,
  MetadataLevel,
} from '@millrace/metadata/record-versions'
import { RecordType, type MetadataRecord } from '@millrace/metadata/records/metadata-record'
import { ErrorCode } from '@millrace/protocol/errors'
import type { UpdateFeaturesRequest, UpdateFeaturesResponseInput } from '@millrace/protocol/messages/57-update-features'
import type { ControlState, Decision } from './decision.ts'
import { metadataLevel } from './decision.ts'
import type { SupportedFeature } from './feature-control.ts'

const UpgradeType = { UPGRADE: 1, SAFE_DOWNGRADE: 2, UNSAFE_DOWNGRADE: 3 } as const

/** Levels of metadata.version that change no record: stepping down over them loses nothing. */
const WITHOUT_METADATA_CHANGE: ReadonlySet<number> = new Set([
  2, 4, 9, 10, 12, 16, 18, 19, 20, 21, 22, 24, 25, 26, 27, 28, 29,
])

/** metadata.version that a level above 0 needs. */
const NEEDED_METADATA_VERSION: ReadonlyMap<string, number> = new Map([
  [ELIGIBLE_LEADER_REPLICAS_FEATURE, MetadataLevel.ELIGIBLE_LEADER_REPLICAS],
])

const MIN_ISR = 'min.insync.replicas'

type FeatureUpdate = UpdateFeaturesRequest['featureUpdates'][number]

export function updateFeatures(
  state: ControlState,
  request: UpdateFeaturesRequest,
  apiVersion: number,
  supported: readonly SupportedFeature[],
): Decision<UpdateFeaturesResponseInput> {
  const { featureUpdates } = request
  const names = new Set(featureUpdates.map(({ feature }) => feature))
  if (featureUpdates.length === 0 || names.size < featureUpdates.length)
    return refused(ErrorCode.INVALID_REQUEST, 'A request names at least one feature, and each only once.')
  const proposed = new Map([...state.image.features, ...featureUpdates.map(levelOf)])
  for (const update of featureUpdates) {
    const error = updateError(state, update, upgradeTypeOf(update, apiVersion), supported, proposed)
    if (error === null) continue
    const message = `Invalid update version ${update.maxVersionLevel} for feature ${update.feature}. ${error}`
    const all = 'The update failed for all features since the following feature had an error: '
    return refused(ErrorCode.INVALID_UPDATE_VERSION, featureUpdates.length > 1 ? `${all}${message}` : message)
  }
  const records = featureUpdates
    .filter(({ feature, maxVersionLevel }) => (state.image.features.get(feature) ?? 0) !== maxVersionLevel)
    .flatMap(({ feature, maxVersionLevel }): MetadataRecord[] => [
      { type: RecordType.FEATURE_LEVEL, version: 0, body: { name: feature, featureLevel: maxVersionLevel } },
      ...(feature === ELIGIBLE_LEADER_REPLICAS_FEATURE && maxVersionLevel > 0 ? withoutOwnMinIsr(state.image) : []),
    ])
  const results = featureUpdates.map(({ feature }) => ({ feature, errorCode: ErrorCode.NONE, errorMessage: null }))
  const response = { throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: null, results }
  return { records: request.validateOnly ? [] : records, response }
}

/** Controller and leaders must mean the same by min.insync.replicas: what single brokers have of their own is removed (KIP-966). */
function withoutOwnMinIsr(image: MetadataImage): MetadataRecord[] {
  return [...image.brokers.keys()]
    .filter((id) => dynamicConfigs(image, ConfigResourceType.BROKER, String(id)).has(MIN_ISR))
    .map((id): MetadataRecord => ({
      type: RecordType.CONFIG,
      version: 0,
      body: { resourceType: ConfigResourceType.BROKER, resourceName: String(id), name: MIN_ISR, value: null },
    }))
}

/** Why the level may not be finalized; null when it may. */
function updateError(
  state: ControlState,
  { feature, maxVersionLevel: level }: FeatureUpdate,
  upgradeType: number,
  supported: readonly SupportedFeature[],
  proposed: ReadonlyMap<string, number>,
): string | null {
  const current = state.image.features.get(feature) ?? 0
  const isUpgrade = upgradeType === UpgradeType.UPGRADE
  if (!isUpgrade && upgradeType !== UpgradeType.SAFE_DOWNGRADE && upgradeType !== UpgradeType.UNSAFE_DOWNGRADE)
    return 'The controller does not support the given upgrade type.'
  if (level < 0) return 'A feature version cannot be less than 0.'
  const unsupported = reasonNotSupported(state, feature, level, supported)
  if (unsupported !== null) return unsupported
  if (level < current && isUpgrade)
    return "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade."
  if (level > current && !isUpgrade) return "Can't downgrade to a newer version."
  if (feature === METADATA_VERSION_FEATURE) return downgradeError(metadataLevel(state.image), level, upgradeType)
  const needed = level === 0 ? 0 : (NEEDED_METADATA_VERSION.get(feature) ?? 0)
  if ((proposed.get(METADATA_VERSION_FEATURE) ?? 0) >= needed) return null
  return `${feature}=${level} needs ${METADATA_VERSION_FEATURE}=${needed} or higher.`
}

/** The controller and every registered broker must support the level; level 0 removes a feature and needs no one's support. */
function reasonNotSupported(
  { image, nodeId }: ControlState,
  feature: string,
  level: number,
  supported: readonly SupportedFeature[],
): string | null {
  const own = supported.find(({ name }) => name === feature)
  if (own === undefined) return `Local controller ${nodeId} does not support this feature.`
  if (level < own.minVersion || level > own.maxVersion)
    return `Local controller ${nodeId} only supports versions ${own.minVersion}-${own.maxVersion}`
  for (const { id, features } of image.brokers.values()) {
    const range = features.find(({ name }) => name === feature)
    if (range === undefined && level > 0) return `Broker ${id} does not support this feature.`
    if (range === undefined || level === 0) continue
    const { minSupportedVersion: min, maxSupportedVersion: max } = range
    if (level < min || level > max) return `Broker ${id} only supports versions ${min}-${max}`
  }
  return null
}

function downgradeError(current: number, level: number, upgradeType: number): string | null {
  for (let step = level + 1; step <= current; step++) {
    if (WITHOUT_METADATA_CHANGE.has(step)) continue
    return upgradeType === UpgradeType.UNSAFE_DOWNGRADE
      ? 'Unsafe metadata downgrade is not supported in this version.'
      : 'Refusing to perform the requested downgrade because it might delete metadata information.'
  }
  return null
}

/** Version 0 only knew whether a downgrade is allowed. */
function upgradeTypeOf({ allowDowngrade, upgradeType }: FeatureUpdate, apiVersion: number): number {
  if (apiVersion > 0) return upgradeType
  return allowDowngrade ? UpgradeType.SAFE_DOWNGRADE : UpgradeType.UPGRADE
}

function levelOf({ feature, maxVersionLevel }: FeatureUpdate): [string, number] {
  return [feature, maxVersionLevel]
}

function refused(errorCode: number, errorMessage: string): Decision<UpdateFeaturesResponseInput> {
  return { records: [], response: { throttleTimeMs: 0, errorCode, errorMessage, results: [] } }
}
