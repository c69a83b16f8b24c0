/**
 * Eligible leader replicas (KIP-966): replicas that left an ISR smaller than min.insync.replicas. The high watermark stays
 * put as long as the ISR is that small, so they have everything below it, and any of them may lead when the ISR is empty.
 * A replica that was not shut down cleanly may have lost its end, and is none. Pure.
 */
import type { MetadataImage } from '@millrace/metadata/image'
import type { PartitionState } from '@millrace/metadata/partition-state'
import { NO_LEADER } from '@millrace/metadata/partition-state'
import { ELIGIBLE_LEADER_REPLICAS_FEATURE, MetadataLevel } from '@millrace/metadata/record-versions'
import { metadataLevel } from '../decision.ts'

export interface EligibilityInputs {
  readonly partition: PartitionState
  /** null: the cluster keeps no eligible leader replicas. */
  readonly minInSyncReplicas: number | null
  readonly uncleanShutdown?: number
  /** As they are to be. */
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
}

/** Whether the cluster keeps them: the finalized feature, and a metadata.version whose records can tell of them. */
export function keepsEligibleLeaders(image: MetadataImage): boolean {
  const level = image.features.get(ELIGIBLE_LEADER_REPLICAS_FEATURE) ?? 0
  return level > 0 && metadataLevel(image) >= MetadataLevel.ELIGIBLE_LEADER_REPLICAS
}

/** Whether an ISR of `size` makes its followers wait: fewer than min(min.insync.replicas, replicas). */
function isUnderMinIsr(size: number, minInSyncReplicas: number, replicas: readonly number[]): boolean {
  return size < Math.min(minInSyncReplicas, replicas.length)
}

/** Those that were eligible or in sync and are not in the wanted ISR, as long as it is too small; in order of their ids. */
export function eligibleLeaders(inputs: EligibilityInputs): readonly number[] {
  const { partition, minInSyncReplicas, replicas, isr, uncleanShutdown } = inputs
  if (minInSyncReplicas === null || !isUnderMinIsr(isr.length, minInSyncReplicas, replicas)) return []
  const candidates = new Set([...partition.eligibleLeaderReplicas, ...partition.isr])
  return [...candidates]
    .filter((id) => replicas.includes(id) && !isr.includes(id) && id !== uncleanShutdown)
    .sort((a, b) => a - b)
}

/** LastKnownElr: who led when the last member left the ISR, until somebody leads again. */
export function lastKnownLeader(
  { partition, minInSyncReplicas }: Pick<EligibilityInputs, 'partition' | 'minInSyncReplicas'>,
  isr: readonly number[],
  leader: number,
): readonly number[] {
  if (minInSyncReplicas === null || leader !== NO_LEADER || isr.length > 0) return []
  if (partition.lastKnownElr.length > 0) return partition.lastKnownElr
  // One that stayed behind as the last of an ISR from before the feature was the last leader too.
  const last = partition.leader === NO_LEADER ? partition.isr[0] : partition.leader
  return last === undefined ? [] : [last]
}
