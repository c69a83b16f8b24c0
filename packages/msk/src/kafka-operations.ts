/** Every operation of the kafka API that has code. What is not here, the front door answers with 501. */
import type { OperationHandlers } from '@millrace/aws/service'
import { batchAssociateScramSecret } from './operations/batch-associate-scram-secret.ts'
import { batchDisassociateScramSecret } from './operations/batch-disassociate-scram-secret.ts'
import { createClusterV2 } from './operations/create-cluster-v2.ts'
import { createCluster } from './operations/create-cluster.ts'
import { createConfiguration } from './operations/create-configuration.ts'
import { createVpcConnection } from './operations/create-vpc-connection.ts'
import { vpcConnectionOperations } from './operations/vpc-connection-operations.ts'
import { createTopic } from './operations/create-topic.ts'
import { deleteClusterPolicy } from './operations/delete-cluster-policy.ts'
import { deleteCluster } from './operations/delete-cluster.ts'
import { deleteConfiguration } from './operations/delete-configuration.ts'
import { deleteTopic } from './operations/delete-topic.ts'
import type { Dependencies } from './operations/dependencies.ts'
import { describeClusterOperationV2 } from './operations/describe-cluster-operation-v2.ts'
import { describeClusterOperation } from './operations/describe-cluster-operation.ts'
import { describeClusterV2 } from './operations/describe-cluster-v2.ts'
import { describeCluster } from './operations/describe-cluster.ts'
import { describeConfigurationRevision } from './operations/describe-configuration-revision.ts'
import { describeConfiguration } from './operations/describe-configuration.ts'
import { describeTopicPartitions } from './operations/describe-topic-partitions.ts'
import { describeTopic } from './operations/describe-topic.ts'
import { getBootstrapBrokers } from './operations/get-bootstrap-brokers.ts'
import { getClusterPolicy } from './operations/get-cluster-policy.ts'
import { getCompatibleKafkaVersions } from './operations/get-compatible-kafka-versions.ts'
import { listClusterOperationsV2 } from './operations/list-cluster-operations-v2.ts'
import { listClusterOperations } from './operations/list-cluster-operations.ts'
import { listClustersV2 } from './operations/list-clusters-v2.ts'
import { listClusters } from './operations/list-clusters.ts'
import { listConfigurationRevisions } from './operations/list-configuration-revisions.ts'
import { listConfigurations } from './operations/list-configurations.ts'
import { listKafkaVersions } from './operations/list-kafka-versions.ts'
import { listNodes } from './operations/list-nodes.ts'
import { listScramSecrets } from './operations/list-scram-secrets.ts'
import { listTagsForResource } from './operations/list-tags-for-resource.ts'
import { listTopics } from './operations/list-topics.ts'
import { putClusterPolicy } from './operations/put-cluster-policy.ts'
import { rebootBroker } from './operations/reboot-broker.ts'
import { tagResource } from './operations/tag-resource.ts'
import { untagResource } from './operations/untag-resource.ts'
import { updateClusterConfiguration } from './operations/update-cluster-configuration.ts'
import { updateConfiguration } from './operations/update-configuration.ts'
import { updateConnectivity } from './operations/update-connectivity.ts'
import { updateSecurity } from './operations/update-security.ts'
import { updateTopic } from './operations/update-topic.ts'

export function kafkaOperations(dependencies: Dependencies): OperationHandlers<'kafka'> {
  return {
    BatchAssociateScramSecret: batchAssociateScramSecret(dependencies),
    BatchDisassociateScramSecret: batchDisassociateScramSecret(dependencies),
    CreateCluster: createCluster(dependencies),
    CreateClusterV2: createClusterV2(dependencies),
    CreateConfiguration: createConfiguration(dependencies),
    CreateTopic: createTopic(dependencies),
    CreateVpcConnection: createVpcConnection(dependencies),
    ...vpcConnectionOperations(dependencies),
    DeleteCluster: deleteCluster(dependencies),
    DeleteClusterPolicy: deleteClusterPolicy(dependencies),
    DeleteConfiguration: deleteConfiguration(dependencies),
    DeleteTopic: deleteTopic(dependencies),
    DescribeCluster: describeCluster(dependencies),
    DescribeClusterOperation: describeClusterOperation(dependencies),
    DescribeClusterOperationV2: describeClusterOperationV2(dependencies),
    DescribeClusterV2: describeClusterV2(dependencies),
    DescribeConfiguration: describeConfiguration(dependencies),
    DescribeConfigurationRevision: describeConfigurationRevision(dependencies),
    DescribeTopic: describeTopic(dependencies),
    DescribeTopicPartitions: describeTopicPartitions(dependencies),
    GetBootstrapBrokers: getBootstrapBrokers(dependencies),
    GetClusterPolicy: getClusterPolicy(dependencies),
    GetCompatibleKafkaVersions: getCompatibleKafkaVersions(dependencies),
    ListClusterOperations: listClusterOperations(dependencies),
    ListClusterOperationsV2: listClusterOperationsV2(dependencies),
    ListClusters: listClusters(dependencies),
    ListClustersV2: listClustersV2(dependencies),
    ListConfigurationRevisions: listConfigurationRevisions(dependencies),
    ListConfigurations: listConfigurations(dependencies),
    ListKafkaVersions: listKafkaVersions(dependencies),
    ListNodes: listNodes(dependencies),
    ListScramSecrets: listScramSecrets(dependencies),
    ListTagsForResource: listTagsForResource(dependencies),
    ListTopics: listTopics(dependencies),
    PutClusterPolicy: putClusterPolicy(dependencies),
    RebootBroker: rebootBroker(dependencies),
    TagResource: tagResource(dependencies),
    UntagResource: untagResource(dependencies),
    UpdateClusterConfiguration: updateClusterConfiguration(dependencies),
    UpdateConfiguration: updateConfiguration(dependencies),
    UpdateConnectivity: updateConnectivity(dependencies),
    UpdateSecurity: updateSecurity(dependencies),
    UpdateTopic: updateTopic(dependencies),
  }
}
