/**
 * The assignor 'uniform': partitions spread evenly, and as few of them moved as that takes.
 *
 * 1. Every member keeps what it has of its subscribed topics, up to its fair share where all subscribe alike.
 * 2. Free partitions go, topics with the fewest subscribers first, to the subscriber that has least.
 * 3. Where subscriptions differ, partitions move from the subscriber with most to the one with least until no move
 *    makes a pair more even.
 *
 * Racks do not count (as in Kafka 4.x). Deterministic: ties go by member id.
 */
import type { Uuid } from '@millrace/base/uuid'
import { isHomogeneous, type Assignor, type AssignorInput, type AssignorMember } from './assignor.ts'
import type { TopicPartitions } from './topic-partitions.ts'

interface Share {
  readonly member: AssignorMember
  readonly topics: Map<Uuid, Set<number>>
  count: number
}

export const uniformAssignor: Assignor = {
  name: 'uniform',
  assign(input) {
    const shares = [...input.members]
      .sort((a, b) => (a.memberId < b.memberId ? -1 : 1))
      .map((member): Share => ({ member, topics: new Map(), count: 0 }))
    const homogeneous = isHomogeneous(input.members)
    const free = keepAssigned(input, shares, homogeneous)
    giveFree(free, shares, homogeneous)
    if (!homogeneous) balance(free.keys(), shares)
    return new Map<string, TopicPartitions>(shares.map(({ member, topics }) => [member.memberId, topics]))
  },
}

/** Fills `shares` with what their members keep; gives back what is left of each topic, fewest subscribers first. */
function keepAssigned(
  { members, partitionCounts }: AssignorInput,
  shares: readonly Share[],
  homogeneous: boolean,
): Map<Uuid, number[]> {
  const subscribed = new Map<Uuid, number>()
  const alike = new Map<ReadonlySet<Uuid>, number>()
  for (const { topicIds } of members) alike.set(topicIds, (alike.get(topicIds) ?? 0) + 1)
  for (const [topicIds, count] of alike)
    for (const id of topicIds) subscribed.set(id, (subscribed.get(id) ?? 0) + count)
  const topics = [...partitionCounts]
    .filter(([id]) => subscribed.has(id))
    .sort(([a], [b]) => (subscribed.get(a) ?? 0) - (subscribed.get(b) ?? 0) || (a < b ? -1 : 1))
  const quota = homogeneous ? fairShare(topics, members.length) : { least: Infinity, withOneMore: 0 }
  const positions = new Map(topics.map(([topicId], position) => [topicId, position] as const))
  const taken = new Map(topics.map(([topicId, partitionCount]) => [topicId, new Uint8Array(partitionCount)] as const))
  let { withOneMore } = quota
  // Whoever has most keeps the odd partition: nothing moves for its sake.
  const byHeld = shares.map((share) => ({ share, count: heldCount(share) })).sort((a, b) => b.count - a.count)
  for (const { share } of byHeld) {
    let limit = quota.least
    const heldTopics = [...share.member.assigned]
      .filter(([topicId]) => positions.has(topicId) && share.member.topicIds.has(topicId))
      .sort(([a], [b]) => (positions.get(a) ?? 0) - (positions.get(b) ?? 0))
    for (const [topicId, held] of heldTopics) {
      const marks = taken.get(topicId)
      if (marks === undefined) continue
      const partitionCount = marks.length
      for (const partition of [...held].sort((a, b) => a - b)) {
        if (partition >= partitionCount || marks[partition] === 1) continue
        if (share.count === limit && limit === quota.least && withOneMore > 0) {
          limit++
          withOneMore--
        }
        if (share.count >= limit) continue
        marks[partition] = 1
        give(share, topicId, partition)
      }
    }
  }
  const free = new Map<Uuid, number[]>()
  for (const [topicId] of topics) {
    const left: number[] = []
    taken.get(topicId)?.forEach((mark, partition) => {
      if (mark === 0) left.push(partition)
    })
    free.set(topicId, left)
  }
  return free
}

function fairShare(
  topics: readonly (readonly [Uuid, number])[],
  members: number,
): { least: number; withOneMore: number } {
  let total = 0
  for (const [, partitionCount] of topics) total += partitionCount
  return { least: Math.floor(total / members), withOneMore: total % members }
}

function heldCount({ member }: Share): number {
  let count = 0
  for (const set of member.assigned.values()) count += set.size
  return count
}

function give(share: Share, topicId: Uuid, partition: number): void {
  const set = share.topics.get(topicId)
  if (set === undefined) share.topics.set(topicId, new Set([partition]))
  else set.add(partition)
  share.count++
}

/** Each free partition to the subscriber that has least. Where all subscribe alike, one walk over the members by count. */
function giveFree(free: ReadonlyMap<Uuid, readonly number[]>, shares: readonly Share[], homogeneous: boolean): void {
  const least = new LeastFirst(shares)
  for (const [topicId, partitions] of free) {
    const heap = homogeneous ? least : new LeastFirst(shares.filter(({ member }) => member.topicIds.has(topicId)))
    for (const partition of partitions) heap.giveNext(topicId, partition)
  }
}

/** A binary heap of shares, smallest count on top. */
class LeastFirst {
  readonly #heap: Share[]

  constructor(shares: readonly Share[]) {
    this.#heap = [...shares].sort(compare)
  }

  giveNext(topicId: Uuid, partition: number): void {
    const heap = this.#heap
    const top = heap[0]
    if (top === undefined) return
    give(top, topicId, partition)
    for (let index = 0; ;) {
      let smallest = index
      for (const child of [2 * index + 1, 2 * index + 2]) {
        const candidate = heap[child]
        if (candidate !== undefined && compare(candidate, heap[smallest] as Share) < 0) smallest = child
      }
      if (smallest === index) return
      ;[heap[index], heap[smallest]] = [heap[smallest] as Share, heap[index] as Share]
      index = smallest
    }
  }
}

function compare(a: Share, b: Share): number {
  return a.count - b.count || (a.member.memberId < b.member.memberId ? -1 : 1)
}

/** Every move makes two members more even, so the sum of squares falls and the loop ends. */
function balance(topicIds: Iterable<Uuid>, shares: readonly Share[]): void {
  const subscribers = new Map<Uuid, Share[]>()
  for (const topicId of topicIds)
    subscribers.set(
      topicId,
      shares.filter(({ member }) => member.topicIds.has(topicId)),
    )
  for (let moved = true; moved;) {
    moved = false
    for (const [topicId, candidates] of subscribers) while (moveOne(topicId, candidates)) moved = true
  }
}

function moveOne(topicId: Uuid, candidates: readonly Share[]): boolean {
  let most: Share | null = null
  let least: Share | null = null
  for (const share of candidates) {
    if (share.topics.has(topicId) && (most === null || share.count > most.count)) most = share
    if (least === null || share.count < least.count) least = share
  }
  if (most === null || least === null || most.count - least.count < 2) return false
  const set = most.topics.get(topicId)
  if (set === undefined) return false
  const partition = Math.max(...set)
  set.delete(partition)
  if (set.size === 0) most.topics.delete(topicId)
  most.count--
  give(least, topicId, partition)
  return true
}
