/** What the store holds, as the rest of the service sees it: typed records, not rows. */
import type { ClusterState } from '../cluster-state.ts'
import type { ClientAuthentication, ConnectivityInfo, EncryptionInfo } from '../sdk-types.ts'
import type { DesiredCluster } from '../desired-cluster.ts'
import type { VpcAuthentication } from '../vpc-connections/authentication.ts'
import type { VpcConnectionState } from '../vpc-connections/vpc-connection-state.ts'
import type { OperationState, OperationStep, OperationType } from '../operation-state.ts'

export type Tags = Readonly<Record<string, string>>

export interface Cluster {
  readonly arn: string
  readonly id: string
  readonly accountId: string
  readonly region: string
  readonly name: string
  readonly state: ClusterState
  readonly stateCode: string | null
  readonly stateMessage: string | null
  readonly currentVersion: string
  readonly createdAt: string
  readonly desired: DesiredCluster
  readonly observed: DesiredCluster | null
  readonly tags: Tags
  readonly activeOperationArn: string | null
}

/** A secret whose user may log in by SCRAM. */
export interface AssociatedSecret {
  readonly clusterArn: string
  readonly secretArn: string
  /** As last brought about. */
  readonly username: string
  /** The version of the secret whose password was last brought about; null: the login has ended, since the secret is gone. */
  readonly versionId: string | null
  /** Under which it is read; null: it was associated before grants were made, and needs none. */
  readonly grant: SecretGrant | null
}

/** Lets the managed service read a secret. */
export interface SecretGrant {
  /** The KMS key of the secret when it was associated. */
  readonly keyArn: string
  readonly grantId: string
}

/** Who of other accounts may do what with a cluster. */
export interface ClusterPolicy {
  readonly clusterArn: string
  /** JSON, as it came. */
  readonly policy: string
  /** Of the policy, not of the cluster. */
  readonly currentVersion: string
}

/** How clients of a VPC, maybe of another account, reach a cluster. */
export interface VpcConnection {
  readonly arn: string
  /** Whose clients they are. */
  readonly accountId: string
  readonly region: string
  readonly clusterArn: string
  readonly state: VpcConnectionState
  readonly authentication: VpcAuthentication
  readonly vpcId: string
  readonly subnetIds: readonly string[]
  readonly groupIds: readonly string[]
  readonly createdAt: string
  readonly tags: Tags
}

export interface ConfigurationReference {
  readonly Arn: string
  readonly Revision: number
}

/** What an operation changes; members named as in MutableClusterInfo. */
export interface OperationChange {
  readonly ConfigurationInfo?: ConfigurationReference
  readonly ClientAuthentication?: ClientAuthentication
  readonly EncryptionInfo?: EncryptionInfo
  readonly ConnectivityInfo?: ConnectivityInfo
  /** Of a reboot; not shown by the API. */
  readonly BrokerIds?: readonly number[]
}

export interface Operation {
  readonly arn: string
  readonly clusterArn: string
  readonly type: OperationType
  readonly state: OperationState
  readonly clientRequestId: string
  readonly createdAt: string
  readonly endedAt: string | null
  readonly source: OperationChange
  readonly target: OperationChange
  readonly steps: readonly OperationStep[]
  readonly errorCode: string | null
  readonly errorMessage: string | null
  /** What it makes or deletes; null of what changes the cluster itself. */
  readonly vpcConnection: OperationVpcConnection | null
}

export interface OperationVpcConnection {
  readonly arn: string
  readonly owner: string
  readonly callerAccountId: string
  readonly createdAt: string
}

export interface Configuration {
  readonly arn: string
  readonly accountId: string
  readonly region: string
  readonly name: string
  readonly description: string
  readonly kafkaVersions: readonly string[]
  readonly createdAt: string
  readonly tags: Tags
}

export interface Revision {
  readonly configurationArn: string
  readonly revision: number
  readonly description: string
  readonly createdAt: string
  readonly properties: string
}
