/** Which calls of the AWS API `why` tells of: those whose caller is not known or may not make them. */
import type { ApiCallEvent } from '@millrace/aws/audit'
import type { IamDenial } from '@millrace/policy/denials/denials'
import type { ApiEvent } from './why-event.ts'

export type ApiRefusal = Omit<ApiEvent, 'firstMs' | 'lastMs' | 'count'>

const NOT_KNOWN =
  /Signature|UnrecognizedClient|InvalidClientToken|MissingAuthenticationToken|ExpiredToken|RequestExpired|AuthFailure/
const NOT_ALLOWED = /AccessDenied|UnauthorizedOperation|AuthorizationError/
const TEXT_LENGTH_MAX = 1_000

/** null: the call was let in with all it asked for, whatever came of it. */
export function apiEventOf(call: ApiCallEvent): ApiRefusal | null {
  // A batch answers for its parts: what was refused of it is refused although the call went well.
  const partly = call.errorCode === null && call.decision?.allowed === false
  const errorCode = partly ? 'AccessDenied' : (call.errorCode ?? '')
  const denied = NOT_ALLOWED.test(errorCode)
  if (!denied && !NOT_KNOWN.test(errorCode)) return null
  const action = `${call.service ?? 'aws'}:${call.operation ?? '?'}`
  // Of ec2 the caller is told in a sealed message: what policy was asked says it.
  const sealed = call.errorMessage?.includes('Encoded authorization failure message') === true
  const told = sealed || partly ? deniedInWords(call) : call.errorMessage
  const reason = (told ?? errorCode).slice(0, TEXT_LENGTH_MAX)
  const who = call.principal?.arn ?? (call.accessKeyId === null ? null : `access key ${call.accessKeyId}`)
  return {
    type: 'api',
    action,
    errorCode,
    principal: who,
    remoteAddress: call.sourceIp,
    reason,
    iam: denied ? iamDenialOf(call) : null,
  }
}

function iamDenialOf({ decision, asked }: ApiCallEvent): IamDenial | null {
  if (asked === null || decision === null || decision.allowed) return null
  const { reason: because, set, statement } = decision
  return { actions: [asked.action], resource: asked.resource, because, set, statement }
}

function deniedInWords({ principal, asked, decision }: ApiCallEvent): string | null {
  if (asked === null) return null
  const how = decision?.reason === 'explicit-deny' ? 'with an explicit deny' : 'because nothing allows it'
  return `User: ${principal?.arn ?? 'anonymous'} is not authorized to perform: ${asked.action} on resource: ${asked.resource} ${how}.`
}
