import type { OperationHandler } from '@millrace/aws/service'
import { kafkaVersions } from '../kafka-versions.ts'
import { type Dependencies, listScope } from './dependencies.ts'

export function listKafkaVersions({ paginator }: Dependencies): OperationHandler<'kafka', 'ListKafkaVersions'> {
  return async ({ MaxResults, NextToken }, context) => {
    const page = paginator.page({
      items: kafkaVersions.map((fact) => fact.version),
      sortKey: (version) => version,
      maxResults: MaxResults,
      nextToken: NextToken,
      scope: listScope('ListKafkaVersions', context),
    })
    return {
      KafkaVersions: page.items.map((version) => ({ Version: version, Status: 'ACTIVE' })),
      ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }),
    }
  }
}
