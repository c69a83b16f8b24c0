/** Which calls of the AWS API `why` tells of: those whose caller is not known or may not make them. */
import type { ApiCallEvent } from '@millrace/aws/audit'
import type { IamDenial } from '@millrace/policy/denials/denials'
import type { ApiEvent } from './why-event.ts'

export type ApiRefusal = Omit<ApiEvent, 'firstMs' | 'lastMs' | 'count'>

const NOT_KNOWN =
  /Signature|UnrecognizedClient|InvalidClientToken|MissingAuthenticationToken|ExpiredToken|RequestExpired|AuthFailure/
const NOT_ALLOWED = /AccessDenied|UnauthorizedOperation|AuthorizationError/
const TEXT_LENGTH_MAX = 1_000

/** null: the call was let in, whatever came of it. */
export function apiEventOf(call: ApiCallEvent): ApiRefusal | null {
  const errorCode = call.errorCode ?? ''
  const denied = NOT_ALLOWED.test(errorCode)
  if (!denied && !NOT_KNOWN.test(errorCode)) return null
  const action = `${call.service ?? 'aws'}:${call.operation ?? '?'}`
  const reason = (call.errorMessage ?? errorCode).slice(0, TEXT_LENGTH_MAX)
  const who = call.principal?.arn ?? (call.accessKeyId === null ? null : `access key ${call.accessKeyId}`)
  return {
    type: 'api',
    action,
    errorCode,
    principal: who,
    remoteAddress: call.sourceIp,
    reason,
    iam: denied ? iamDenialOf(call.decision, reason) : null,
  }
}

/** Policy decided it; the sentence has what it was asked about (see `explain` of the policy evaluator). */
function iamDenialOf(decision: ApiCallEvent['decision'], reason: string): IamDenial | null {
  const match = /perform: (\S+) on resource: (\S+)/.exec(reason)
  if (match === null || decision === null || decision.allowed) return null
  const [, action = '', resource = ''] = match
  const { reason: because, set, statement } = decision
  return { actions: [action], resource, because, set, statement }
}
