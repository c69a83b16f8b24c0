/** ConsumerGroupHeartbeat (KIP-848): checks, decides in the group's turn, arms the member's timers, answers. */
import { ErrorCode } from '@millrace/protocol/errors'
import { randomUuid } from '@millrace/base/uuid'
import { toWire } from '../modern/topic-partitions.ts'
import { STATIC_LEAVE_EPOCH } from './consumer-member.ts'
import { decideHeartbeat } from './heartbeat.ts'
import { checkHeartbeat, isLeaving, type HeartbeatRequest } from './heartbeat-request.ts'
import { leaveForAWhile, leavingMember } from './leave.ts'
import { GroupDraft } from './group-draft.ts'
import type { ConsumerOperations, Decision, Refuse } from './operations.ts'
import { Refusal } from './refusal.ts'

export interface HeartbeatResult {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly memberId: string | null
  readonly memberEpoch: number
  readonly heartbeatIntervalMs: number
  readonly assignment: { readonly topicPartitions: ReturnType<typeof toWire> } | null
}

/** Nobody's: clients know from the request whose heartbeat was refused. */
export function heartbeatError(errorCode: number, errorMessage: string | null): HeartbeatResult {
  return { errorCode, errorMessage, memberId: null, memberEpoch: 0, heartbeatIntervalMs: 0, assignment: null }
}

export class ConsumerMembers {
  readonly #operations: ConsumerOperations

  constructor(operations: ConsumerOperations) {
    this.#operations = operations
  }

  heartbeat(asked: HeartbeatRequest, reply: (result: HeartbeatResult) => void): void {
    const refuse: Refuse = (errorCode, message) => reply(heartbeatError(errorCode, message))
    try {
      checkHeartbeat(asked, this.#operations.settings.assignors)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return refuse(error.errorCode, error.message)
    }
    // Version 0: the coordinator gives the id.
    const memberId = asked.memberId === '' ? randomUuid(this.#operations.shard.host.random) : asked.memberId
    const request = { ...asked, memberId }
    const decide = isLeaving(request) ? () => this.#leave(request, reply) : () => this.#stay(request, reply)
    return this.#operations.run(request.groupId, decide, refuse)
  }

  #stay(request: HeartbeatRequest, reply: (result: HeartbeatResult) => void): Decision {
    const operations = this.#operations
    const { groupId } = request
    const context = operations.context(request.maySeeTopic)
    const joins = request.memberEpoch === 0
    const opened = joins
      ? operations.open(groupId, context)
      : { draft: new GroupDraft(operations.group(groupId, 'Consumer group')), tombstones: [], taken: () => {} }
    const predecessor = request.instanceId === null ? undefined : opened.draft.group.staticMember(request.instanceId)
    const { member, assignment } = decideHeartbeat(opened.draft, request, context)
    return {
      records: operations.records(opened),
      applied: () => {
        opened.taken()
        if (predecessor !== undefined && predecessor.memberId !== member.memberId)
          operations.forgetMember(groupId, predecessor.memberId)
        operations.saw(groupId, context.topicsVersion)
        operations.armSession(groupId, member)
        operations.armRebalance(groupId, member)
        reply({
          errorCode: ErrorCode.NONE,
          errorMessage: null,
          memberId: member.memberId,
          memberEpoch: member.memberEpoch,
          heartbeatIntervalMs: operations.settings.heartbeatIntervalMs(groupId),
          assignment: assignment === null ? null : { topicPartitions: toWire(assignment) },
        })
      },
    }
  }

  #leave(request: HeartbeatRequest, reply: (result: HeartbeatResult) => void): Decision {
    const operations = this.#operations
    const { groupId, memberEpoch } = request
    const group = operations.group(groupId)
    const member = leavingMember(group, request)
    const answer = (): void =>
      reply({ ...heartbeatError(ErrorCode.NONE, null), memberId: member.memberId, memberEpoch })
    if (memberEpoch !== STATIC_LEAVE_EPOCH) return operations.decideRemoval(group, [member.memberId], answer)
    const draft = new GroupDraft(group)
    leaveForAWhile(draft, member)
    const applied = (): void => {
      operations.timers.clear('rebalance', groupId, member.memberId)
      answer()
    }
    return { records: operations.records({ draft, tombstones: [] }), applied }
  }
}
