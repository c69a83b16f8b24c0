/**
 * The decision: may this principal do this action on this resource? Root may everything in its account. Otherwise an
 * explicit Deny wins over any Allow, and what no statement allows is denied. Every decision names the statement that made
 * it. Pure: no clock, no I/O. Source: "Policy evaluation logic" of the IAM user guide (identity- and resource-based
 * policies of one account).
 */
import { conditionHolds, type RequestValues } from './conditions.ts'
import type { MatchList, PolicyDocument, Statement } from './policy-document.ts'
import type { Principal } from './principal.ts'
import { matches, type VariableLookup } from './wildcard.ts'

export interface NamedPolicy {
  /** For explanations: an ARN, or the name of an inline policy. */
  readonly name: string
  readonly document: PolicyDocument
}

export interface AuthorizationRequest {
  readonly principal: Principal
  /** `kafka:CreateCluster`. */
  readonly action: string
  /** ARN, or `*` for actions without a resource. */
  readonly resource: string
  /** Condition keys in lower case. */
  readonly values: RequestValues
}

export interface DecidingStatement {
  readonly policy: string
  readonly index: number
  readonly sid: string | null
}

export interface Decision {
  readonly allowed: boolean
  readonly reason: 'root' | 'allowed' | 'explicit-deny' | 'no-statement-allows'
  /** The statement that decided; null for root and where none did. */
  readonly statement: DecidingStatement | null
}

export function evaluate(request: AuthorizationRequest, policies: readonly NamedPolicy[]): Decision {
  if (request.principal.type === 'root') return { allowed: true, reason: 'root', statement: null }
  let allow: DecidingStatement | null = null
  for (const { name, document } of policies) {
    const variables = document.version === '2012-10-17' ? variablesOf(request) : null
    for (const [index, statement] of document.statements.entries()) {
      if (!applies(statement, request, variables)) continue
      const found: DecidingStatement = { policy: name, index, sid: statement.sid }
      if (statement.effect === 'Deny') return { allowed: false, reason: 'explicit-deny', statement: found }
      allow ??= found
    }
  }
  return allow === null
    ? { allowed: false, reason: 'no-statement-allows', statement: null }
    : { allowed: true, reason: 'allowed', statement: allow }
}

/** One sentence for the caller and the log, in the manner of AWS's own denials. */
export function explain(request: AuthorizationRequest, decision: Decision): string {
  const who = `User: ${request.principal.arn}`
  if (decision.reason === 'root') return `${who} is the root user and may do everything in its account`
  const what = `${who} is ${decision.allowed ? '' : 'not '}authorized to perform: ${request.action} on resource: ${request.resource}`
  if (decision.statement === null) return `${what} because no policy allows the ${request.action} action`
  const { policy, index, sid } = decision.statement
  const statement = `statement ${index}${sid === null ? '' : ` (${sid})`} of policy ${policy}`
  return decision.allowed ? `${what} by ${statement}` : `${what} with an explicit deny in ${statement}`
}

function applies(statement: Statement, request: AuthorizationRequest, variables: VariableLookup | null): boolean {
  const { principal, action, resource, values } = request
  return (
    (statement.principals === null || matchesPrincipal(statement.principals, principal)) &&
    // Actions are compared without regard to case; resources with it.
    listMatches(statement.actions, (pattern) => matches(pattern.toLowerCase(), action.toLowerCase())) &&
    listMatches(statement.resources, (pattern) => matches(pattern, resource, variables)) &&
    statement.conditions.every((condition) => conditionHolds(condition, values, variables))
  )
}

/** `…:root` of an account stands for everyone in it, but excepts only root itself; other names stand for themselves, not for patterns. */
function matchesPrincipal(list: MatchList, principal: Principal): boolean {
  const account = `arn:aws:iam::${principal.accountId}:root`
  return listMatches(
    list,
    (pattern) => pattern === '*' || pattern === principal.arn || (!list.negated && pattern === account),
  )
}

function listMatches(list: MatchList, test: (pattern: string) => boolean): boolean {
  return list.patterns.some(test) !== list.negated
}

function variablesOf(request: AuthorizationRequest): VariableLookup {
  return (key) => {
    const values = request.values.get(key.toLowerCase())
    return values?.length === 1 ? (values[0] ?? null) : null
  }
}
