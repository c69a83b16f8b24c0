/**
 * What changed settings mean for partitions, in the same append: where unclean elections are allowed from now on a leaderless
 * partition gets a leader, and where min.insync.replicas or the feature itself changes, so does who is an eligible leader.
 */
import { MetadataDelta } from '@millrace/metadata/delta'
import { ELIGIBLE_LEADER_REPLICAS_FEATURE } from '@millrace/metadata/record-versions'
import { RecordType } from '@millrace/metadata/records/metadata-record'
import type { MetadataRecord } from '@millrace/metadata/records/metadata-record'
import type { ControlState, Decision } from '../decision.ts'
import { electWhereLeaderless, reviewEligibleLeaders } from './leadership.ts'

/** The decision with the records that follow from it. */
export function withConsequences<Response>(state: ControlState, decision: Decision<Response>): Decision<Response> {
  const settings = new Set(decision.records.map(settingOf))
  const review = settings.has('min.insync.replicas') || settings.has(ELIGIBLE_LEADER_REPLICAS_FEATURE)
  const elect = settings.has('unclean.leader.election.enable')
  if (!review && !elect) return decision
  const reviewed = review ? followedBy(state, decision, reviewEligibleLeaders) : decision
  return elect ? followedBy(state, reviewed, (after) => electWhereLeaderless(after, null)) : reviewed
}

function settingOf(record: MetadataRecord): string | null {
  return record.type === RecordType.CONFIG || record.type === RecordType.FEATURE_LEVEL ? record.body.name : null
}

function followedBy<Response>(
  state: ControlState,
  decision: Decision<Response>,
  more: (after: ControlState) => MetadataRecord[],
): Decision<Response> {
  const delta = new MetadataDelta(state.image)
  for (const record of decision.records) delta.replay(record)
  const after: ControlState = { ...state, image: delta.finish(state.image).image }
  return { ...decision, records: [...decision.records, ...more(after)] }
}
