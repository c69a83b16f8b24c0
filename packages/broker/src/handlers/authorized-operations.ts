/**
 * The bit sets in which Metadata and DescribeCluster tell what the asker may do: bit n for AclOperation n
 * (kafka-protocol §2.8). Without an authorizer everything that exists on the resource is allowed.
 */

/** The client did not ask. */
export const NOT_ASKED = -2_147_483_648

const READ = 1 << 3
const WRITE = 1 << 4
const CREATE = 1 << 5
const DELETE = 1 << 6
const ALTER = 1 << 7
const DESCRIBE = 1 << 8
const CLUSTER_ACTION = 1 << 9
const DESCRIBE_CONFIGS = 1 << 10
const ALTER_CONFIGS = 1 << 11
const IDEMPOTENT_WRITE = 1 << 12

export const ALL_TOPIC_OPERATIONS: number =
  READ | WRITE | CREATE | DELETE | ALTER | DESCRIBE | DESCRIBE_CONFIGS | ALTER_CONFIGS
export const ALL_CLUSTER_OPERATIONS: number =
  CREATE | ALTER | DESCRIBE | CLUSTER_ACTION | DESCRIBE_CONFIGS | ALTER_CONFIGS | IDEMPOTENT_WRITE
export const ALL_GROUP_OPERATIONS: number = READ | DELETE | DESCRIBE
