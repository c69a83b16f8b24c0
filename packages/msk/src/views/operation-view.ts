/** A cluster operation as both APIs show it. */
import type {
  ClusterOperationInfo,
  ClusterOperationV2,
  ClusterOperationV2Summary,
  MutableClusterInfo,
} from '../sdk-types.ts'
import type { Operation, OperationChange } from '../store/records.ts'

export function operationInfo(operation: Operation): ClusterOperationInfo {
  return {
    ClientRequestId: operation.clientRequestId,
    ClusterArn: operation.clusterArn,
    CreationTime: new Date(operation.createdAt),
    ...outcome(operation),
    OperationArn: operation.arn,
    OperationState: operation.state,
    OperationSteps: steps(operation),
    OperationType: operation.type,
    SourceClusterInfo: mutableInfo(operation.source),
    TargetClusterInfo: mutableInfo(operation.target),
    ...connection(operation),
  }
}

export function operationV2(operation: Operation): ClusterOperationV2 {
  return {
    ClusterArn: operation.clusterArn,
    ClusterType: 'PROVISIONED',
    StartTime: new Date(operation.createdAt),
    ...outcome(operation),
    OperationArn: operation.arn,
    OperationState: operation.state,
    OperationType: operation.type,
    Provisioned: {
      OperationSteps: steps(operation),
      SourceClusterInfo: mutableInfo(operation.source),
      TargetClusterInfo: mutableInfo(operation.target),
      ...connection(operation),
    },
  }
}

/** As in a list: without steps and cluster information. */
export function operationV2Summary(operation: Operation): ClusterOperationV2Summary {
  const { Provisioned: _left, ErrorInfo: _out, ...summary } = operationV2(operation)
  return summary
}

function outcome(operation: Operation): Pick<ClusterOperationInfo, 'EndTime' | 'ErrorInfo'> {
  return {
    ...(operation.endedAt === null ? {} : { EndTime: new Date(operation.endedAt) }),
    ...(operation.errorCode === null
      ? {}
      : { ErrorInfo: { ErrorCode: operation.errorCode, ErrorString: operation.errorMessage ?? '' } }),
  }
}

function connection({ vpcConnection }: Operation): Pick<ClusterOperationInfo, 'VpcConnectionInfo'> {
  if (vpcConnection === null) return {}
  const { arn, owner, callerAccountId, createdAt } = vpcConnection
  return {
    VpcConnectionInfo: {
      VpcConnectionArn: arn,
      Owner: owner,
      UserIdentity: { Type: 'AWSACCOUNT', PrincipalId: callerAccountId },
      CreationTime: new Date(createdAt),
    },
  }
}

function steps(operation: Operation): NonNullable<ClusterOperationInfo['OperationSteps']> {
  return operation.steps.map(({ name, status }) => ({ StepName: name, StepInfo: { StepStatus: status } }))
}

function mutableInfo(change: OperationChange): MutableClusterInfo {
  const { BrokerIds: _notShown, ...shown } = change
  return shown
}
