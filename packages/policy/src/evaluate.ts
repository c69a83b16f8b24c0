/**
 * The decision: may this principal do this action on this resource? An explicit Deny anywhere wins. Otherwise, in one
 * account, the resource's own policy or the identity's suffices; across accounts both must allow. Boundary and session
 * policies cut off what identity-based policies allow; a resource-based policy that names the user or the session itself
 * is not cut off. Root may everything in its account. Every decision names the statement that made it, or the set of
 * policies that was silent. Pure: no clock, no I/O. Source: "Policy evaluation logic" of the IAM user guide.
 */
import { compiled, type CompiledStatement } from './compiled-policy.ts'
import type { RequestValues } from './conditions.ts'
import type { NamedPolicy, PolicySets } from './principal-policies.ts'
import type { Principal } from './principal.ts'
import type { VariableLookup } from './wildcard.ts'

export interface AuthorizationRequest {
  readonly principal: Principal
  /** `kafka:CreateCluster`. */
  readonly action: string
  /** ARN, or `*` for actions without a resource. */
  readonly resource: string
  /** Condition keys in lower case. */
  readonly values: RequestValues
}

export type PolicySet = 'identity' | 'boundary' | 'session' | 'resource'

export interface DecidingStatement {
  readonly policy: string
  readonly index: number
  readonly sid: string | null
}

export interface Decision {
  readonly allowed: boolean
  readonly reason: 'root' | 'allowed' | 'explicit-deny' | 'no-statement-allows'
  /** Whose statement decided, or which set was silent; null for root. */
  readonly set: PolicySet | null
  /** The statement that decided; null for root and where none did. */
  readonly statement: DecidingStatement | null
}

/** How a resource's policy names the principal: the closer, the less can cut it off. */
type Naming = 'itself' | 'role or anyone' | 'account'

interface Finding {
  readonly deny: DecidingStatement | null
  readonly allow: DecidingStatement | null
}

interface ResourceFinding extends Finding {
  readonly naming: Naming | null
}

const nothing: Finding = { deny: null, allow: null }

export function evaluate(request: AuthorizationRequest, sets: PolicySets): Decision {
  const identity = find(request, sets.identity)
  const boundary = sets.boundary === null ? nothing : find(request, [sets.boundary])
  const session = sets.session === null ? nothing : find(request, sets.session)
  const resource = findInResource(request, sets.resource?.policies ?? [])
  const denied =
    refusal('identity', identity) ??
    refusal('boundary', boundary) ??
    refusal('session', session) ??
    refusal('resource', resource)
  if (denied !== null) return denied

  const boundaryHolds = sets.boundary !== null && boundary.allow === null
  const sessionHolds = sets.session !== null && session.allow === null
  const sameAccount = sets.resource === null || sets.resource.accountId === request.principal.accountId
  if (sameAccount && resource.allow !== null) {
    const cutOff = resource.naming === 'role or anyone' && (boundaryHolds || sessionHolds)
    if (resource.naming !== 'account' && !cutOff)
      return { allowed: true, reason: 'allowed', set: 'resource', statement: resource.allow }
  }
  if (resource.allow === null && (!sameAccount || sets.resource?.mustAllow === true)) return silent('resource')
  if (request.principal.type === 'root') return { allowed: true, reason: 'root', set: null, statement: null }
  const byResource = sameAccount && resource.naming === 'role or anyone'
  if (identity.allow === null && !byResource) return silent('identity')
  if (boundaryHolds) return silent('boundary')
  if (sessionHolds) return silent('session')
  return { allowed: true, reason: 'allowed', set: 'identity', statement: identity.allow }
}

const setNames: Readonly<Record<PolicySet, string>> = {
  identity: 'identity-based policy',
  boundary: 'permissions boundary',
  session: 'session policy',
  resource: 'resource-based policy',
}

/** One sentence for the caller and the log, in AWS's words; a statement that decided is named besides. */
export function explain(request: AuthorizationRequest, decision: Decision): string {
  const who = `User: ${request.principal.arn === '' ? 'anonymous' : request.principal.arn}`
  if (decision.reason === 'root') return `${who} is the root user and may do everything in its account`
  const what = `${who} is ${decision.allowed ? '' : 'not '}authorized to perform: ${request.action} on resource: ${request.resource}`
  const set = setNames[decision.set ?? 'identity']
  if (decision.statement === null) return `${what} because no ${set} allows the ${request.action} action`
  const { policy, index, sid } = decision.statement
  const statement = `${policy} (statement ${index}${sid === null || sid === '' ? '' : `, ${sid}`})`
  const article = decision.set === 'identity' ? 'an' : 'a'
  return decision.allowed
    ? `${what} by ${article} ${set}: ${statement}`
    : `${what} with an explicit deny in ${article} ${set}: ${statement}`
}

function refusal(set: PolicySet, { deny }: Finding): Decision | null {
  return deny === null ? null : { allowed: false, reason: 'explicit-deny', set, statement: deny }
}

function silent(set: PolicySet): Decision {
  return { allowed: false, reason: 'no-statement-allows', set, statement: null }
}

/** The first deny, else the first allow. */
function find(request: AuthorizationRequest, policies: readonly NamedPolicy[]): Finding {
  const action = request.action.toLowerCase()
  const variables = variablesOf(request)
  let allow: DecidingStatement | null = null
  for (const { name, document } of policies) {
    for (const statement of compiled(document)) {
      if (allow !== null && statement.allows) continue
      if (!statement.applies(action, request.resource, request.values, variables)) continue
      const found = deciding(name, statement)
      if (!statement.allows) return { deny: found, allow: null }
      allow = found
    }
  }
  return allow === null ? nothing : { deny: null, allow }
}

/** The same, and of the allows the one that names the principal most closely. */
function findInResource(request: AuthorizationRequest, policies: readonly NamedPolicy[]): ResourceFinding {
  const action = request.action.toLowerCase()
  const variables = variablesOf(request)
  let allow: DecidingStatement | null = null
  let naming: Naming | null = null
  for (const { name, document } of policies) {
    for (const statement of compiled(document)) {
      const named = statement.names(request.principal)
      if (named === null) continue
      if (!statement.applies(action, request.resource, request.values, variables)) continue
      if (!statement.allows) return { deny: deciding(name, statement), allow: null, naming: null }
      if (naming !== null && closeness[named] <= closeness[naming]) continue
      allow = deciding(name, statement)
      naming = named
    }
  }
  return { deny: null, allow, naming }
}

const closeness: Readonly<Record<Naming, number>> = { account: 0, 'role or anyone': 1, itself: 2 }

function deciding(policy: string, { index, sid }: CompiledStatement): DecidingStatement {
  return { policy, index, sid }
}

function variablesOf(request: AuthorizationRequest): VariableLookup {
  return (key) => {
    const values = request.values.get(key.toLowerCase())
    return values?.length === 1 ? (values[0] ?? null) : null
  }
}
