/**
 * Whether this cluster offers the consumer group protocol (KIP-848): from 4.0 on with the feature group.version; in 3.7 to 3.9,
 * where it was early access, only where the broker's properties ask for it.
 */
import { profileOf } from '@millrace/protocol/version-profiles'
import { splitList } from '@millrace/metadata/configs/definition'
import type { BrokerRuntime } from '../../broker-runtime.ts'

export const GROUP_VERSION_FEATURE = 'group.version'

export function offersConsumerGroups(runtime: Pick<BrokerRuntime, 'config' | 'metadata'>): boolean {
  const { config, metadata } = runtime
  const asked = config.properties['group.coordinator.rebalance.protocols']
  const isNamed = asked === undefined ? null : splitList(asked).includes('consumer')
  const hasFeature = profileOf(config.kafkaVersion).features.some(({ name }) => name === GROUP_VERSION_FEATURE)
  if (!hasFeature) return isNamed === true
  return isNamed !== false && (metadata.image.features.get(GROUP_VERSION_FEATURE) ?? 0) >= 1
}
