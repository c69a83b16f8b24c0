import type { OperationHandler } from '@millrace/aws/service'
import { compatibleTargets, kafkaVersions } from '../kafka-versions.ts'
import { type Dependencies, requireCluster } from './dependencies.ts'

/** For one cluster, or without an ARN the whole matrix. */
export function getCompatibleKafkaVersions({
  store,
}: Dependencies): OperationHandler<'kafka', 'GetCompatibleKafkaVersions'> {
  return async ({ ClusterArn }, context) => {
    const sources =
      ClusterArn === undefined
        ? kafkaVersions.map(({ version }) => version)
        : [(await requireCluster(store, ClusterArn, context)).desired.KafkaVersion]
    return {
      CompatibleKafkaVersions: sources.map((source) => ({
        SourceVersion: source,
        TargetVersions: [...compatibleTargets(source)],
      })),
    }
  }
}
