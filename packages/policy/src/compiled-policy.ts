/**
 * Policies made ready for many questions: patterns become comparisons once, not per question. A document never changes, so
 * what was compiled of it is kept as long as the document itself.
 */
import { compileCondition, type RequestValues } from './conditions.ts'
import type { MatchList, PolicyDocument, Statement } from './policy-document.ts'
import type { Principal } from './principal.ts'
import { compilePattern, type TextTest, type VariableLookup } from './wildcard.ts'

export interface CompiledStatement {
  readonly index: number
  readonly sid: string | null
  readonly allows: boolean
  /** `action` in lower case: actions are compared without regard to case, resources with it. */
  applies(action: string, resource: string, values: RequestValues, variables: VariableLookup): boolean
  /** How the Principal element names this one; null: not at all. */
  names(principal: Principal): 'itself' | 'role or anyone' | 'account' | null
}

const memory = new WeakMap<PolicyDocument, readonly CompiledStatement[]>()

export function compiled(document: PolicyDocument): readonly CompiledStatement[] {
  const known = memory.get(document)
  if (known !== undefined) return known
  const statements = document.statements.map((statement, index) => compile(statement, index, document.version))
  memory.set(document, statements)
  return statements
}

function compile(statement: Statement, index: number, version: PolicyDocument['version']): CompiledStatement {
  // Documents before 2012 know no variables.
  const dynamic = version === '2012-10-17'
  const actions = compileList(statement.actions, (pattern) => compilePattern(pattern.toLowerCase(), false))
  const resources = compileList(statement.resources, (pattern) => compilePattern(pattern, dynamic))
  const conditions = statement.conditions.map((condition) => compileCondition(condition, dynamic))
  const { principals } = statement
  return {
    index,
    sid: statement.sid,
    allows: statement.effect === 'Allow',
    applies: (action, resource, values, variables) =>
      actions(action, variables) &&
      resources(resource, variables) &&
      conditions.every((condition) => condition(values, variables)),
    names: (principal) => (principals === null ? null : naming(principals, principal)),
  }
}

function compileList({ negated, patterns }: MatchList, compileOne: (pattern: string) => TextTest): TextTest {
  const tests = patterns.map(compileOne)
  const only = tests[0]
  if (tests.length === 1 && only !== undefined && !negated) return only
  return (text, variables) => tests.some((test) => test(text, variables)) !== negated
}

/**
 * `…:root` of an account stands for everyone in it, but excepts only root itself; other names stand for themselves, not for
 * patterns: ARNs, and in stored policies the unique ids of users and roles.
 */
function naming({ negated, patterns }: MatchList, principal: Principal): ReturnType<CompiledStatement['names']> {
  const account = `arn:aws:iam::${principal.accountId}:root`
  const itself = patterns.some((name) => isItself(principal, name))
  const anyone = patterns.includes('*') || patterns.some((name) => isRoleOf(principal, name))
  if (negated) return itself || anyone ? null : 'role or anyone'
  if (itself) return 'itself'
  if (anyone) return 'role or anyone'
  return principal.accountId !== '' && patterns.includes(account) ? 'account' : null
}

function isItself({ type, arn, userId }: Principal, name: string): boolean {
  if (name === '') return false
  return name === arn || ((type === 'user' || type === 'assumed-role') && name === userId)
}

/** Sessions of a role have its id before their own name. */
function isRoleOf({ type, roleArn, userId }: Principal, name: string): boolean {
  return type === 'assumed-role' && (name === roleArn || (name !== '' && userId.startsWith(`${name}:`)))
}
