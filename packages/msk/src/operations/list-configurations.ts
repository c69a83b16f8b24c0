import type { OperationHandler } from '@millrace/aws/service'
import { configurationView } from '../views/configuration-view.ts'
import { type Dependencies, listScope } from './dependencies.ts'

export function listConfigurations({
  store,
  paginator,
}: Dependencies): OperationHandler<'kafka', 'ListConfigurations'> {
  return async ({ MaxResults, NextToken }, context) => {
    const page = paginator.page({
      items: await store.configurations(context),
      sortKey: ({ name }) => name,
      maxResults: MaxResults,
      nextToken: NextToken,
      scope: listScope('ListConfigurations', context),
    })
    const views = await Promise.all(
      page.items.map(async (configuration) => {
        const latest = (await store.revisions(configuration.arn)).at(-1)
        // Deleted between the two reads.
        return latest === undefined ? [] : [configurationView(configuration, latest)]
      }),
    )
    return { Configurations: views.flat(), ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }) }
  }
}
