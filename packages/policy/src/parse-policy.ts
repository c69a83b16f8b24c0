/**
 * Reads policy JSON. Strict: what the evaluator does not know is refused when the policy is written, never ignored when
 * it is used, because an ignored condition is a grant.
 */
import { conditionOperators, validConditionValue } from './conditions.ts'
import type { Condition, MatchList, PolicyDocument, Statement } from './policy-document.ts'

/** Says where and what: `Statement[0].Effect must be Allow or Deny`. */
export class MalformedPolicyError extends Error {
  override readonly name = 'MalformedPolicyError'
}

/** `identity`: for a user or role, no Principal. `resource`: attached to a resource, Principal required. `trust`: a role's, Principal and no Resource. */
export type PolicyKind = 'identity' | 'resource' | 'trust'

type Json = Readonly<Record<string, unknown>>

export function parsePolicy(text: string, kind: PolicyKind): PolicyDocument {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new MalformedPolicyError('The policy is not valid JSON', { cause })
  }
  const document = object(value, 'The policy')
  known(document, ['Version', 'Id', 'Statement'], 'The policy')
  const version = document['Version'] ?? '2008-10-17'
  if (version !== '2012-10-17' && version !== '2008-10-17')
    throw new MalformedPolicyError('Version must be 2012-10-17 or 2008-10-17')
  const statements = Array.isArray(document['Statement'])
    ? (document['Statement'] as unknown[])
    : [document['Statement']]
  const sids = statements.flatMap((statement) => (statement as { readonly Sid?: unknown } | null)?.Sid ?? [])
  if (new Set(sids).size < sids.length)
    throw new MalformedPolicyError('Statement IDs (SID) in a single policy must be unique.')
  return {
    version,
    id: optionalText(document, 'Id', 'The policy'),
    statements: statements.map((statement, index) => parseStatement(statement, `Statement[${index}]`, kind)),
  }
}

function parseStatement(value: unknown, where: string, kind: PolicyKind): Statement {
  const statement = object(value, where)
  known(
    statement,
    ['Sid', 'Effect', 'Principal', 'NotPrincipal', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'],
    where,
  )
  const effect = statement['Effect']
  if (effect !== 'Allow' && effect !== 'Deny') throw new MalformedPolicyError(`${where}.Effect must be Allow or Deny`)
  // AWS advises against it and it grants to everyone unnamed, strangers included.
  if (effect === 'Allow' && 'NotPrincipal' in statement)
    throw new MalformedPolicyError(`${where} must not combine NotPrincipal with Allow`)
  return {
    sid: optionalText(statement, 'Sid', where),
    effect,
    principals: parsePrincipals(statement, where, kind),
    actions: matchList(statement, 'Action', where),
    resources: kind === 'trust' ? ownResource(statement, where) : matchList(statement, 'Resource', where),
    conditions: parseConditions(statement['Condition'], `${where}.Condition`),
  }
}

function matchList(statement: Json, name: 'Action' | 'Resource', where: string): MatchList {
  const negated = `Not${name}` in statement
  if (negated === name in statement) throw new MalformedPolicyError(`${where} must have either ${name} or Not${name}`)
  const key = negated ? `Not${name}` : name
  const patterns = texts(statement[key], `${where}.${key}`)
  for (const pattern of patterns) {
    if (pattern === '*') continue
    if (name === 'Action' && !/^[a-zA-Z0-9-]+:./.test(pattern))
      throw new MalformedPolicyError(
        `${where}.${key} ${pattern}: actions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.`,
      )
    if (name === 'Resource' && !/^arn:|^\$\{/.test(pattern))
      throw new MalformedPolicyError(`${where}.${key} ${pattern} must be in ARN format or "*".`)
  }
  return { negated, patterns }
}

/** The role itself, of which the document does not speak. */
function ownResource(statement: Json, where: string): MatchList {
  if ('Resource' in statement || 'NotResource' in statement)
    throw new MalformedPolicyError(`${where} has prohibited field Resource`)
  return { negated: false, patterns: ['*'] }
}

/** `"*"` and `{"AWS": …}`; an account id stands for its root. */
function parsePrincipals(statement: Json, where: string, kind: PolicyKind): MatchList | null {
  const negated = 'NotPrincipal' in statement
  const value = statement[negated ? 'NotPrincipal' : 'Principal']
  if (kind === 'identity') {
    if (value !== undefined)
      throw new MalformedPolicyError(`${where} must not have a Principal: the policy belongs to one`)
    return null
  }
  if (value === '*') return { negated, patterns: ['*'] }
  const principals = object(value, `${where}.Principal`)
  const patterns = Object.entries(principals).flatMap(([type, names]) => {
    const list = texts(names, `${where}.Principal.${type}`)
    return type === 'AWS' ? list.map((name) => (/^[0-9]{12}$/.test(name) ? `arn:aws:iam::${name}:root` : name)) : list
  })
  return { negated, patterns }
}

function parseConditions(value: unknown, where: string): readonly Condition[] {
  if (value === undefined) return []
  return Object.entries(object(value, where)).flatMap(([operator, keys]) => {
    const name = operator.replace(/^(ForAllValues|ForAnyValue):/, '').replace(/IfExists$/, '')
    if (!conditionOperators.has(name)) {
      throw new MalformedPolicyError(`${where}.${operator} is no condition operator that is known here`)
    }
    return Object.entries(object(keys, `${where}.${operator}`)).map(([key, written]) => {
      const values = texts(written, `${where}.${operator}.${key}`)
      const wrong = values.find((value) => !validConditionValue(name, value))
      if (wrong !== undefined)
        throw new MalformedPolicyError(`${where}.${operator}.${key}: ${wrong} is no value for ${name}`)
      return { operator, key, values }
    })
  })
}

function texts(value: unknown, where: string): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (list.length === 0) throw new MalformedPolicyError(`${where} must not be empty`)
  return list.map((item) => {
    if (typeof item === 'string' || typeof item === 'boolean' || typeof item === 'number') return String(item)
    throw new MalformedPolicyError(`${where} must hold text`)
  })
}

function optionalText(value: Json, name: string, where: string): string | null {
  const text = value[name] ?? null
  if (text !== null && typeof text !== 'string') throw new MalformedPolicyError(`${where}.${name} must be text`)
  return text
}

function object(value: unknown, where: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  throw new MalformedPolicyError(`${where} must be an object`)
}

function known(value: Json, names: readonly string[], where: string): void {
  for (const name of Object.keys(value)) {
    if (!names.includes(name)) throw new MalformedPolicyError(`${where} has an unknown member ${name}`)
  }
}
