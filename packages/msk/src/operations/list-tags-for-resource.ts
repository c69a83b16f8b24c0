import type { OperationHandler } from '@millrace/aws/service'
import type { Dependencies } from './dependencies.ts'
import { requireTaggedResource } from './tagged-resource.ts'

export function listTagsForResource({ store }: Dependencies): OperationHandler<'kafka', 'ListTagsForResource'> {
  return async ({ ResourceArn }, context) => {
    const { tags } = await requireTaggedResource(store, ResourceArn, context)
    return { Tags: { ...tags } }
  }
}
