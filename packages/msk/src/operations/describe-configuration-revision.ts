import { notFound } from '@millrace/aws/errors'
import type { OperationHandler } from '@millrace/aws/service'
import type { Dependencies } from './dependencies.ts'
import { requireConfiguration } from './require-configuration.ts'

export function describeConfigurationRevision({
  store,
}: Dependencies): OperationHandler<'kafka', 'DescribeConfigurationRevision'> {
  return async ({ Arn, Revision }, context) => {
    await requireConfiguration(store, Arn, context)
    const revision = await store.revision(Arn, Revision)
    if (revision === null) {
      throw notFound({ message: `The configuration ${Arn} has no revision ${Revision}.`, invalidParameter: 'revision' })
    }
    return {
      Arn,
      CreationTime: new Date(revision.createdAt),
      Description: revision.description,
      Revision: revision.revision,
      ServerProperties: Buffer.from(revision.properties, 'utf8'),
    }
  }
}
