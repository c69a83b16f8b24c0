/** Authorisation of API calls by policy, before the input is read: a caller without permission learns nothing from validation. */
import { evaluate, explain, type AuthorizationRequest, type Decision } from '@millrace/policy/evaluate'
import type { Credential } from './credentials.ts'
import { AwsError } from './errors.ts'
import type { Route } from './protocols/protocol.ts'

export interface ApiAuthorization extends AuthorizationRequest {
  readonly credential: Credential
}

/** Decides; the default evaluates the credential's identity-based policies. */
export type AuthorizeHook = (request: ApiAuthorization) => Decision

export const authorizeByPolicy: AuthorizeHook = (request) =>
  evaluate(request, { ...request.credential.policies, resource: null })

export interface ApiAuthorizationInput {
  readonly service: string
  readonly route: Route
  readonly credential: Credential
  readonly region: string
  readonly sourceIp: string
  readonly userAgent: string
  readonly nowMs: number
}

/** Throws AccessDeniedException with the principal, action, resource and statement. */
export function requireAllowed(hook: AuthorizeHook, input: ApiAuthorizationInput): void {
  const { service, route, credential, region, sourceIp, userAgent, nowMs } = input
  const action = `${service}:${route.operation.name}`
  // Says who asks, nothing else: AWS answers it even under an explicit deny.
  if (action === 'sts:GetCallerIdentity') return
  const request: ApiAuthorization = {
    credential,
    principal: credential.principal,
    action,
    resource: resourceOf(route),
    values: new Map([
      ...Object.entries(credential.values),
      ['aws:requestedregion', [region]],
      ['aws:sourceip', [sourceIp]],
      ['aws:useragent', [userAgent]],
      ['aws:currenttime', [new Date(nowMs).toISOString()]],
      ['aws:epochtime', [String(Math.floor(nowMs / 1000))]],
      ['aws:securetransport', ['false']],
    ]),
  }
  const decision = hook(request)
  if (!decision.allowed) throw new AwsError('AccessDeniedException', { message: explain(request, decision) })
}

/** The most specific ARN in the path; operations without one are about everything. */
function resourceOf(route: Route): string {
  return [...route.labels.values()].findLast((label) => label.startsWith('arn:')) ?? '*'
}
