/**
 * Kafka's operations on resources as actions of IAM access control (msk.md §5.4). What is not in the table can be granted by
 * no policy: CLUSTER_ACTION is for the cluster's nodes, CREATE on the cluster is CreateTopic on the topic, and delegation
 * tokens do not exist for IAM principals.
 */
import { AclOperation, ResourceType } from '../acl/acl.ts'

export const CONNECT = 'kafka-cluster:Connect'

/** The resource types of kafka-cluster, as in their ARNs. */
export type KafkaResourceKind = 'cluster' | 'topic' | 'group' | 'transactional-id'

export interface KafkaAction {
  /** `kafka-cluster:WriteData` */
  readonly action: string
  readonly kind: KafkaResourceKind
}

const operations: Readonly<Record<KafkaResourceKind, Readonly<Record<number, string>>>> = {
  cluster: {
    [AclOperation.DESCRIBE]: 'DescribeCluster',
    [AclOperation.ALTER]: 'AlterCluster',
    [AclOperation.DESCRIBE_CONFIGS]: 'DescribeClusterDynamicConfiguration',
    [AclOperation.ALTER_CONFIGS]: 'AlterClusterDynamicConfiguration',
    [AclOperation.IDEMPOTENT_WRITE]: 'WriteDataIdempotently',
  },
  topic: {
    [AclOperation.CREATE]: 'CreateTopic',
    [AclOperation.DESCRIBE]: 'DescribeTopic',
    [AclOperation.ALTER]: 'AlterTopic',
    [AclOperation.DELETE]: 'DeleteTopic',
    [AclOperation.DESCRIBE_CONFIGS]: 'DescribeTopicDynamicConfiguration',
    [AclOperation.ALTER_CONFIGS]: 'AlterTopicDynamicConfiguration',
    [AclOperation.READ]: 'ReadData',
    [AclOperation.WRITE]: 'WriteData',
  },
  group: {
    [AclOperation.DESCRIBE]: 'DescribeGroup',
    [AclOperation.READ]: 'AlterGroup',
    [AclOperation.DELETE]: 'DeleteGroup',
  },
  'transactional-id': {
    [AclOperation.DESCRIBE]: 'DescribeTransactionalId',
    [AclOperation.WRITE]: 'AlterTransactionalId',
    [AclOperation.TWO_PHASE_COMMIT]: 'AlterTransactionalId',
  },
}

const kinds: Readonly<Record<number, KafkaResourceKind>> = {
  [ResourceType.CLUSTER]: 'cluster',
  [ResourceType.TOPIC]: 'topic',
  [ResourceType.GROUP]: 'group',
  [ResourceType.TRANSACTIONAL_ID]: 'transactional-id',
}

/** Null: no policy can allow it. */
export function actionOf(operation: number, resourceType: number): KafkaAction | null {
  // Settings of groups came after the actions: who may the cluster's settings may these.
  if (
    resourceType === ResourceType.GROUP &&
    (operation === AclOperation.DESCRIBE_CONFIGS || operation === AclOperation.ALTER_CONFIGS)
  )
    return actionOf(operation, ResourceType.CLUSTER)
  const kind = kinds[resourceType]
  const name = kind === undefined ? undefined : operations[kind][operation]
  return kind === undefined || name === undefined ? null : { action: `kafka-cluster:${name}`, kind }
}

/** ARN of a resource in a cluster (msk.md §1.3). @param clusterArn `arn:aws:kafka:REGION:ACCOUNT:cluster/NAME/UUID-N` */
export function resourceArn(clusterArn: string, kind: KafkaResourceKind, name: string): string {
  return kind === 'cluster' ? clusterArn : `${clusterArn.replace(':cluster/', `:${kind}/`)}/${name}`
}
