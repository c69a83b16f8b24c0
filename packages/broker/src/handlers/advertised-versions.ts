/**
 * What this broker tells of itself in ApiVersions: the version ranges of its Kafka release's profile (inter-broker APIs on
 * internal listeners only), and the features that it really implements.
 */
import type { AdvertisedFeatures } from '@millrace/network/api-versions'
import type { ListenerOptions, VersionRange } from '@millrace/network/api-handler'
import { APIS } from '@millrace/protocol/apis'
import { IMPLEMENTED_FEATURES, acceptedVersionRange, profileOf } from '@millrace/protocol/version-profiles'
import type { MetadataView } from '../broker-runtime.ts'

/** For RequestServer.versionRange. The server leaves out what has no handler. */
export function brokerVersionRange(
  kafkaVersion: string,
): (apiKey: number, listener: ListenerOptions) => VersionRange | null {
  const profile = profileOf(kafkaVersion)
  // Asked with every request.
  const ranges = new Map(APIS.map(({ key }) => [key, acceptedVersionRange(profile, key)]))
  return (apiKey) => ranges.get(apiKey) ?? null
}

/** For RequestServer.features. The epoch is the metadata offset: it grows with every change of a feature. */
export function brokerFeatures(kafkaVersion: string, metadata: MetadataView): AdvertisedFeatures {
  const supported = profileOf(kafkaVersion)
    .features.filter(({ name }) => IMPLEMENTED_FEATURES.has(name))
    .map(({ name, min, max }) => ({ name, minVersion: min, maxVersion: max }))
  return {
    supported,
    finalized() {
      const { image } = metadata
      const levels = new Map([...image.features].filter(([name]) => IMPLEMENTED_FEATURES.has(name)))
      return { epoch: Math.max(0, image.offset), levels }
    },
  }
}
