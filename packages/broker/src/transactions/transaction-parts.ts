/** Everything about transactions that a broker's handlers need, put together. */
import { acceptedVersionRange, profileOf } from '@millrace/protocol/version-profiles'
import { ApiKey } from '@millrace/protocol/apis'
import type { BrokerRuntime } from '../broker-runtime.ts'
import { PeerChannels, type OpenPeer } from '../coordination/peer-channels.ts'
import type { GroupCoordinator } from '../groups/group-coordinator.ts'
import { MarkerWriter } from './marker-writer.ts'
import { Markers } from './markers.ts'
import { TransactionalAppends } from './transactional-appends.ts'
import { TransactionCoordinator } from './transaction-coordinator.ts'
import { TransactionVerifier } from './transaction-verifier.ts'

export interface TransactionParts {
  readonly coordinator: TransactionCoordinator
  readonly appends: TransactionalAppends
  readonly markerWriter: MarkerWriter
  close(): void
}

/** @param openPeer opens a channel to another broker's internal listener */
export function createTransactionParts(
  runtime: BrokerRuntime,
  groups: GroupCoordinator,
  openPeer: OpenPeer,
): TransactionParts {
  const appends = new TransactionalAppends()
  const markerWriter = new MarkerWriter(runtime, groups, appends)
  const markerChannels = new PeerChannels(runtime, openPeer)
  const questionChannels = new PeerChannels(runtime, openPeer)
  const range = acceptedVersionRange(profileOf(runtime.config.kafkaVersion), ApiKey.WriteTxnMarkers)
  const markers = new Markers({ runtime, writer: markerWriter, channels: markerChannels, apiVersion: range?.max ?? 1 })
  const coordinator = new TransactionCoordinator(runtime, markers)
  appends.attach(new TransactionVerifier(runtime, coordinator, questionChannels))
  return {
    coordinator,
    appends,
    markerWriter,
    close() {
      coordinator.close()
      markerChannels.close()
      questionChannels.close()
    },
  }
}
