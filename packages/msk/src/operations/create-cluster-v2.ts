import { badRequest } from '@millrace/aws/errors'
import type { OperationHandler } from '@millrace/aws/service'
import { createProvisionedCluster } from './create-provisioned-cluster.ts'
import type { Dependencies } from './dependencies.ts'

export function createClusterV2(dependencies: Dependencies): OperationHandler<'kafka', 'CreateClusterV2'> {
  return async ({ ClusterName, Tags, Provisioned, Serverless }, context) => {
    if (Provisioned !== undefined && Serverless !== undefined) {
      throw badRequest({ message: 'Give either provisioned or serverless, not both.', invalidParameter: 'serverless' })
    }
    if (Serverless !== undefined) {
      throw badRequest({
        message: 'Serverless clusters are not served by this version of Millrace: ask for a provisioned cluster.',
        invalidParameter: 'serverless',
      })
    }
    if (Provisioned === undefined) {
      throw badRequest({
        message: 'Give provisioned: what the cluster should be is missing.',
        invalidParameter: 'provisioned',
      })
    }
    const cluster = await createProvisionedCluster(dependencies, context, {
      name: ClusterName,
      tags: Tags ?? {},
      provisioned: Provisioned,
      prefix: 'provisioned.',
    })
    return { ClusterArn: cluster.arn, ClusterName: cluster.name, State: cluster.state, ClusterType: 'PROVISIONED' }
  }
}
