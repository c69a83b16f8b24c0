import { badRequest } from '@millrace/aws/errors'
import type { OperationHandler } from '@millrace/aws/service'
import type { Dependencies } from './dependencies.ts'
import { requireConfiguration } from './require-configuration.ts'

export function deleteConfiguration({ store }: Dependencies): OperationHandler<'kafka', 'DeleteConfiguration'> {
  return async ({ Arn }, context) => {
    await store.transaction(async (transaction) => {
      await requireConfiguration(transaction, Arn, context)
      const users = (await transaction.clusters(context)).filter(
        ({ desired, observed }) => desired.ConfigurationInfo?.Arn === Arn || observed?.ConfigurationInfo?.Arn === Arn,
      )
      if (users.length > 0) {
        throw badRequest({
          message: `The configuration is in use by ${users.map(({ name }) => name).join(', ')}: update or delete these clusters first.`,
          invalidParameter: 'arn',
        })
      }
      await transaction.deleteConfiguration(Arn)
    })
    return { Arn, State: 'DELETING' }
  }
}
