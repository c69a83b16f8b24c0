/** Administration of topics and configs. */
import type { Need, Row } from './row.ts'

const newTopic = (name: string): object => ({
  name,
  numPartitions: 1,
  replicationFactor: 1,
  assignments: [],
  configs: [],
})
const alteredTopics = ['orders', 'invoices'].map((resourceName) => ({
  resourceType: 2,
  resourceName,
  configs: [{ name: 'retention.ms', configOperation: 0, value: '604800000' }],
}))
const altered = (resourceType: number, resourceName: string): object => ({
  resources: [{ resourceType, resourceName, configs: [] }],
  validateOnly: true,
})
const onCluster = (refused: string): Need => ({
  acl: 'ALTER_CONFIGS cluster',
  iam: 'AlterClusterDynamicConfiguration cluster',
  refused,
})
const ALTERED = 'responses[resourceName].errorCode'

function alterConfigs(key: number, name: string, version: number): Row[] {
  const api = { key, name, version, read: ALTERED }
  return [
    {
      ...api,
      what: 'of topics',
      body: { resources: alteredTopics, validateOnly: true },
      needs: [
        {
          acl: 'ALTER_CONFIGS topic orders',
          iam: 'AlterTopicDynamicConfiguration topic orders',
          refused: 'orders=29 invoices=0',
        },
        {
          acl: 'ALTER_CONFIGS topic invoices',
          iam: 'AlterTopicDynamicConfiguration topic invoices',
          refused: 'orders=0 invoices=29',
        },
      ],
      allowed: 'orders=0 invoices=0',
      silent: 'orders=29 invoices=29',
      cases: [
        ['acl', '+ALTER topic *, +DESCRIBE_CONFIGS topic *, +ALTER_CONFIGS cluster', 'orders=29 invoices=29'],
        ['iam', '+*Topic topic *, +DescribeTopicDynamicConfiguration topic *', 'orders=29 invoices=29'],
      ],
    },
    { ...api, what: 'of a broker', body: altered(4, '1'), needs: [onCluster('1=31')], allowed: '1=0' },
    {
      ...api,
      what: 'of client metrics',
      body: altered(16, 'metrics'),
      needs: [onCluster('metrics=31')],
      allowed: 'metrics=0',
    },
    {
      ...api,
      what: 'of a group',
      body: altered(32, 'team'),
      needs: [{ acl: 'ALTER_CONFIGS group team', iam: 'AlterClusterDynamicConfiguration cluster', refused: 'team=30' }],
      allowed: 'team=0',
    },
  ]
}

