/** Guards of the APIs of a group coordinator (kafka-protocol §6.3). */
import type { MetadataImage } from '@millrace/metadata/image'
import { guardOf, guardWholly, type Guard } from '@millrace/network/guard'
import { AclOperation, CLUSTER_NAME, ResourceType } from '@millrace/policy/acl/acl'
import type { Access } from '@millrace/policy/acl/access'
import { ApiKey } from '@millrace/protocol/apis'
import { ErrorCode, errorMessage } from '@millrace/protocol/errors'
import type { OffsetCommitRequest, OffsetCommitResponseInput } from '@millrace/protocol/messages/08-offset-commit'
import type {
  FindCoordinatorRequest,
  FindCoordinatorResponseInput,
} from '@millrace/protocol/messages/10-find-coordinator'
import type { JoinGroupRequest, JoinGroupResponseInput } from '@millrace/protocol/messages/11-join-group'
import type { HeartbeatRequest, HeartbeatResponseInput } from '@millrace/protocol/messages/12-heartbeat'
import type { LeaveGroupRequest, LeaveGroupResponseInput } from '@millrace/protocol/messages/13-leave-group'
import type { SyncGroupRequest, SyncGroupResponseInput } from '@millrace/protocol/messages/14-sync-group'
import type { DescribeGroupsRequest, DescribeGroupsResponseInput } from '@millrace/protocol/messages/15-describe-groups'
import type { ListGroupsRequest, ListGroupsResponseInput } from '@millrace/protocol/messages/16-list-groups'
import type { DeleteGroupsRequest, DeleteGroupsResponseInput } from '@millrace/protocol/messages/42-delete-groups'
import type { OffsetDeleteRequest, OffsetDeleteResponseInput } from '@millrace/protocol/messages/47-offset-delete'
import { offsetFetchGuard } from './offset-fetch-guard.ts'
import { divide, refuseTopics } from './refuse-topics.ts'

const TOPIC_REFUSED = ErrorCode.TOPIC_AUTHORIZATION_FAILED
const GROUP_REFUSED = ErrorCode.GROUP_AUTHORIZATION_FAILED
const NOTHING = Buffer.alloc(0)
const COMMIT_BY_ID_VERSION = 10

/** The check that all requests of a group's member have in common. */
export function mayRead(access: Access, { groupId }: { readonly groupId: string }): number {
  return access.allows(AclOperation.READ, ResourceType.GROUP, groupId) ? ErrorCode.NONE : GROUP_REFUSED
}

