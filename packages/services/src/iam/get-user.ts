import { AwsError } from '@millrace/aws/errors'
import type { OperationHandler } from '@millrace/aws/service'

/**
 * Without a name: the caller. For root AWS answers the account id as user id. There are no other users, so every name is
 * unknown. `accountCreated`: when this installation was set up.
 */
export function getUser(accountCreated: Date): OperationHandler<'iam', 'GetUser'> {
  return async (input, { principal }) => {
    if (input.UserName !== undefined) {
      throw new AwsError('NoSuchEntityException', { message: `The user with name ${input.UserName} cannot be found.` })
    }
    return {
      User: { Path: '/', UserName: 'root', UserId: principal.userId, Arn: principal.arn, CreateDate: accountCreated },
    }
  }
}
