/**
 * Share sessions (KIP-932): which partitions a member of a share group fetches from this broker, one session per group and
 * member. Every ShareFetch and ShareAcknowledge names the epoch that the session then has:
 *
 *   0 opens (in the place of an older one) · 1, 2, … goes on · -1 ends, after its acknowledgements
 *
 * A session ends with its connection: the one of its last request, since a client whose connection broke may go on with
 * another one before the broker has noticed, or without its ever noticing. Its fetch under way ends with it: it must not
 * acquire for nobody. Whoever ends one gives back what the member holds: `onEnded`.
 */
import type { ConnectionInfo } from '@millrace/network/api-handler'
import { ErrorCode } from '@millrace/protocol/errors'
import type { TopicPartitionId } from './share-partitions.ts'

export const INITIAL_EPOCH = 0
export const FINAL_EPOCH = -1
const EPOCH_MAX = 0x7fff_ffff

type SessionConnection = Pick<ConnectionInfo, 'onClose'>

export interface ShareSession {
  readonly groupId: string
  readonly memberId: string
  /** The epoch that the next request must name. */
  epoch: number
  /** In the order in which they are served next. */
  readonly partitions: Map<string, TopicPartitionId>
  connection: SessionConnection
  /** To the connection's end. */
  stopListening: () => void
  /** Called when the session ends, before what it holds is given back. */
  readonly endListeners: Set<() => void>
}

export interface SessionChange {
  readonly groupId: string
  readonly memberId: string
  readonly epoch: number
  readonly added: readonly TopicPartitionId[]
  readonly forgotten: readonly TopicPartitionId[]
}

export type OpenedSession =
  | { readonly errorCode: 0; readonly session: ShareSession }
  | { readonly errorCode: number; readonly session: null }

export class ShareSessions {
  /** By group, then by member. */
  readonly #groups: Map<string, Map<string, ShareSession>> = new Map()
  readonly #sessionsMax: () => number
  readonly #onEnded: (groupId: string, memberId: string, isLast: boolean) => void
  #size = 0

  /** @param onEnded `isLast`: the group has no other session here */
  constructor(sessionsMax: () => number, onEnded: (groupId: string, memberId: string, isLast: boolean) => void) {
    this.#sessionsMax = sessionsMax
    this.#onEnded = onEnded
  }

  get size(): number {
    return this.#size
  }

  /** The session as the request has changed it, its epoch counted up. Not for the initial or final epoch of an acknowledge. */
  proceed(change: SessionChange, connection: SessionConnection): OpenedSession {
    const { groupId, memberId, epoch } = change
    if (epoch === INITIAL_EPOCH) return this.#create(change, connection)
    const session = this.#groups.get(groupId)?.get(memberId)
    if (session === undefined) return { errorCode: ErrorCode.SHARE_SESSION_NOT_FOUND, session: null }
    if (epoch !== FINAL_EPOCH && epoch !== session.epoch)
      return { errorCode: ErrorCode.INVALID_SHARE_SESSION_EPOCH, session: null }
    if (session.connection !== connection) this.#move(session, connection)
    if (epoch === FINAL_EPOCH) return { errorCode: ErrorCode.NONE, session }
    session.epoch = epoch === EPOCH_MAX ? 1 : epoch + 1
    apply(session, change)
    return { errorCode: ErrorCode.NONE, session }
  }

  end(session: ShareSession): void {
    const { groupId, memberId, stopListening, endListeners } = session
    const group = this.#groups.get(groupId)
    if (group?.get(memberId) !== session) return
    group.delete(memberId)
    this.#size--
    if (group.size === 0) this.#groups.delete(groupId)
    stopListening()
    for (const listener of [...endListeners]) listener()
    this.#onEnded(groupId, memberId, group.size === 0)
  }

  #move(session: ShareSession, connection: SessionConnection): void {
    session.stopListening()
    session.connection = connection
    session.stopListening = connection.onClose(() => this.end(session))
  }

  #create(change: SessionChange, connection: SessionConnection): OpenedSession {
    const { groupId, memberId } = change
    const old = this.#groups.get(groupId)?.get(memberId)
    if (old !== undefined) this.end(old)
    if (this.#size >= this.#sessionsMax()) return { errorCode: ErrorCode.SHARE_SESSION_LIMIT_REACHED, session: null }
    const session: ShareSession = {
      groupId,
      memberId,
      epoch: 1,
      partitions: new Map(),
      connection,
      stopListening: connection.onClose(() => this.end(session)),
      endListeners: new Set(),
    }
    const group = this.#groups.get(groupId) ?? new Map<string, ShareSession>()
    this.#groups.set(groupId, group.set(memberId, session))
    this.#size++
    apply(session, change)
    return { errorCode: ErrorCode.NONE, session }
  }
}

/** Every partition is first in turn: the one served first now is served last the next time. */
export function rotated(session: ShareSession): TopicPartitionId[] {
  const partitions = [...session.partitions.values()]
  const [first] = session.partitions
  if (first !== undefined && partitions.length > 1) {
    session.partitions.delete(first[0])
    session.partitions.set(first[0], first[1])
  }
  return partitions
}

function apply(session: ShareSession, { added, forgotten }: SessionChange): void {
  for (const each of added) session.partitions.set(keyOf(each), each)
  for (const each of forgotten) session.partitions.delete(keyOf(each))
}

function keyOf({ topicId, partition }: TopicPartitionId): string {
  return `${topicId}:${partition}`
}
