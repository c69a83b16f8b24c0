import type { OperationHandler } from '@millrace/aws/service'
import { revisionView } from '../views/configuration-view.ts'
import { type Dependencies, listScope } from './dependencies.ts'
import { requireConfiguration } from './require-configuration.ts'

export function listConfigurationRevisions({
  store,
  paginator,
}: Dependencies): OperationHandler<'kafka', 'ListConfigurationRevisions'> {
  return async ({ Arn, MaxResults, NextToken }, context) => {
    await requireConfiguration(store, Arn, context)
    const page = paginator.page({
      items: await store.revisions(Arn),
      sortKey: ({ revision }) => String(revision).padStart(8, '0'),
      maxResults: MaxResults,
      nextToken: NextToken,
      scope: listScope('ListConfigurationRevisions', context, Arn),
    })
    return {
      Revisions: page.items.map(revisionView),
      ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }),
    }
  }
}
