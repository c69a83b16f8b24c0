/** Between rows and records: documents are JSON text in the one, values in the other. */
import type { Insertable, Selectable, Updateable } from 'kysely'
import type { ClusterState } from '../cluster-state.ts'
import type { DesiredCluster } from '../desired-cluster.ts'
import type { OperationState, OperationStep, OperationType } from '../operation-state.ts'
import type {
  AssociatedSecret,
  Cluster,
  Configuration,
  Operation,
  OperationChange,
  OperationVpcConnection,
  Revision,
  Tags,
} from './records.ts'
import type { ClusterTable, ConfigurationTable, OperationTable, RevisionTable, ScramSecretTable } from './schema.ts'

export function clusterRow(cluster: Cluster): Insertable<ClusterTable> {
  return {
    arn: cluster.arn,
    id: cluster.id,
    account_id: cluster.accountId,
    region: cluster.region,
    name: cluster.name,
    state: cluster.state,
    state_code: cluster.stateCode,
    state_message: cluster.stateMessage,
    current_version: cluster.currentVersion,
    created_at: cluster.createdAt,
    desired: JSON.stringify(cluster.desired),
    observed: cluster.observed === null ? null : JSON.stringify(cluster.observed),
    tags: JSON.stringify(cluster.tags),
    active_operation_arn: cluster.activeOperationArn,
  }
}

export function partialClusterRow(change: Partial<Cluster>): Updateable<ClusterTable> {
  return {
    ...(change.state === undefined ? {} : { state: change.state }),
    ...(change.stateCode === undefined ? {} : { state_code: change.stateCode }),
    ...(change.stateMessage === undefined ? {} : { state_message: change.stateMessage }),
    ...(change.currentVersion === undefined ? {} : { current_version: change.currentVersion }),
    ...(change.desired === undefined ? {} : { desired: JSON.stringify(change.desired) }),
    ...(change.observed === undefined ? {} : { observed: JSON.stringify(change.observed) }),
    ...(change.tags === undefined ? {} : { tags: JSON.stringify(change.tags) }),
    ...(change.activeOperationArn === undefined ? {} : { active_operation_arn: change.activeOperationArn }),
  }
}

export function clusterOf(row: Selectable<ClusterTable>): Cluster {
  return {
    arn: row.arn,
    id: row.id,
    accountId: row.account_id,
    region: row.region,
    name: row.name,
    state: row.state as ClusterState,
    stateCode: row.state_code,
    stateMessage: row.state_message,
    currentVersion: row.current_version,
    createdAt: row.created_at,
    desired: JSON.parse(row.desired) as DesiredCluster,
    observed: row.observed === null ? null : (JSON.parse(row.observed) as DesiredCluster),
    tags: JSON.parse(row.tags) as Tags,
    activeOperationArn: row.active_operation_arn,
  }
}

export function operationRow(operation: Operation): Insertable<OperationTable> {
  return {
    arn: operation.arn,
    cluster_arn: operation.clusterArn,
    type: operation.type,
    state: operation.state,
    client_request_id: operation.clientRequestId,
    created_at: operation.createdAt,
    ended_at: operation.endedAt,
    source: JSON.stringify(operation.source),
    target: JSON.stringify(operation.target),
    steps: JSON.stringify(operation.steps),
    error_code: operation.errorCode,
    error_message: operation.errorMessage,
    vpc_connection: operation.vpcConnection === null ? null : JSON.stringify(operation.vpcConnection),
  }
}

export function operationOf(row: Selectable<OperationTable>): Operation {
  return {
    arn: row.arn,
    clusterArn: row.cluster_arn,
    type: row.type as OperationType,
    state: row.state as OperationState,
    clientRequestId: row.client_request_id,
    createdAt: row.created_at,
    endedAt: row.ended_at,
    source: JSON.parse(row.source) as OperationChange,
    target: JSON.parse(row.target) as OperationChange,
    steps: JSON.parse(row.steps) as OperationStep[],
    errorCode: row.error_code,
    errorMessage: row.error_message,
    vpcConnection: row.vpc_connection === null ? null : (JSON.parse(row.vpc_connection) as OperationVpcConnection),
  }
}

export function configurationOf(row: Selectable<ConfigurationTable>): Configuration {
  return {
    arn: row.arn,
    accountId: row.account_id,
    region: row.region,
    name: row.name,
    description: row.description,
    kafkaVersions: JSON.parse(row.kafka_versions) as string[],
    createdAt: row.created_at,
    tags: JSON.parse(row.tags) as Tags,
  }
}

export function revisionOf(row: Selectable<RevisionTable>): Revision {
  return {
    configurationArn: row.configuration_arn,
    revision: row.revision,
    description: row.description,
    createdAt: row.created_at,
    properties: row.properties,
  }
}

export function associatedSecretOf(row: Selectable<ScramSecretTable>): AssociatedSecret {
  return {
    clusterArn: row.cluster_arn,
    secretArn: row.secret_arn,
    username: row.username,
    versionId: row.version_id,
    grant: row.key_arn === null || row.grant_id === null ? null : { keyArn: row.key_arn, grantId: row.grant_id },
  }
}
