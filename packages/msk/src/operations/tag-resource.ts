import type { OperationHandler } from '@millrace/aws/service'
import { checkTags } from '../validation/tags.ts'
import type { Dependencies } from './dependencies.ts'
import { requireTaggedResource } from './tagged-resource.ts'

export function tagResource({ store, securityChanged }: Dependencies): OperationHandler<'kafka', 'TagResource'> {
  return async ({ ResourceArn, Tags }, context) => {
    await store.transaction(async (transaction) => {
      const resource = await requireTaggedResource(transaction, ResourceArn, context)
      checkTags(Tags)
      const tags = { ...resource.tags, ...Tags }
      checkTags(tags)
      await resource.write(tags)
    })
    securityChanged()
    return {}
  }
}
