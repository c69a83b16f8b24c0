/**
 * The administrator's view of a share group's progress (KIP-932): DescribeShareGroupOffsets, AlterShareGroupOffsets,
 * DeleteShareGroupOffsets, and what goes with a share group when it is deleted. The offsets are the share coordinators'.
 */
import { ErrorCode } from '@millrace/protocol/errors'
import type { SharePersister, StateSummary } from '../../share-coordinator/persister.ts'
import type { ConsumerOperations } from '../consumer/operations.ts'
import {
  filterPartitions,
  hasPartition,
  NO_PARTITIONS,
  union,
  type TopicPartitions,
} from '../modern/topic-partitions.ts'
import { decideForgotten } from './share-decisions.ts'
import { ShareDraft } from './share-draft.ts'
import type { ShareGroup } from './share-group.ts'
import type { ShareMembers } from './share-members.ts'
import { encodeShareRecord } from './share-records.ts'

export interface PartitionOffset {
  readonly topicId: string
  readonly partition: number
  readonly startOffset: number
}

export interface DescribedOffset {
  readonly topicId: string
  readonly partition: number
  readonly errorCode: number
  readonly summary: StateSummary | null
}

export type Refuse = (errorCode: number, message: string | null) => void

const NO_SHARE_COORDINATOR = 'The share coordinator is not known yet.'

export class ShareOffsets {
  readonly #operations: ConsumerOperations
  readonly #members: ShareMembers
  readonly #persister: () => SharePersister | null

  constructor(operations: ConsumerOperations, members: ShareMembers, persister: () => SharePersister | null) {
    this.#operations = operations
    this.#members = members
    this.#persister = persister
  }

  /**
   * `done` gets one entry for each of `wanted`; null: every partition whose state is kept. Of groups that are not known, or
   * are no share groups, no state is kept.
   */
  describe(
    groupId: string,
    wanted: TopicPartitions | null,
    done: (offsets: readonly DescribedOffset[]) => void,
    refuse: Refuse,
  ): void {
    const group = this.#operations.shard.groups.get(groupId)
    const initialized = group?.type === 'share' ? group.initialized : NO_PARTITIONS
    const persister = this.#persister()
    if (persister === null) return refuse(ErrorCode.COORDINATOR_NOT_AVAILABLE, NO_SHARE_COORDINATOR)
    const described: DescribedOffset[] = []
    return forEachPartition(
      wanted ?? initialized,
      (topicId, partition, next) => {
        const tell = (errorCode: number, summary: StateSummary | null): void => {
          described.push({ topicId, partition, errorCode, summary })
          next()
        }
        // Nothing is known of it: its offset shows as -1.
        if (!hasPartition(initialized, topicId, partition)) return tell(ErrorCode.NONE, null)
        return persister.readSummary({ groupId, topicId, partition }, tell)
      },
      () => done(described),
    )
  }

