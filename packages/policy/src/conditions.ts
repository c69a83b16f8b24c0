/**
 * Condition operators of IAM policies. All values of one key are alternatives (any may match; for negated operators none
 * may), all keys must hold. A missing key fails, except for negated operators, `…IfExists` and ForAllValues. Source: "IAM
 * JSON policy elements: Condition operators" of the IAM user guide.
 */
import { inNetwork, isNetwork } from './ip-network.ts'
import type { Condition } from './policy-document.ts'
import { compilePattern, resolveVariables, type TextTest, type VariableLookup } from './wildcard.ts'

/** Request values by condition key in lower case; several for keys such as aws:tagkeys. */
export type RequestValues = ReadonlyMap<string, readonly string[]>

/** Whether a request fulfils one condition. */
export type ConditionTest = (request: RequestValues, variables: VariableLookup) => boolean

interface Operator {
  readonly negated: boolean
  /** Of one value of the policy; `dynamic`: it may hold variables. */
  compile(bound: string, dynamic: boolean): TextTest
}

const exact = literal((bound, value) => bound === value)
const ignoringCase = literal((bound, value) => bound.toLowerCase() === value.toLowerCase())
const number = (compare: (value: number, limit: number) => boolean): Operator['compile'] =>
  constant(Number, (limit, value) => compare(Number(value), limit))
const date = (compare: (value: number, limit: number) => boolean): Operator['compile'] =>
  constant(instant, (limit, value) => compare(instant(value), limit))

const operators: Readonly<Record<string, Operator>> = {
  StringEquals: { negated: false, compile: exact },
  StringNotEquals: { negated: true, compile: exact },
  StringEqualsIgnoreCase: { negated: false, compile: ignoringCase },
  StringNotEqualsIgnoreCase: { negated: true, compile: ignoringCase },
  StringLike: { negated: false, compile: compilePattern },
  StringNotLike: { negated: true, compile: compilePattern },
  ArnEquals: { negated: false, compile: arnPattern },
  ArnNotEquals: { negated: true, compile: arnPattern },
  ArnLike: { negated: false, compile: arnPattern },
  ArnNotLike: { negated: true, compile: arnPattern },
  NumericEquals: { negated: false, compile: number((value, limit) => value === limit) },
  NumericNotEquals: { negated: true, compile: number((value, limit) => value === limit) },
  NumericLessThan: { negated: false, compile: number((value, limit) => value < limit) },
  NumericLessThanEquals: { negated: false, compile: number((value, limit) => value <= limit) },
  NumericGreaterThan: { negated: false, compile: number((value, limit) => value > limit) },
  NumericGreaterThanEquals: { negated: false, compile: number((value, limit) => value >= limit) },
  DateEquals: { negated: false, compile: date((value, limit) => value === limit) },
  DateNotEquals: { negated: true, compile: date((value, limit) => value === limit) },
  DateLessThan: { negated: false, compile: date((value, limit) => value < limit) },
  DateLessThanEquals: { negated: false, compile: date((value, limit) => value <= limit) },
  DateGreaterThan: { negated: false, compile: date((value, limit) => value > limit) },
  DateGreaterThanEquals: { negated: false, compile: date((value, limit) => value >= limit) },
  Bool: { negated: false, compile: ignoringCase },
  BinaryEquals: { negated: false, compile: constant(bytesOf, (bound, value) => bound === bytesOf(value)) },
  IpAddress: { negated: false, compile: constant((text) => text, inNetwork) },
  NotIpAddress: { negated: true, compile: constant((text) => text, inNetwork) },
}

export const conditionOperators: ReadonlySet<string> = new Set([...Object.keys(operators), 'Null'])

/** Whether a policy may say this value: a malformed bound would never match, and under a negated operator always. */
export function validConditionValue(operator: string, value: string): boolean {
  if (operator.startsWith('Numeric')) return value.trim() !== '' && Number.isFinite(Number(value))
  if (operator.startsWith('Date')) return !Number.isNaN(instant(value))
  if (operator.endsWith('IpAddress')) return isNetwork(value)
  if (operator === 'BinaryEquals') return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value)
  if (operator === 'Bool') return /^(true|false|\$\{.*\})$/i.test(value)
  return operator !== 'Null' || /^(true|false)$/i.test(value)
}

/** `dynamic`: the policy's version knows variables. */
export function compileCondition(condition: Condition, dynamic: boolean): ConditionTest {
  const key = condition.key.toLowerCase()
  const [, quantifier = '', name = ''] =
    /^(?:(ForAllValues|ForAnyValue):)?(.*?)(?:IfExists)?$/.exec(condition.operator) ?? []
  if (name === 'Null') {
    const wanted = new Set(condition.values.map((value) => value.toLowerCase()))
    return (request) => wanted.has(String((request.get(key) ?? []).length === 0))
  }
  const operator = operators[name]
  if (operator === undefined) return () => false
  const { negated } = operator
  const tests = condition.values.map((value) => operator.compile(value, dynamic))
  const whenAbsent =
    quantifier !== 'ForAnyValue' &&
    (negated || quantifier === 'ForAllValues' || condition.operator.endsWith('IfExists'))
  const every = quantifier === 'ForAllValues' || (quantifier === '' && negated)
  return (request, variables) => {
    const values = request.get(key) ?? []
    if (values.length === 0) return whenAbsent
    const holds = (value: string): boolean => tests.some((test) => test(value, variables)) !== negated
    return every ? values.every(holds) : values.some(holds)
  }
}

/** Variables count in exact comparisons too; stars do not. A variable without a value equals nothing. */
function literal(compare: (bound: string, value: string) => boolean): Operator['compile'] {
  return (bound, dynamic) => {
    if (!dynamic || !bound.includes('${')) return (value) => compare(bound, value)
    return (value, variables) => {
      const resolved = resolveVariables(bound, variables)
      return resolved !== null && compare(resolved, value)
    }
  }
}

/** The bound is read once. */
function constant<Bound>(
  read: (text: string) => Bound,
  test: (bound: Bound, value: string) => boolean,
): Operator['compile'] {
  return (text) => {
    const bound = read(text)
    return (value) => test(bound, value)
  }
}

/** Each of the six parts for itself: a star does not reach over a colon, except in the resource. */
function arnPattern(bound: string, dynamic: boolean): TextTest {
  const parts = splitArn(bound, 6).map((part) => compilePattern(part, dynamic))
  return (value, variables) => {
    const given = splitArn(value, parts.length)
    return given.length === parts.length && parts.every((test, index) => test(given[index] ?? '', variables))
  }
}

/** At most `count` parts, all the rest in the last. A colon within a variable's braces does not split. */
function splitArn(text: string, count: number): readonly string[] {
  const parts: string[] = []
  let from = 0
  for (let at = 0; at < text.length && parts.length < count - 1; at++) {
    if (text.startsWith('${', at)) {
      const end = text.indexOf('}', at)
      if (end !== -1) at = end
    } else if (text[at] === ':') {
      parts.push(text.slice(from, at))
      from = at + 1
    }
  }
  return [...parts, text.slice(from)]
}

/** Base64 in one form, so that equal bytes are equal text. */
function bytesOf(text: string): string {
  return Buffer.from(text, 'base64').toString('base64')
}

/** ISO text or seconds since the epoch. */
function instant(text: string): number {
  return /^[0-9]+$/.test(text) ? Number(text) * 1000 : Date.parse(text)
}
