import type { OperationHandler } from '@millrace/aws/service'

/** Who signed the request. Tools call it first, to check their credentials. */
export const getCallerIdentity: OperationHandler<'sts', 'GetCallerIdentity'> = async (_input, { principal }) => ({
  UserId: principal.userId,
  Account: principal.accountId,
  Arn: principal.arn,
})
