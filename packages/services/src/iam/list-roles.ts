import type { OperationHandler } from '@millrace/aws/service'

/** None: CreateRole is not served. */
export const listRoles: OperationHandler<'iam', 'ListRoles'> = async () => ({ Roles: [], IsTruncated: false })
