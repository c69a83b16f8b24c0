/**
 * What Kafka's own Java clients tell their caller: the exception of Kafka for each kind of refusal, `none` when the call
 * succeeds, NothingListedException when a list simply leaves out what was looked for. Grants as in row.ts.
 */
import type { Case } from './row.ts'

export interface JavaRow {
  /** A method of the clients, and the names it is called with. */
  readonly call: string
  readonly before?: readonly string[]
  readonly cases: readonly Case[]
}

const TOPIC = 'TopicAuthorizationException'
const GROUP = 'GroupAuthorizationException'
const CLUSTER = 'ClusterAuthorizationException'
const TRANSACTIONAL_ID = 'TransactionalIdAuthorizationException'

const on = (call: string, acl: string, iam: string, refused: string, allowed = 'none'): JavaRow => ({
  call,
  cases: [
    ['acl', '', refused],
    ['acl', `+${acl}`, allowed],
    ['iam', '', refused],
    ['iam', `+${iam}`, allowed],
  ],
})

export const javaRows: readonly JavaRow[] = [
  on('createTopics fresh', 'CREATE topic fresh', 'CreateTopic topic fresh', TOPIC),
  {
    ...on('deleteTopics doomed', 'DELETE topic doomed', 'DeleteTopic topic doomed, +DescribeTopic topic doomed', TOPIC),
    before: ['topic doomed'],
  },
  on('describeTopics orders', 'DESCRIBE topic orders', 'DescribeTopic topic orders', TOPIC),
  on('createPartitions orders', 'ALTER topic orders', 'AlterTopic topic orders', TOPIC),
  on('deleteRecords', 'DELETE topic orders', 'DeleteTopic topic orders, +DescribeTopic topic orders', TOPIC),
  on('listOffsets', 'DESCRIBE topic orders', 'DescribeTopic topic orders', TOPIC),
  on('describeProducers', 'READ topic orders', 'ReadData topic orders, +DescribeTopic topic orders', TOPIC),
  on(
    'describeTopicConfigs orders',
    'DESCRIBE_CONFIGS topic orders',
    'DescribeTopicDynamicConfiguration topic orders',
    TOPIC,
  ),
  on('describeBrokerConfigs', 'DESCRIBE_CONFIGS cluster', 'DescribeClusterDynamicConfiguration cluster', CLUSTER),
  on('alterTopicConfigs orders', 'ALTER_CONFIGS topic orders', 'AlterTopicDynamicConfiguration topic orders', TOPIC),
  on('alterBrokerConfigs', 'ALTER_CONFIGS cluster', 'AlterClusterDynamicConfiguration cluster', CLUSTER),
  {
    ...on('describeGroups team', 'DESCRIBE group team', 'DescribeGroup group team', GROUP),
    before: ['group team'],
  },
  {
    ...on('deleteGroups team', 'DELETE group team', 'DeleteGroup group team, +DescribeGroup group team', GROUP),
    before: ['group team'],
  },
  {
    call: 'listOffsetsOfGroup team',
    before: ['group team'],
    cases: [
      ['acl', '', GROUP],
      ['acl', '+DESCRIBE group team', 'NothingListedException'],
      ['acl', '+DESCRIBE group team, +DESCRIBE topic orders', 'none'],
      ['iam', '+DescribeGroup group team, +DescribeTopic topic orders', 'none'],
    ],
  },
  {
    call: 'alterOffsetsOfGroup team',
    before: ['group team'],
    cases: [
      ['acl', '+DESCRIBE group team', GROUP],
      ['acl', '+READ group team', TOPIC],
      ['acl', '+READ group team, +READ topic orders', 'none'],
      ['iam', '+DescribeGroup group team, +AlterGroup group team', TOPIC],
    ],
  },
  {
    call: 'deleteOffsetsOfGroup team',
    before: ['group team'],
    cases: [
      ['acl', '+DESCRIBE group team', GROUP],
      ['acl', '+DELETE group team', TOPIC],
      ['acl', '+DELETE group team, +READ topic orders', 'none'],
    ],
  },
  {
    call: 'listGroups team',
    before: ['group team'],
    cases: [
      ['acl', '', 'NothingListedException'],
      ['acl', '+DESCRIBE group team', 'none'],
      ['acl', '+DESCRIBE cluster', 'none'],
      ['iam', '+DescribeGroup group team', 'none'],
    ],
  },
  on('listTopics orders', 'READ topic orders', 'DescribeTopic topic orders', 'NothingListedException'),
  {
    ...on(
      'describeTransactions tx',
      'DESCRIBE transactional-id tx',
      'DescribeTransactionalId transactional-id tx',
      TRANSACTIONAL_ID,
    ),
    before: ['transaction tx'],
  },
  on(
    'fenceProducers tx',
    'WRITE transactional-id tx',
    'AlterTransactionalId transactional-id tx, +DescribeTransactionalId transactional-id tx',
    TRANSACTIONAL_ID,
  ),
  on('describeAcls', 'DESCRIBE cluster', 'DescribeCluster cluster', CLUSTER),
  on('createAcls', 'ALTER cluster', 'AlterCluster cluster', CLUSTER),
  on('deleteAcls', 'ALTER cluster', 'AlterCluster cluster', CLUSTER),
  on('electLeaders', 'ALTER cluster', 'AlterCluster cluster', CLUSTER, 'ElectionNotNeededException'),
  on('listReassignments', 'DESCRIBE cluster', 'DescribeCluster cluster', CLUSTER),
  on('alterReassignments', 'ALTER cluster', 'AlterCluster cluster', CLUSTER, 'NoReassignmentInProgressException'),
  on('describeQuotas', 'DESCRIBE_CONFIGS cluster', 'DescribeClusterDynamicConfiguration cluster', CLUSTER),
  on('alterQuotas', 'ALTER_CONFIGS cluster', 'AlterClusterDynamicConfiguration cluster', CLUSTER),
  on('describeScram', 'DESCRIBE cluster', 'DescribeCluster cluster', CLUSTER),
  on('alterScram', 'ALTER cluster', 'AlterCluster cluster', CLUSTER, 'ResourceNotFoundException'),
  on('describeLogDirs', 'DESCRIBE cluster', 'DescribeCluster cluster', CLUSTER),
  on('describeQuorum', 'DESCRIBE cluster', 'DescribeCluster cluster', CLUSTER),
  on('updateFeatures', 'ALTER cluster', 'AlterCluster cluster', CLUSTER, 'InvalidUpdateVersionException'),
  on('unregisterBroker', 'ALTER cluster', 'AlterCluster cluster', CLUSTER, 'BrokerIdNotRegisteredException'),
  {
    call: 'describeCluster',
    cases: [
      ['acl', '', 'none'],
      ['iam', '', 'none'],
      ['iam', '-Connect cluster', 'SaslAuthenticationException'],
    ],
  },
  {
    call: 'producer.plain orders',
    cases: [
      ['acl', '', TOPIC],
      ['acl', '+DESCRIBE topic orders', TOPIC],
      ['acl', '+WRITE topic orders', 'none'],
      ['iam', '+WriteData topic orders', TOPIC],
      ['iam', '+DescribeTopic topic orders', TOPIC],
      ['iam', '+DescribeTopic topic orders, +WriteData topic orders', 'none'],
    ],
  },
  {
    call: 'producer.idempotent orders',
    cases: [
      ['acl', '+DESCRIBE topic orders', CLUSTER],
      ['acl', '+DESCRIBE topic orders, +IDEMPOTENT_WRITE cluster', TOPIC],
      ['acl', '+WRITE topic orders', 'none'],
      ['iam', '+DescribeTopic topic orders', CLUSTER],
      ['iam', '+DescribeTopic topic orders, +WriteData topic orders', 'none'],
    ],
  },
  {
    call: 'producer.transactional orders tx',
    cases: [
      ['acl', '+WRITE topic orders', TRANSACTIONAL_ID],
      ['acl', '+WRITE topic orders, +DESCRIBE transactional-id tx', TRANSACTIONAL_ID],
      ['acl', '+DESCRIBE topic orders, +WRITE transactional-id tx', TOPIC],
      ['acl', '+WRITE topic orders, +WRITE transactional-id tx', 'none'],
      ['iam', '+*Topic topic orders, +WriteData topic orders', TRANSACTIONAL_ID],
      ['iam', '+*Topic topic orders, +WriteData topic orders, +*TransactionalId transactional-id tx', 'none'],
    ],
  },
  ...['classic', 'consumer'].map((protocol): JavaRow => ({
    call: `consumer.${protocol} invoices team`,
    cases: [
      ['acl', '+READ group team', TOPIC],
      ['acl', '+DESCRIBE topic invoices', GROUP],
      ['acl', '+DESCRIBE group team, +READ topic invoices', GROUP],
      ['acl', '+READ group team, +DESCRIBE topic invoices', TOPIC],
      ['acl', '+READ group team, +READ topic invoices', 'none'],
      ['iam', '+DescribeTopic topic invoices, +ReadData topic invoices', GROUP],
      ['iam', '+*Group group team, +DescribeTopic topic invoices', TOPIC],
      ['iam', '+*Group group team, +DescribeTopic topic invoices, +ReadData topic invoices', 'none'],
    ],
  })),
]
