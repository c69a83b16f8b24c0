/** GetSessionToken and GetFederationToken: sessions of users and of root, made with their long-term keys only. */
import type { CallContext } from '@millrace/aws/call-context'
import { AwsError } from '@millrace/aws/errors'
import type { OperationHandlers } from '@millrace/aws/service'
import type { Identity } from '../iam/identity.ts'
import { federatedPrincipal } from '../iam/principals.ts'
import { requireNoMfa } from './assume-role.ts'
import { answered, packedMember, requestedPolicies, requestedTags } from './session-request.ts'

const SECONDS_DEFAULT = 43_200
/** Root's sessions are no longer, whatever was asked for. */
const ROOT_SECONDS_MAX = 3600

export function sessionTokenOperations(identity: Identity): OperationHandlers<'sts'> {
  return {
    GetSessionToken: async (input, context) => {
      requireLongTerm(context, 'GetSessionToken')
      requireNoMfa(input.SerialNumber)
      const session = await identity.sessions.create({
        accountId: context.accountId,
        kind: isRoot(context) ? 'root' : 'user',
        subjectId: subjectId(context),
        name: '',
        seconds: secondsFor(context, input.DurationSeconds),
        policies: null,
        tags: {},
        transitiveTagKeys: [],
        sourceIdentity: null,
      })
      return { Credentials: answered(session) }
    },

    GetFederationToken: async (input, context) => {
      requireLongTerm(context, 'GetFederationToken')
      const account = identity.store.account(context.accountId)
      const session = await identity.sessions.create({
        accountId: context.accountId,
        kind: 'federated',
        subjectId: subjectId(context),
        name: input.Name,
        seconds: secondsFor(context, input.DurationSeconds),
        policies: requestedPolicies(identity, account, input),
        tags: requestedTags(input),
        transitiveTagKeys: [],
        sourceIdentity: null,
      })
      const { userId, arn } = federatedPrincipal(account, input.Name)
      return {
        Credentials: answered(session),
        FederatedUser: { FederatedUserId: userId, Arn: arn },
        ...packedMember(input),
      }
    },
  }
}

function requireLongTerm({ credential }: CallContext, operation: string): void {
  if (credential?.sessionToken !== null)
    throw new AwsError('AccessDeniedException', { message: `Cannot call ${operation} with session credentials` })
}

function secondsFor(context: CallContext, asked: number | undefined): number {
  const seconds = asked ?? SECONDS_DEFAULT
  return isRoot(context) ? Math.min(seconds, ROOT_SECONDS_MAX) : seconds
}

function isRoot({ principal }: CallContext): boolean {
  return principal.type === 'root'
}

function subjectId(context: CallContext): string {
  return isRoot(context) ? '' : context.principal.userId
}
