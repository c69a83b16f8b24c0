import type { CallContext } from '@millrace/aws/call-context'
import { notFound } from '@millrace/aws/errors'
import { checkArn } from '../arns.ts'
import type { Configuration } from '../store/records.ts'
import type { Store } from '../store/store.ts'

/** @throws BadRequestException for what is no ARN of a configuration, NotFoundException when there is none */
export async function requireConfiguration(store: Store, arn: string, context: CallContext): Promise<Configuration> {
  checkArn('configuration', arn, 'arn', context)
  const configuration = await store.configuration(arn)
  if (configuration === null) {
    throw notFound({ message: `The configuration ${arn} does not exist.`, invalidParameter: 'arn' })
  }
  return configuration
}
