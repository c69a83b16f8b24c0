/**
 * The bit sets in which Metadata, DescribeCluster and the Describe APIs of groups tell what the asker may do: bit n for
 * AclOperation n (kafka-protocol §2.8). Handlers tell everything that exists on the resource; where ACLs take something
 * away the guards do (authorization/guards.ts).
 */
import { ResourceType, allOperations } from '@millrace/policy/acl/acl'

/** The client did not ask. */
export const NOT_ASKED = -2_147_483_648

export const ALL_TOPIC_OPERATIONS: number = allOperations(ResourceType.TOPIC)
export const ALL_CLUSTER_OPERATIONS: number = allOperations(ResourceType.CLUSTER)
export const ALL_GROUP_OPERATIONS: number = allOperations(ResourceType.GROUP)
