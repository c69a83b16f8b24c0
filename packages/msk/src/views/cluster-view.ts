/** A cluster as Describe and List show it: flat in the first API, nested in the second (msk.md A.1). */
import type { DesiredCluster } from '../desired-cluster.ts'
import type { ClusterInfo, ClusterV2 } from '../sdk-types.ts'
import type { Cluster } from '../store/records.ts'

export function clusterInfo(cluster: Cluster): ClusterInfo {
  const shown = shownCluster(cluster)
  return {
    ...identity(cluster),
    BrokerNodeGroupInfo: shown.BrokerNodeGroupInfo,
    ...settings(shown),
    CurrentBrokerSoftwareInfo: softwareInfo(shown),
    NumberOfBrokerNodes: shown.NumberOfBrokerNodes,
    CustomerActionStatus: 'NONE',
  }
}

export function clusterV2(cluster: Cluster): ClusterV2 {
  const shown = shownCluster(cluster)
  return {
    ...identity(cluster),
    ClusterType: 'PROVISIONED',
    Provisioned: {
      BrokerNodeGroupInfo: shown.BrokerNodeGroupInfo,
      ...settings(shown),
      CurrentBrokerSoftwareInfo: softwareInfo(shown),
      NumberOfBrokerNodes: shown.NumberOfBrokerNodes,
      CustomerActionStatus: 'NONE',
    },
  }
}

/** What brokers run: no configuration when they have MSK's defaults alone. */
export function softwareInfo(desired: DesiredCluster): NonNullable<ClusterInfo['CurrentBrokerSoftwareInfo']> {
  const reference = desired.ConfigurationInfo
  return {
    ...(reference === null ? {} : { ConfigurationArn: reference.Arn, ConfigurationRevision: reference.Revision }),
    KafkaVersion: desired.KafkaVersion,
  }
}

/** What has been brought about; before that, what was asked for. */
function shownCluster(cluster: Cluster): DesiredCluster {
  return cluster.observed ?? cluster.desired
}

function identity(
  cluster: Cluster,
): Pick<ClusterInfo, 'ClusterArn' | 'ClusterName' | 'CreationTime' | 'CurrentVersion' | 'State' | 'Tags'> &
  Pick<ClusterInfo, 'ActiveOperationArn' | 'StateInfo'> {
  return {
    ...(cluster.activeOperationArn === null ? {} : { ActiveOperationArn: cluster.activeOperationArn }),
    ClusterArn: cluster.arn,
    ClusterName: cluster.name,
    CreationTime: new Date(cluster.createdAt),
    CurrentVersion: cluster.currentVersion,
    State: cluster.state,
    ...(cluster.stateCode === null
      ? {}
      : {
          StateInfo: {
            Code: cluster.stateCode,
            ...(cluster.stateMessage === null ? {} : { Message: cluster.stateMessage }),
          },
        }),
    Tags: { ...cluster.tags },
  }
}

function settings(shown: DesiredCluster): Pick<
  ClusterInfo,
  'ClientAuthentication' | 'EncryptionInfo' | 'EnhancedMonitoring' | 'LoggingInfo' | 'StorageMode'
> & {
  OpenMonitoring: DesiredCluster['OpenMonitoring']
} {
  return {
    ...(shown.ClientAuthentication === undefined ? {} : { ClientAuthentication: shown.ClientAuthentication }),
    EncryptionInfo: shown.EncryptionInfo,
    EnhancedMonitoring: shown.EnhancedMonitoring,
    OpenMonitoring: shown.OpenMonitoring,
    LoggingInfo: shown.LoggingInfo,
    StorageMode: shown.StorageMode,
  }
}
