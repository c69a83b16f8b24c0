/** The SDK's own structures as operations receive them: required members are there. Types only. */
import type * as Sdk from '@aws-sdk/client-kafka'
import type { Validated } from '@millrace/aws/operation-types'

export type BrokerNodeGroupInfo = Validated<Sdk.BrokerNodeGroupInfo>
export type ClientBroker = Sdk.ClientBroker
export type ClientAuthentication = Validated<Sdk.ClientAuthentication>
export type ClusterInfo = Validated<Sdk.ClusterInfo>
export type ClusterV2 = Validated<Sdk.Cluster>
export type ClusterOperationInfo = Validated<Sdk.ClusterOperationInfo>
export type ClusterOperationV2 = Validated<Sdk.ClusterOperationV2>
export type ClusterOperationV2Summary = Validated<Sdk.ClusterOperationV2Summary>
export type Configuration = Validated<Sdk.Configuration>
export type ConfigurationRevision = Validated<Sdk.ConfigurationRevision>
export type ConnectivityInfo = Validated<Sdk.ConnectivityInfo>
export type ConfigurationInfo = Validated<Sdk.ConfigurationInfo>
export type EncryptionInfo = Validated<Sdk.EncryptionInfo>
export type EnhancedMonitoring = Sdk.EnhancedMonitoring
export type LoggingInfo = Validated<Sdk.LoggingInfo>
export type MutableClusterInfo = Validated<Sdk.MutableClusterInfo>
export type NodeInfo = Validated<Sdk.NodeInfo>
export type OpenMonitoringInfo = Validated<Sdk.OpenMonitoringInfo>
export type ProvisionedRequest = Validated<Sdk.ProvisionedRequest>
export type StorageMode = Sdk.StorageMode
