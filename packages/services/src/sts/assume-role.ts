import { AwsError } from '@millrace/aws/errors'
import type { CallContext } from '@millrace/aws/call-context'
import type { OperationHandler } from '@millrace/aws/service'
import type { Tags } from '../iam/entities.ts'
import type { Identity } from '../iam/identity.ts'
import { rolePrincipal } from '../iam/principals.ts'
import { answered, invalid, packedMember, requestedPolicies, requestedTags } from './session-request.ts'
import { findRole } from './targets.ts'

const SECONDS_DEFAULT = 3600
/** Of a role that was assumed with the credentials of another role. */
const CHAINED_SECONDS_MAX = 3600

/** Whether the role trusts the caller has been decided when this runs (targets.ts). */
export function assumeRole(identity: Identity, clock: () => Date): OperationHandler<'sts', 'AssumeRole'> {
  return async (input, context) => {
    const role = findRole(identity.store, input.RoleArn)
    // It may have been deleted since.
    if (role === null)
      throw new AwsError('AccessDeniedException', { message: `The role ${input.RoleArn} cannot be assumed.` })
    requireNoMfa(input.SerialNumber)
    const seconds = input.DurationSeconds ?? SECONDS_DEFAULT
    if (context.principal.type === 'assumed-role' && seconds > CHAINED_SECONDS_MAX)
      invalid('The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining')
    if (seconds > role.maxSessionSeconds)
      invalid('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.')
    const account = identity.store.account(context.accountId)
    const caller = callingSession(identity, context)
    const sourceIdentity = input.SourceIdentity ?? caller?.sourceIdentity ?? null
    if (caller !== null && caller.sourceIdentity !== null && caller.sourceIdentity !== sourceIdentity)
      invalid('The source identity of a session cannot be changed.')
    const inherited = inheritedTags(caller)
    const tags = requestedTags(input)
    for (const key of Object.keys(tags))
      if (Object.hasOwn(inherited, key))
        invalid(`The transitive tag ${key} of the calling session cannot be given anew.`)
    const transitive = input.TransitiveTagKeys ?? []
    const untold = transitive.find((key) => !Object.hasOwn(tags, key))
    if (untold !== undefined) invalid(`The transitive tag key ${untold} is not among the session tags.`)
    const session = await identity.sessions.create({
      accountId: context.accountId,
      kind: 'role',
      subjectId: role.id,
      name: input.RoleSessionName,
      seconds,
      policies: requestedPolicies(identity, account, input),
      tags: { ...inherited, ...tags },
      transitiveTagKeys: [...Object.keys(inherited), ...transitive],
      sourceIdentity,
    })
    await identity.store.note(context.accountId, (current) => {
      const now = current.role.get(role.name.toLowerCase())
      const lastUsed = { at: clock().toISOString(), region: context.region }
      return now === undefined ? [] : [{ put: 'role', entity: { ...now, lastUsed } }]
    })
    const principal = rolePrincipal(account, role, input.RoleSessionName)
    return {
      Credentials: answered(session),
      AssumedRoleUser: { AssumedRoleId: principal.userId, Arn: principal.arn },
      ...packedMember(input),
      ...(sourceIdentity === null ? {} : { SourceIdentity: sourceIdentity }),
    }
  }
}

/** Nobody has a device here. */
export function requireNoMfa(serialNumber: string | undefined): void {
  if (serialNumber === undefined) return
  throw new AwsError('AccessDeniedException', {
    message: 'MultiFactorAuthentication failed with invalid MFA one time pass code.',
  })
}

function callingSession(identity: Identity, { credential }: CallContext) {
  return credential === undefined ? null : identity.sessions.get(credential.accessKeyId)
}

function inheritedTags(caller: ReturnType<typeof callingSession>): Tags {
  return Object.fromEntries(
    Object.entries(caller?.tags ?? {}).filter(([key]) => caller?.transitiveTagKeys.includes(key) === true),
  )
}