/** @param image the latest one, for topics that are named by their id */
export function groupGuards(image: () => MetadataImage): readonly [number, Guard | null][] {
  return [
    guardOf<OffsetCommitRequest, OffsetCommitResponseInput>(ApiKey.OffsetCommit, (asked) => {
      const { access, context, request, respond } = asked
      const { topicsById } = image()
      const refuse = (
        { name, topicId, partitions }: OffsetCommitRequest['topics'][number],
        errorCode: number,
      ): OffsetCommitResponseInput['topics'][number] => ({
        name,
        topicId,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
      })
      if (mayRead(access, request) !== ErrorCode.NONE)
        return respond({ throttleTimeMs: 0, topics: request.topics.map((topic) => refuse(topic, GROUP_REFUSED)) })
      const byId = context.apiVersion >= COMMIT_BY_ID_VERSION
      return refuseTopics(asked, {
        operation: AclOperation.READ,
        nameOf: ({ name, topicId }) => (byId ? (topicsById.get(topicId)?.name ?? null) : name),
        list: 'topics',
        refuse: (topic) => refuse(topic, TOPIC_REFUSED),
      })
    }),
    offsetFetchGuard(image),
    findCoordinatorGuard(),
    guardWholly<JoinGroupRequest, JoinGroupResponseInput>(
      ApiKey.JoinGroup,
      mayRead,
      ({ memberId }, errorCode, { apiVersion }) => ({
        throttleTimeMs: 0,
        errorCode,
        generationId: -1,
        protocolType: null,
        // Before v7 the name may not be null.
        protocolName: apiVersion >= 7 ? null : '',
        leader: '',
        skipAssignment: false,
        memberId,
        members: [],
      }),
    ),
    guardWholly<HeartbeatRequest, HeartbeatResponseInput>(ApiKey.Heartbeat, mayRead, (_request, errorCode) => ({
      throttleTimeMs: 0,
      errorCode,
    })),
    guardWholly<LeaveGroupRequest, LeaveGroupResponseInput>(ApiKey.LeaveGroup, mayRead, (_request, errorCode) => ({
      throttleTimeMs: 0,
      errorCode,
      members: [],
    })),
    guardWholly<SyncGroupRequest, SyncGroupResponseInput>(ApiKey.SyncGroup, mayRead, (_request, errorCode) => ({
      throttleTimeMs: 0,
      errorCode,
      protocolType: null,
      protocolName: null,
      assignment: NOTHING,
    })),
    guardOf<DescribeGroupsRequest, DescribeGroupsResponseInput>(
      ApiKey.DescribeGroups,
      ({ access, request, respond, pass }) => {
        const divided = divide(request.groups, (id) => access.allows(AclOperation.DESCRIBE, ResourceType.GROUP, id))
        const refused = (divided?.refused ?? []).map((groupId) => ({
          errorCode: GROUP_REFUSED,
          errorMessage: errorMessage(GROUP_REFUSED),
          groupId,
          groupState: '',
          protocolType: '',
          protocolData: '',
          members: [],
        }))
        const passed = divided === null ? request : { ...request, groups: [...divided.kept] }
        return pass(passed, (response, release) => {
          if (response === null) return respond(null, release)
          const told = request.includeAuthorizedOperations
            ? response.groups.map((group) => ({
                ...group,
                authorizedOperations: access.operationsOn(ResourceType.GROUP, group.groupId),
              }))
            : response.groups
          return respond({ ...response, groups: [...told, ...refused] }, release)
        })
      },
    ),
    guardOf<ListGroupsRequest, ListGroupsResponseInput>(ApiKey.ListGroups, ({ access, request, respond, pass }) => {
      if (access.wouldAllow(AclOperation.DESCRIBE, ResourceType.CLUSTER, CLUSTER_NAME)) return pass(request)
      return pass(request, (response, release) => {
        if (response === null) return respond(null, release)
        const groups = response.groups.filter(({ groupId }) =>
          access.wouldAllow(AclOperation.DESCRIBE, ResourceType.GROUP, groupId),
        )
        return respond({ ...response, groups }, release)
      })
    }),
    guardOf<DeleteGroupsRequest, DeleteGroupsResponseInput>(
      ApiKey.DeleteGroups,
      ({ access, request, respond, pass }) => {
        const divided = divide(request.groupsNames, (id) => access.allows(AclOperation.DELETE, ResourceType.GROUP, id))
        if (divided === null) return pass(request)
        const refused = divided.refused.map((groupId) => ({ groupId, errorCode: GROUP_REFUSED }))
        return pass({ ...request, groupsNames: [...divided.kept] }, (response, release) =>
          respond(response === null ? null : { ...response, results: [...response.results, ...refused] }, release),
        )
      },
    ),
    guardOf<OffsetDeleteRequest, OffsetDeleteResponseInput>(ApiKey.OffsetDelete, (asked) => {
      const { access, request, respond } = asked
      if (!access.allows(AclOperation.DELETE, ResourceType.GROUP, request.groupId))
        return respond({ throttleTimeMs: 0, errorCode: GROUP_REFUSED, topics: [] })
      return refuseTopics(asked, {
        operation: AclOperation.READ,
        nameOf: ({ name }) => name,
        list: 'topics',
        refuse: ({ name, partitions }) => ({
          name,
          partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: TOPIC_REFUSED })),
        }),
      })
    }),
  ]
}

const KEY_TYPE_GROUP = 0
const KEY_TYPE_TRANSACTION = 1
const MANY_KEYS_VERSION = 4

/** DESCRIBE on the group or transactional id; the state of share groups is for brokers (CLUSTER_ACTION). */
function findCoordinatorGuard(): [number, Guard] {
  return guardOf<FindCoordinatorRequest, FindCoordinatorResponseInput>(
    ApiKey.FindCoordinator,
    ({ access, context, request, respond, pass }) => {
      const { keyType } = request
      const many = context.apiVersion >= MANY_KEYS_VERSION
      const allowed = (key: string): boolean => {
        if (keyType === KEY_TYPE_GROUP) return access.allows(AclOperation.DESCRIBE, ResourceType.GROUP, key)
        if (keyType === KEY_TYPE_TRANSACTION)
          return access.allows(AclOperation.DESCRIBE, ResourceType.TRANSACTIONAL_ID, key)
        return access.allows(AclOperation.CLUSTER_ACTION, ResourceType.CLUSTER, CLUSTER_NAME)
      }
      const errorCode =
        keyType === KEY_TYPE_GROUP
          ? GROUP_REFUSED
          : keyType === KEY_TYPE_TRANSACTION
            ? ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
            : ErrorCode.CLUSTER_AUTHORIZATION_FAILED
      const nowhere = { nodeId: -1, host: '', port: -1, errorCode, errorMessage: errorMessage(errorCode) }
      const divided = divide(many ? request.coordinatorKeys : [request.key], allowed)
      if (divided === null) return pass(request)
      if (!many) return respond({ throttleTimeMs: 0, ...nowhere })
      const refused = divided.refused.map((key) => ({ key, ...nowhere }))
      if (divided.kept.length === 0) return respond({ throttleTimeMs: 0, coordinators: refused })
      return pass({ ...request, coordinatorKeys: [...divided.kept] }, (response, release) =>
        respond(
          response === null ? null : { ...response, coordinators: [...(response.coordinators ?? []), ...refused] },
          release,
        ),
      )
    },
  )
}
