import type { CallContext } from '@millrace/aws/call-context'
import { notFound } from '@millrace/aws/errors'
import { checkArn } from '../arns.ts'
import type { Operation } from '../store/records.ts'
import type { Store } from '../store/store.ts'

/** @throws BadRequestException for what is no ARN of an operation, NotFoundException when there is none */
export async function requireOperation(store: Store, arn: string, context: CallContext): Promise<Operation> {
  checkArn('cluster-operation', arn, 'clusterOperationArn', context)
  const operation = await store.operation(arn)
  if (operation === null) {
    throw notFound({ message: `The cluster operation ${arn} does not exist.`, invalidParameter: 'clusterOperationArn' })
  }
  return operation
}

/** Operations are listed newest first; page tokens want ascending keys, so time is counted down. */
export function newestFirst({ createdAt, arn }: Operation): string {
  return `${String(Number.MAX_SAFE_INTEGER - Date.parse(createdAt)).padStart(16, '0')} ${arn}`
}
