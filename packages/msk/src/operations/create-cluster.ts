import type { OperationHandler } from '@millrace/aws/service'
import { createProvisionedCluster } from './create-provisioned-cluster.ts'
import type { Dependencies } from './dependencies.ts'

export function createCluster(dependencies: Dependencies): OperationHandler<'kafka', 'CreateCluster'> {
  return async ({ ClusterName, Tags, ...provisioned }, context) => {
    const cluster = await createProvisionedCluster(dependencies, context, {
      name: ClusterName,
      tags: Tags ?? {},
      provisioned,
      prefix: '',
    })
    return { ClusterArn: cluster.arn, ClusterName: cluster.name, State: cluster.state }
  }
}
