import { badRequest } from '@millrace/aws/errors'
import type { OperationHandler } from '@millrace/aws/service'
import { readServerProperties } from '../configurations/server-properties.ts'
import { checkDescription } from '../validation/description.ts'
import type { Dependencies } from './dependencies.ts'
import { requireConfiguration } from './require-configuration.ts'

const REVISIONS_MAX = 50

/** Makes revision n + 1; clusters keep the revision they run with until they are told otherwise. */
export function updateConfiguration({ store, clock }: Dependencies): OperationHandler<'kafka', 'UpdateConfiguration'> {
  return async ({ Arn, Description, ServerProperties }, context) => {
    checkDescription(Description)
    readServerProperties(ServerProperties)
    const createdAt = clock().toISOString()
    const description = Description ?? ''
    const revision = await store.transaction(async (transaction) => {
      await requireConfiguration(transaction, Arn, context)
      const revisions = await transaction.revisions(Arn)
      const next = (revisions.at(-1)?.revision ?? 0) + 1
      if (next > REVISIONS_MAX) {
        throw badRequest({ message: `A configuration can have ${REVISIONS_MAX} revisions.`, invalidParameter: 'arn' })
      }
      await transaction.insertRevision({
        configurationArn: Arn,
        revision: next,
        description,
        createdAt,
        properties: Buffer.from(ServerProperties).toString('utf8'),
      })
      return next
    })
    return { Arn, LatestRevision: { CreationTime: new Date(createdAt), Description: description, Revision: revision } }
  }
}
