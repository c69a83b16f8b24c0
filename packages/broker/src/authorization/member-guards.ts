/**
 * What consumer groups (KIP-848) and share groups (KIP-932) have in common: members that heartbeat with the topics they
 * want, and descriptions that show which topics they got.
 */
import { guardOf, guardWholly, type Guard } from '@millrace/network/guard'
import { AclOperation, ResourceType } from '@millrace/policy/acl/acl'
import type { Access } from '@millrace/policy/acl/access'
import { ErrorCode, errorMessage } from '@millrace/protocol/errors'
import { mayRead } from './group-guards.ts'
import { divide } from './refuse-topics.ts'

interface Heartbeat {
  readonly groupId: string
  readonly memberId: string
  readonly subscribedTopicNames: readonly string[] | null
}

/** READ on the group and DESCRIBE on each topic that is subscribed to by name. */
export function heartbeatGuard<Request extends Heartbeat>(apiKey: number): [number, Guard] {
  return guardWholly<Request, object>(
    apiKey,
    (access, request) => mayRead(access, request) || mayDescribeAll(access, request.subscribedTopicNames),
    ({ memberId }, errorCode) => ({
      throttleTimeMs: 0,
      errorCode,
      errorMessage: errorMessage(errorCode),
      memberId,
      memberEpoch: 0,
      heartbeatIntervalMs: 0,
      assignment: null,
    }),
  )
}

/** NONE when all topics may be described; null: the request names none. */
function mayDescribeAll(access: Access, topics: readonly string[] | null): number {
  const refused = topics?.some((topic) => !access.allows(AclOperation.DESCRIBE, ResourceType.TOPIC, topic)) ?? false
  return refused ? ErrorCode.TOPIC_AUTHORIZATION_FAILED : ErrorCode.NONE
}

interface DescribeRequest {
  readonly groupIds: readonly string[]
  readonly includeAuthorizedOperations: boolean
}

interface DescribedGroup<Member> {
  readonly groupId: string
  readonly members: readonly Member[]
}

interface DescribeResponse<Group> {
  readonly groups: readonly (Group | ReturnType<typeof refusedGroup>)[]
}

/**
 * DESCRIBE on each group, and on each topic that a member of it has: else the whole group is refused.
 * @param topicsOf what a member has or shall have
 */
export function describeGuard<Request extends DescribeRequest, Group extends DescribedGroup<unknown>>(
  apiKey: number,
  topicsOf: (member: Group['members'][number]) => readonly { readonly topicName: string }[],
): [number, Guard] {
  return guardOf<Request, DescribeResponse<Group>>(apiKey, ({ access, request, respond, pass }) => {
    const { groupIds } = request
    const divided = divide(groupIds, (id) => access.allows(AclOperation.DESCRIBE, ResourceType.GROUP, id))
    const { kept, refused } = divided ?? { kept: groupIds, refused: [] }
    const hides = ({ topicName }: { readonly topicName: string }): boolean =>
      !access.wouldAllow(AclOperation.DESCRIBE, ResourceType.TOPIC, topicName)
    pass({ ...request, groupIds: [...kept] }, (response, release) => {
      if (response === null) return respond(null, release)
      const groups = (response.groups as readonly Group[]).map((group) => {
        if (group.members.some((member) => topicsOf(member).some(hides)))
          return refusedGroup(group.groupId, ErrorCode.TOPIC_AUTHORIZATION_FAILED)
        if (!request.includeAuthorizedOperations) return group
        return { ...group, authorizedOperations: access.operationsOn(ResourceType.GROUP, group.groupId) }
      })
      const failed = refused.map((groupId) => refusedGroup(groupId, ErrorCode.GROUP_AUTHORIZATION_FAILED))
      return respond({ ...response, groups: [...groups, ...failed] }, release)
    })
  })
}

/** The groups of both APIs have one layout but for their members. */
function refusedGroup(
  groupId: string,
  errorCode: number,
): {
  readonly groupId: string
  readonly errorCode: number
  readonly errorMessage: string
  readonly groupState: string
  readonly groupEpoch: number
  readonly assignmentEpoch: number
  readonly assignorName: string
  readonly members: never[]
} {
  const message =
    errorCode === ErrorCode.TOPIC_AUTHORIZATION_FAILED
      ? 'The group has described topic(s) that the client is not authorized to describe.'
      : errorMessage(errorCode)
  return {
    groupId,
    errorCode,
    errorMessage: message,
    groupState: '',
    groupEpoch: 0,
    assignmentEpoch: 0,
    assignorName: '',
    members: [],
  }
}