  /** Sets start offsets of an empty group, in a new state epoch; `done` gets one error code per offset. */
  alter(
    groupId: string,
    offsets: readonly PartitionOffset[],
    done: (errorCodes: readonly number[]) => void,
    refuse: Refuse,
  ): void {
    this.#inTurn(groupId, refuse, (group, persister, finish) => {
      const named = new Map<string, Set<number>>()
      for (const { topicId, partition } of offsets) named.set(topicId, (named.get(topicId) ?? new Set()).add(partition))
      const draft = new ShareDraft(group)
      const stateEpoch = group.groupEpoch + 1
      draft.writeGroup(stateEpoch, group.metadataHash)
      draft.writeStatePartitions(this.#members.image, group.initializing, union(group.initialized, named))
      this.#write(draft, finish, () => {
        const errorCodes = offsets.map(() => ErrorCode.NONE as number)
        let waiting = 1
        const settle = (): void => {
          if (--waiting > 0) return
          done(errorCodes)
          finish(ErrorCode.NONE)
        }
        offsets.forEach(({ topicId, partition, startOffset }, index) => {
          waiting++
          persister.initialize({ groupId, topicId, partition }, { stateEpoch, startOffset }, (errorCode) => {
            errorCodes[index] = errorCode
            settle()
          })
        })
        settle()
      })
    })
  }

  /** Forgets topics of an empty group; `done` when the share coordinators have, with NONE or the error of one. */
  delete(groupId: string, topicIds: ReadonlySet<string>, done: (errorCode: number) => void, refuse: Refuse): void {
    this.#inTurn(groupId, refuse, (group, persister, finish) => {
      const draft = new ShareDraft(group)
      const gone = filterPartitions(group.initialized, (topicId) => topicIds.has(topicId))
      decideForgotten(draft, topicIds, this.#members.image)
      this.#write(draft, finish, () =>
        deleteStates(persister, groupId, gone, (errorCode) => {
          done(errorCode)
          finish(ErrorCode.NONE)
        }),
      )
    })
  }

  /** DeleteGroups for a share group: its progress goes first, so that no new group of its name inherits it. */
  deleteGroup(groupId: string, done: (errorCode: number) => void): void {
    this.#inTurn(groupId, done, (group, persister, finish) =>
      deleteStates(persister, groupId, union(group.initialized, group.initializing), (deleted) => {
        if (deleted !== ErrorCode.NONE) return finish(deleted)
        const draft = new ShareDraft(group)
        draft.removeGroup()
        return this.#write(draft, finish, () => {
          done(ErrorCode.NONE)
          finish(ErrorCode.NONE)
        })
      }),
    )
  }

  /**
   * Works on an empty group in its turn, which lasts until `finish`: nobody joins, and has partitions initialized, while
   * their state is being changed. `finish` with an error refuses.
   */
  #inTurn(
    groupId: string,
    refuse: Refuse,
    work: (group: ShareGroup, persister: SharePersister, finish: (errorCode: number) => void) => void,
  ): void {
    const { shard } = this.#operations
    shard.queue.run(groupId, (free) => {
      const refuseAndFree = (errorCode: number, message: string | null): void => {
        refuse(errorCode, message)
        free()
      }
      const persister = this.#persister()
      if (shard.errorCode !== ErrorCode.NONE) return refuseAndFree(shard.errorCode, null)
      if (persister === null) return refuseAndFree(ErrorCode.COORDINATOR_NOT_AVAILABLE, NO_SHARE_COORDINATOR)
      const group = shard.groups.get(groupId)
      if (group?.type !== 'share') {
        const reason = group === undefined ? 'not found' : 'is not a share group'
        return refuseAndFree(ErrorCode.GROUP_ID_NOT_FOUND, `Group ${groupId} ${reason}.`)
      }
      if (!group.isEmpty) return refuseAndFree(ErrorCode.NON_EMPTY_GROUP, null)
      return work(group, persister, (errorCode) =>
        errorCode === ErrorCode.NONE ? free() : refuseAndFree(errorCode, null),
      )
    })
  }

  /** `written` when the draft's records are committed and applied; else `finish` with the error. */
  #write(draft: ShareDraft, finish: (errorCode: number) => void, written: () => void): void {
    if (draft.records.length === 0) return written()
    return this.#operations.shard.append(draft.records.map(encodeShareRecord), { apply: true }, (errorCode) =>
      errorCode === ErrorCode.NONE ? written() : finish(errorCode),
    )
  }
}

function deleteStates(
  persister: SharePersister,
  groupId: string,
  partitions: TopicPartitions,
  done: (errorCode: number) => void,
): void {
  let failure: number = ErrorCode.NONE
  forEachPartition(
    partitions,
    (topicId, partition, next) =>
      persister.delete({ groupId, topicId, partition }, (errorCode) => {
        if (errorCode !== ErrorCode.NONE) failure = errorCode
        next()
      }),
    () => done(failure),
  )
}

/** All at once; `done` when each has called `next`. */
function forEachPartition(
  partitions: TopicPartitions,
  visit: (topicId: string, partition: number, next: () => void) => void,
  done: () => void,
): void {
  let waiting = 1
  const next = (): void => {
    if (--waiting === 0) done()
  }
  for (const [topicId, indexes] of partitions) {
    for (const partition of indexes) {
      waiting++
      visit(topicId, partition, next)
    }
  }
  next()
}
