/** What clients are not served, whatever they may: the connection is closed, as for any unknown API. */
import type { Row } from './row.ts'

const closed = (key: number, name: string, version: number, apache?: Row['apache']): Row => ({
  key,
  name,
  version,
  body: {},
  read: 'errorCode',
  needs: [],
  allowed: 'closed',
  ...(apache === undefined ? {} : { apache }),
})
const byApache = { skipped: 'Apache Kafka serves it (61 without a secret key for tokens); this broker does not' }
const byNodes = { skipped: 'Apache Kafka serves it to who has CLUSTER_ACTION; here nodes have listeners of their own' }
const quorum = { skipped: 'Apache Kafka serves it to who may ALTER the cluster; this broker does not' }

export const rows: readonly Row[] = [
  // ZooKeeper's, gone with Kafka 4.0.
  closed(4, 'LeaderAndIsr', 0),
  closed(5, 'StopReplica', 0),
  closed(6, 'UpdateMetadata', 0),
  closed(7, 'ControlledShutdown', 0),
  // Between brokers and controllers.
  closed(52, 'Vote', 0),
  closed(53, 'BeginQuorumEpoch', 0),
  closed(54, 'EndQuorumEpoch', 0),
  closed(56, 'AlterPartition', 2),
  closed(58, 'Envelope', 0),
  closed(59, 'FetchSnapshot', 0),
  closed(62, 'BrokerRegistration', 0),
  closed(63, 'BrokerHeartbeat', 0),
  closed(67, 'AllocateProducerIds', 0),
  closed(70, 'ControllerRegistration', 0),
  closed(73, 'AssignReplicasToDirs', 0),
  closed(82, 'UpdateRaftVoter', 0),
  closed(83, 'InitializeShareGroupState', 0, byNodes),
  closed(84, 'ReadShareGroupState', 0, byNodes),
  closed(85, 'WriteShareGroupState', 0, byNodes),
  closed(86, 'DeleteShareGroupState', 0, byNodes),
  closed(87, 'ReadShareGroupStateSummary', 0, byNodes),
  // Not served to anybody.
  closed(38, 'CreateDelegationToken', 3, byApache),
  closed(39, 'RenewDelegationToken', 2, byApache),
  closed(40, 'ExpireDelegationToken', 2, byApache),
  closed(41, 'DescribeDelegationToken', 3, byApache),
  closed(80, 'AddRaftVoter', 0, quorum),
  closed(81, 'RemoveRaftVoter', 0, quorum),
  closed(88, 'StreamsGroupHeartbeat', 0),
  closed(89, 'StreamsGroupDescribe', 0),
  // A follower's Fetch on a listener of clients.
  {
    key: 1,
    name: 'Fetch',
    version: 11,
    what: 'as a follower',
    body: {
      replicaId: 1,
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 1,
      isolationLevel: 0,
      topics: [{ topic: 'orders', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 }] }],
      forgottenTopicsData: [],
      rackId: '',
    },
    read: 'responses[topic].partitions[partitionIndex].errorCode',
    needs: [],
    allowed: 'closed',
    apache: { skipped: 'Apache Kafka answers with errors by partition; this broker closes the connection' },
  },
]
