/**
 * The assignor 'simple' of share groups (KIP-932). Every partition has at least one member, every member at least one
 * partition where its topics have any; as even as may be, and as few changes as possible.
 *
 *   fewer members than partitions: each partition goes to one member
 *   more members than partitions:  each member gets one partition, which it shares
 *
 * Members that do not all subscribe alike are looked at topic by topic. Deterministic: ties go by member id.
 */
import type { Uuid } from '@millrace/base/uuid'
import { isHomogeneous, type Assignor, type AssignorInput, type AssignorMember } from '../modern/assignor.ts'
import { hasPartition, type TopicPartitions } from '../modern/topic-partitions.ts'

interface Place {
  readonly topicId: Uuid
  readonly partition: number
  /** How many members have it. */
  sharers: number
}

type Given = Map<string, Map<Uuid, Set<number>>>

export interface SimpleAssignorInput extends AssignorInput {
  /** Only these may be assigned. */
  readonly assignable: TopicPartitions
}

export const SIMPLE_ASSIGNOR_NAME: Assignor['name'] = 'simple'

export function assignSimply({ members, assignable }: SimpleAssignorInput): Map<string, TopicPartitions> {
  const given: Given = new Map(members.map(({ memberId }) => [memberId, new Map()]))
  const ordered = [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1))
  const [first] = ordered
  if (first === undefined) return new Map()
  if (isHomogeneous(ordered)) spread(placesOf(assignable, first.topicIds), ordered, given)
  else {
    for (const topicId of new Set(ordered.flatMap((member) => [...member.topicIds]))) {
      const subscribers = ordered.filter(({ topicIds }) => topicIds.has(topicId))
      spread(placesOf(assignable, new Set([topicId])), subscribers, given)
    }
  }
  return given as Map<string, TopicPartitions>
}

function placesOf(assignable: TopicPartitions, topicIds: ReadonlySet<Uuid>): Place[] {
  const places: Place[] = []
  for (const topicId of [...topicIds].sort())
    for (const partition of [...(assignable.get(topicId) ?? [])].sort((a, b) => a - b))
      places.push({ topicId, partition, sharers: 0 })
  return places
}

function spread(places: readonly Place[], members: readonly AssignorMember[], given: Given): void {
  if (places.length === 0) return
  if (members.length <= places.length) partitionsToMembers(places, members, given)
  else membersToPartitions(places, members, given)
}

function partitionsToMembers(places: readonly Place[], members: readonly AssignorMember[], given: Given): void {
  const counts = new Map(members.map(({ memberId }) => [memberId, 0]))
  const take = ({ memberId }: AssignorMember, place: Place): void => {
    give(given, memberId, place)
    counts.set(memberId, (counts.get(memberId) ?? 0) + 1)
  }
  const least = Math.floor(places.length / members.length)
  let withOneMore = places.length % members.length
  for (const member of members) {
    const held = places.filter(
      (place) => place.sharers === 0 && hasPartition(member.assigned, place.topicId, place.partition),
    )
    const more = held.length > least && withOneMore > 0
    if (more) withOneMore--
    for (const place of held.slice(0, least + (more ? 1 : 0))) take(member, place)
  }
  for (const place of places) {
    if (place.sharers > 0) continue
    let fewest = members[0] as AssignorMember
    for (const member of members)
      if ((counts.get(member.memberId) ?? 0) < (counts.get(fewest.memberId) ?? 0)) fewest = member
    take(fewest, place)
  }
}

function membersToPartitions(places: readonly Place[], members: readonly AssignorMember[], given: Given): void {
  const most = Math.ceil(members.length / places.length)
  const without: AssignorMember[] = []
  for (const member of members) {
    const kept = places.find(
      (place) => place.sharers < most && hasPartition(member.assigned, place.topicId, place.partition),
    )
    if (kept === undefined) without.push(member)
    else give(given, member.memberId, kept)
  }
  for (const { memberId } of without) {
    let leastShared = places[0] as Place
    for (const place of places) if (place.sharers < leastShared.sharers) leastShared = place
    give(given, memberId, leastShared)
  }
  // Members that kept what they had may have left a partition to nobody.
  places.forEach((place, index) => {
    if (place.sharers === 0) give(given, (members[index % members.length] as AssignorMember).memberId, place)
  })
}

function give(given: Given, memberId: string, place: Place): void {
  place.sharers++
  const topics = given.get(memberId)
  const partitions = topics?.get(place.topicId)
  if (partitions === undefined) topics?.set(place.topicId, new Set([place.partition]))
  else partitions.add(place.partition)
}
