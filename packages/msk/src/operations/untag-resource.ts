import type { OperationHandler } from '@millrace/aws/service'
import type { Dependencies } from './dependencies.ts'
import { requireTaggedResource } from './tagged-resource.ts'

/** Keys that are not there are no error. */
export function untagResource({ store, securityChanged }: Dependencies): OperationHandler<'kafka', 'UntagResource'> {
  return async ({ ResourceArn, TagKeys }, context) => {
    await store.transaction(async (transaction) => {
      const resource = await requireTaggedResource(transaction, ResourceArn, context)
      const kept = Object.entries(resource.tags).filter(([key]) => !TagKeys.includes(key))
      await resource.write(Object.fromEntries(kept))
    })
    securityChanged()
    return {}
  }
}
