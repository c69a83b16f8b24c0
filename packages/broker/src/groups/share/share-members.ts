/**
 * ShareGroupHeartbeat (KIP-932): decides in the group's turn, has the state of new partitions initialized, arms the
 * members' sessions, answers. Owns what happens to share groups by itself: sessions that end, topics that go. One per shard.
 *
 *   heartbeat ─▶ written ─▶ new partitions? ─no▶ answer
 *                               └─yes▶ share coordinators initialize ─▶ written, assigned ─▶ answer
 *
 * A member thus learns its assignment with its first answer, unless the share coordinators take too long.
 */
import { groupNumber } from '@millrace/metadata/configs/effective'
import type { MetadataImage } from '@millrace/metadata/image'
import { ErrorCode } from '@millrace/protocol/errors'
import type { SharePersister } from '../../share-coordinator/persister.ts'
import { UNINITIALIZED_OFFSET } from '../../share-coordinator/share-state.ts'
import type { BrokerSettings } from '../../metadata/broker-settings.ts'
import type { ConsumerOperations, Decision, TopicsView } from '../consumer/operations.ts'
import { Refusal } from '../consumer/refusal.ts'
import { filterPartitions, hasPartition, toWire, type TopicPartitions } from '../modern/topic-partitions.ts'
import {
  decideForgotten,
  decideInitialized,
  decideInitializing,
  decideShareHeartbeat,
  decideShareRemoval,
  heartbeatFault,
  uninitialized,
  unknownShareMember,
  type ShareHeartbeat,
  type ShareHeartbeatAnswer,
} from './share-decisions.ts'
import { ShareDraft } from './share-draft.ts'
import { JOIN_EPOCH, LEAVE_EPOCH, ShareGroup, type ShareMember } from './share-group.ts'
import { encodeShareRecord } from './share-records.ts'

/** How long a heartbeat waits for share coordinators before it is answered with what there is. */
const INITIALIZE_PATIENCE_MS = 3_000
/** Where partitions begin that come to a topic which the group has already: none of their records was missed. */
const FIRST_OFFSET = 0

export interface ShareHeartbeatResult {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly memberId: string | null
  readonly memberEpoch: number
  readonly heartbeatIntervalMs: number
  readonly assignment: { readonly topicPartitions: ReturnType<typeof toWire> } | null
}

/** Nobody's: clients know from the request whose heartbeat was refused. */
export function shareHeartbeatError(errorCode: number, message: string | null): ShareHeartbeatResult {
  return { errorCode, errorMessage: message, memberId: null, memberEpoch: 0, heartbeatIntervalMs: 0, assignment: null }
}

type Reply = (result: ShareHeartbeatResult) => void

export class ShareMembers {
  readonly #operations: ConsumerOperations
  readonly #settings: BrokerSettings
  readonly #topics: TopicsView
  readonly #persister: () => SharePersister | null

  /** @param persister null until the broker's share parts exist */
  constructor(
    operations: ConsumerOperations,
    settings: BrokerSettings,
    topics: TopicsView,
    persister: () => SharePersister | null,
  ) {
    this.#operations = operations
    this.#settings = settings
    this.#topics = topics
    this.#persister = persister
  }

  get image(): MetadataImage {
    return this.#topics.image
  }

  /** The share group, or GROUP_ID_NOT_FOUND. Throws Refusal. @param missing what is said to be missing */
  group(groupId: string, missing: 'Group' | 'Share group' = 'Group'): ShareGroup {
    const group = this.#operations.shard.groups.get(groupId)
    if (group?.type === 'share') return group
    const reason = group === undefined ? `${missing} ${groupId} not found.` : `Group ${groupId} is not a share group.`
    throw new Refusal(ErrorCode.GROUP_ID_NOT_FOUND, reason)
  }

  heartbeat(request: ShareHeartbeat, reply: Reply): void {
    const { groupId } = request
    const refuse = (errorCode: number, message: string | null): void => reply(shareHeartbeatError(errorCode, message))
    const fault = heartbeatFault(request)
    if (fault !== null) return refuse(ErrorCode.INVALID_REQUEST, fault)
    const decide = (): Decision =>
      request.memberEpoch === LEAVE_EPOCH ? this.#leave(request, reply) : this.#stay(request, reply)
    return this.#operations.run(groupId, decide, refuse)
  }

  /** A deleted topic's state is of no use any more. */
  topicsDeleted(topicIds: ReadonlySet<string>): void {
    for (const group of this.#operations.shard.groups.values()) {
      if (group.type !== 'share') continue
      const gone = filterPartitions(group.initialized, (topicId) => topicIds.has(topicId))
      if (gone.size > 0 || [...group.initializing.keys()].some((topicId) => topicIds.has(topicId)))
        this.#forget(group.groupId, topicIds, gone)
    }
  }

