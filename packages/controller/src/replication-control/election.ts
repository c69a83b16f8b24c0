/** Who leads a partition (kafka-protocol §4.3, KIP-966). Pure. */
import type { PartitionState } from '@millrace/metadata/partition-state'
import { NO_LEADER } from '@millrace/metadata/partition-state'

/** Which leader is wanted: the present one if it can stay, the first replica if it can lead, or anybody alive. */
export type Election = 'online' | 'preferred' | 'unclean'

export interface Candidates {
  readonly partition: PartitionState
  readonly election: Election
  /** Alive, and not on its way out. */
  readonly isAcceptableLeader: (brokerId: number) => boolean
  /** In assignment order. */
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  /** Not in the ISR, but with everything below the high watermark. */
  readonly eligible: readonly number[]
}

export interface Elected {
  /** Broker id, or NO_LEADER. */
  readonly leader: number
  /** It may lack records that were acknowledged. */
  readonly unclean: boolean
  /** As they are with this leader. */
  readonly isr: readonly number[]
  readonly eligible: readonly number[]
}

/**
 * Keeps the leader if it can stay; else the first replica in assignment order that is in the ISR and acceptable, or, of an
 * empty ISR, eligible and acceptable. Where neither is left, the last leader known may lead again, and, if the topic
 * allows it, anybody: both are unclean.
 */
export function elect(candidates: Candidates): Elected {
  const { partition, election, isAcceptableLeader, replicas, isr, eligible } = candidates
  const canLead = (id: number): boolean =>
    (isr.includes(id) || (isr.length === 0 && eligible.includes(id))) && isAcceptableLeader(id)
  const [preferred] = replicas
  if (election === 'preferred' && preferred !== undefined && canLead(preferred)) return clean(candidates, preferred)
  if (canLead(partition.leader)) return clean(candidates, partition.leader)
  const first = replicas.find(canLead)
  if (first !== undefined) return clean(candidates, first)
  const lastResort = lastKnown(candidates) ?? (election === 'unclean' ? replicas.find(isAcceptableLeader) : undefined)
  if (lastResort !== undefined) return { leader: lastResort, unclean: true, isr: [lastResort], eligible: [] }
  return { leader: NO_LEADER, unclean: false, isr, eligible }
}

/** One that was eligible is the ISR from now on. */
function clean({ isr, eligible }: Candidates, leader: number): Elected {
  if (isr.includes(leader)) return { leader, unclean: false, isr, eligible }
  return { leader, unclean: false, isr: [leader], eligible: eligible.filter((id) => id !== leader) }
}

/** The last leader, once nobody is left who is known to have everything. */
function lastKnown({ partition, isAcceptableLeader, isr, eligible }: Candidates): number | undefined {
  const [leader, ...others] = partition.lastKnownElr
  if (isr.length > 0 || eligible.length > 0 || leader === undefined || others.length > 0) return undefined
  return isAcceptableLeader(leader) ? leader : undefined
}
