import type { CredentialStore } from '@millrace/aws/credentials'
import { AwsError } from '@millrace/aws/errors'
import type { OperationHandler } from '@millrace/aws/service'

/** The account that an access key id belongs to. */
export function getAccessKeyInfo(credentials: CredentialStore): OperationHandler<'sts', 'GetAccessKeyInfo'> {
  return async (input) => {
    const credential = await credentials.lookup(input.AccessKeyId)
    if (credential === null)
      throw new AwsError('ValidationException', { message: `No account has the access key id ${input.AccessKeyId}.` })
    return { Account: credential.principal.accountId }
  }
}
