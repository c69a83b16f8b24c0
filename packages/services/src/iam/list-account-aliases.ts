import type { OperationHandler } from '@millrace/aws/service'

/** None: CreateAccountAlias is not served. */
export const listAccountAliases: OperationHandler<'iam', 'ListAccountAliases'> = async () => ({
  AccountAliases: [],
  IsTruncated: false,
})