  /** The shard has loaded: every member gets a whole session. */
  loaded(): void {
    for (const group of this.#operations.shard.groups.values())
      if (group.type === 'share') for (const memberId of group.members.keys()) this.#armSession(group.groupId, memberId)
  }

  #stay(request: ShareHeartbeat, reply: Reply): Decision {
    const { groupId } = request
    const known = this.#operations.shard.groups.get(groupId)
    const group =
      known === undefined && request.memberEpoch === JOIN_EPOCH
        ? new ShareGroup(groupId)
        : this.group(groupId, 'Share group')
    const draft = new ShareDraft(group)
    const { image, topicsVersion } = this.#topics
    const answer = decideShareHeartbeat(draft, request, image, this.#settings.number('group.share.max.size'))
    const missing = uninitialized(draft.group, image)
    const asked = group.initializing
    if (missing.size > 0) decideInitializing(draft, missing, image)
    return {
      records: draft.records.map(encodeShareRecord),
      applied: () => {
        this.#saw(groupId, topicsVersion)
        this.#armSession(groupId, request.memberId)
        if (missing.size > 0) this.#initialize(request, missing, asked, answer, reply)
        else this.#answer(groupId, answer, reply)
      },
    }
  }

  #leave({ groupId, memberId, memberEpoch }: ShareHeartbeat, reply: Reply): Decision {
    const group = this.group(groupId)
    if (!group.members.has(memberId)) throw unknownShareMember(group, memberId)
    return this.#removal(group, memberId, () =>
      reply({ ...shareHeartbeatError(ErrorCode.NONE, null), memberId, memberEpoch }),
    )
  }

  #removal(group: ShareGroup, memberId: string, applied: () => void): Decision {
    const draft = new ShareDraft(group)
    decideShareRemoval(draft, memberId, this.#topics.image)
    return {
      records: draft.records.map(encodeShareRecord),
      applied: () => {
        this.#operations.forgetMember(group.groupId, memberId)
        applied()
      },
    }
  }

  /** @param asked what was asked for before: asked for again, it keeps what it may have by now */
  #initialize(
    { groupId, memberId, subscribedTopicNames }: ShareHeartbeat,
    missing: TopicPartitions,
    asked: TopicPartitions,
    answer: ShareHeartbeatAnswer,
    reply: Reply,
  ): void {
    const { host } = this.#operations.shard
    const group = this.#operations.shard.groups.get(groupId)
    const persister = this.#persister()
    if (persister === null || group?.type !== 'share') return this.#answer(groupId, answer, reply)
    let answered = false
    const tell = (told: ShareHeartbeatAnswer): void => {
      if (answered) return
      answered = true
      host.timers.clear(patience)
      this.#answer(groupId, told, reply)
    }
    const patience = host.timers.set(INITIALIZE_PATIENCE_MS, () => tell(answer))
    const { groupEpoch, initialized } = group
    const done = new Map<string, Set<number>>()
    let waiting = 1
    const settle = (): void => {
      if (--waiting > 0) return
      if (done.size === 0) return tell(answer)
      const after = (member: ShareMember | null): void => {
        if (member === null) return tell(answer)
        const isTold = answer.assignment !== null || subscribedTopicNames !== null
        return tell({ member, assignment: isTold || member.assigned.size > 0 ? member.assigned : null })
      }
      this.#takeInitialized(groupId, done, memberId, after)
    }
    for (const [topicId, partitions] of missing) {
      for (const partition of partitions) {
        waiting++
        const grows = initialized.has(topicId) && !hasPartition(asked, topicId, partition)
        const startOffset = grows ? FIRST_OFFSET : UNINITIALIZED_OFFSET
        persister.initialize({ groupId, topicId, partition }, { stateEpoch: groupEpoch, startOffset }, (errorCode) => {
          if (errorCode === ErrorCode.NONE) done.set(topicId, (done.get(topicId) ?? new Set()).add(partition))
          settle()
        })
      }
    }
    settle()
  }

  #takeInitialized(
    groupId: string,
    partitions: TopicPartitions,
    memberId: string,
    after: (member: ShareMember | null) => void,
  ): void {
    const decide = (): Decision => {
      const draft = new ShareDraft(this.group(groupId))
      const member = decideInitialized(draft, partitions, memberId, this.#topics.image)
      return { records: draft.records.map(encodeShareRecord), applied: () => after(member) }
    }
    this.#operations.run(groupId, decide, () => after(null))
  }

  #answer(groupId: string, { member, assignment }: ShareHeartbeatAnswer, reply: Reply): void {
    reply({
      errorCode: ErrorCode.NONE,
      errorMessage: null,
      memberId: member.memberId,
      memberEpoch: member.memberEpoch,
      heartbeatIntervalMs: groupNumber(this.#settings.context, groupId, 'share.heartbeat.interval.ms'),
      assignment: assignment === null ? null : { topicPartitions: toWire(assignment) },
    })
  }

  #forget(groupId: string, topicIds: ReadonlySet<string>, gone: TopicPartitions): void {
    const decide = (): Decision => {
      const draft = new ShareDraft(this.group(groupId))
      decideForgotten(draft, topicIds, this.#topics.image)
      const applied = (): void => {
        for (const [topicId, partitions] of gone)
          for (const partition of partitions) this.#persister()?.delete({ groupId, topicId, partition }, () => {})
      }
      return { records: draft.records.map(encodeShareRecord), applied }
    }
    this.#operations.run(groupId, decide, () => {})
  }

  #saw(groupId: string, topicsVersion: number): void {
    const group = this.#operations.shard.groups.get(groupId)
    if (group?.type === 'share') group.seenTopicsVersion = topicsVersion
  }

  /** Heard from the member, or it is given a whole session to be heard from. */
  #armSession(groupId: string, memberId: string): void {
    const { shard, timers } = this.#operations
    const timeoutMs = groupNumber(this.#settings.context, groupId, 'share.session.timeout.ms')
    timers.set('session', groupId, memberId, timeoutMs, () => {
      const decide = (): Decision => {
        const group = shard.groups.get(groupId)
        // A heartbeat that stood before this in the queue has armed the timer again.
        const isHeard = timers.has('session', groupId, memberId)
        if (group?.type !== 'share' || !group.members.has(memberId) || isHeard)
          return { records: [], applied: () => {} }
        return this.#removal(group, memberId, () => {})
      }
      this.#operations.run(groupId, decide, () => {
        // Not written: the next session end will be another try.
        if (shard.state === 'active') this.#armSession(groupId, memberId)
      })
    })
  }
}