export const rows: readonly Row[] = [
  {
    key: 19,
    name: 'CreateTopics',
    version: 7,
    what: 'with its configs hidden from who may not DESCRIBE_CONFIGS (KIP-525)',
    body: { topics: [newTopic('fresh'), newTopic('spring')], timeoutMs: 10_000, validateOnly: true },
    read: { '': 'topics[name].errorCode', config: 'topics[name].topicConfigErrorCode' },
    needs: [
      {
        acl: 'CREATE topic fresh | CREATE cluster',
        iam: 'CreateTopic topic fresh',
        refused: 'fresh=29 config:fresh=0 spring=0 config:spring=29',
      },
      {
        acl: 'CREATE topic spring | CREATE cluster',
        iam: 'CreateTopic topic spring',
        refused: 'fresh=0 config:fresh=29 spring=29 config:spring=0',
      },
    ],
    allowed: 'fresh=0 spring=0 config:fresh=29 config:spring=29',
    silent: 'fresh=29 spring=29 config:fresh=0 config:spring=0',
    cases: [
      ['acl', '+CREATE topic *, +DESCRIBE_CONFIGS topic fresh', 'fresh=0 spring=0 config:fresh=0 config:spring=29'],
      ['acl', '+CREATE topic prefix:fresh, +WRITE topic *', 'fresh=0 spring=29 config:fresh=29 config:spring=0'],
      ['acl', '+ALTER cluster, +WRITE topic *', 'fresh=29 spring=29 config:fresh=0 config:spring=0'],
      [
        'iam',
        '+CreateTopic topic *, +DescribeTopicDynamicConfiguration topic fresh*',
        'fresh=0 spring=0 config:fresh=0 config:spring=29',
      ],
      ['iam', '+AlterCluster cluster, +AlterTopic topic *', 'fresh=29 spring=29 config:fresh=0 config:spring=0'],
      ['iam', '+CreateTopic cluster', 'fresh=29 spring=29 config:fresh=0 config:spring=0'],
    ],
  },
  {
    key: 19,
    name: 'CreateTopics',
    version: 4,
    what: 'for real',
    body: { topics: [newTopic('fresh')], timeoutMs: 10_000, validateOnly: false },
    read: 'topics[name].errorCode',
    needs: [{ acl: 'CREATE topic fresh | CREATE cluster', iam: 'CreateTopic topic fresh', refused: 'fresh=29' }],
    allowed: 'fresh=0',
    cases: [['acl', '+CREATE cluster, -CREATE topic fresh', 'fresh=0']],
  },
  {
    key: 20,
    name: 'DeleteTopics',
    version: 5,
    body: { topicNames: ['doomed'], timeoutMs: 10_000 },
    before: ['topic doomed'],
    read: 'responses[name].errorCode',
    needs: [
      {
        acl: 'DELETE topic doomed',
        iam: 'DeleteTopic topic doomed & DescribeTopic topic doomed',
        refused: 'doomed=29',
      },
    ],
    allowed: 'doomed=0',
    cases: [
      ['acl', '+DESCRIBE topic doomed, +ALTER topic doomed, +WRITE topic doomed', 'doomed=29'],
      ['acl', '+DELETE topic doomed, -DESCRIBE topic doomed', 'doomed=29'],
      ['iam', '+DescribeTopic topic doomed, +AlterTopic topic doomed', 'doomed=29'],
      ['iam', '+DeleteTopic topic doomed', 'doomed=29'],
    ],
  },
  {
    key: 20,
    name: 'DeleteTopics',
    version: 5,
    what: 'that do not exist: for who may DESCRIBE them that is the answer',
    body: { topicNames: ['absent'], timeoutMs: 10_000 },
    read: 'responses[name].errorCode',
    needs: [{ acl: 'DESCRIBE topic absent', iam: 'DescribeTopic topic absent', refused: 'absent=29' }],
    allowed: 'absent=3',
    cases: [
      ['acl', '+DELETE topic absent', 'absent=3'],
      ['acl', '+DELETE topic absent, -DELETE topic absent', 'absent=3'],
      ['iam', '+DeleteTopic topic absent', 'absent=29'],
    ],
    apache: { note: 'DELETE is documented as what is needed' },
  },
  {
    key: 20,
    name: 'DeleteTopics',
    version: 6,
    what: 'by topic id: the name only to who may DESCRIBE',
    body: { topics: [{ name: null, topicId: '#doomed' }], timeoutMs: 10_000 },
    before: ['topic doomed'],
    read: { '': 'responses[topicId].errorCode', name: 'responses[topicId].name' },
    needs: [
      {
        acl: 'DELETE topic doomed & DESCRIBE topic doomed',
        iam: 'DeleteTopic topic doomed & DescribeTopic topic doomed',
        refused: 'doomed=29 name:doomed=null',
      },
    ],
    allowed: 'doomed=0 name:doomed=doomed',
    cases: [
      ['acl', '+DESCRIBE topic doomed', 'doomed=29 name:doomed=doomed'],
      ['acl', '+DELETE topic doomed, -DELETE topic doomed', 'doomed=29 name:doomed=doomed'],
      ['acl', '+DELETE topic doomed, -DESCRIBE topic doomed', 'doomed=0 name:doomed=doomed'],
      ['acl', '+DELETE topic doomed', 'doomed=0 name:doomed=doomed'],
      ['iam', '+DescribeTopic topic doomed', 'doomed=29 name:doomed=doomed'],
      ['iam', '+DeleteTopic topic doomed', 'doomed=0 name:doomed=doomed'],
    ],
  },
  {
    key: 37,
    name: 'CreatePartitions',
    version: 3,
    body: {
      topics: ['orders', 'invoices'].map((name) => ({ name, count: 2, assignments: null })),
      timeoutMs: 10_000,
      validateOnly: true,
    },
    read: 'results[name].errorCode',
    needs: [
      { acl: 'ALTER topic orders', iam: 'AlterTopic topic orders', refused: 'orders=29 invoices=0' },
      { acl: 'ALTER topic invoices', iam: 'AlterTopic topic invoices', refused: 'orders=0 invoices=29' },
    ],
    allowed: 'orders=0 invoices=0',
    silent: 'orders=29 invoices=29',
    cases: [
      ['acl', '+ALTER cluster, +CREATE topic *, +ALTER_CONFIGS topic *', 'orders=29 invoices=29'],
      ['iam', '+AlterCluster cluster, +CreateTopic topic *, +DescribeTopic topic *', 'orders=29 invoices=29'],
    ],
  },
  ...alterConfigs(33, 'AlterConfigs', 1),
  ...alterConfigs(44, 'IncrementalAlterConfigs', 1),
  {
    key: 44,
    name: 'IncrementalAlterConfigs',
    version: 1,
    what: 'of the loggers of a broker',
    body: altered(8, '1'),
    read: ALTERED,
    needs: [onCluster('1=31')],
    allowed: '1=0',
  },
]
