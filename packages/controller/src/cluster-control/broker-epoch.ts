/** Requests of a broker name its epoch: those of an earlier incarnation, or of an unknown broker, are refused. */
import { ErrorCode } from '@millrace/protocol/errors'
import type { MetadataImage } from '@millrace/metadata/image'

/** STALE_BROKER_EPOCH unless `epoch` is that of the broker's present registration; null when it is. */
export function brokerEpochError(image: MetadataImage, brokerId: number, epoch: number): number | null {
  return image.brokers.get(brokerId)?.epoch === epoch ? null : ErrorCode.STALE_BROKER_EPOCH
}
