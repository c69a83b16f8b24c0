import { invariant } from '@millrace/base/invariant'
import type { OperationHandler } from '@millrace/aws/service'
import { configurationView } from '../views/configuration-view.ts'
import type { Dependencies } from './dependencies.ts'
import { requireConfiguration } from './require-configuration.ts'

export function describeConfiguration({ store }: Dependencies): OperationHandler<'kafka', 'DescribeConfiguration'> {
  return async ({ Arn }, context) => {
    const configuration = await requireConfiguration(store, Arn, context)
    const latest = (await store.revisions(Arn)).at(-1)
    invariant(latest !== undefined, 'a configuration has a revision', { Arn })
    return configurationView(configuration, latest)
  }
}
