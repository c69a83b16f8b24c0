/**
 * Condition operators of IAM policies. All values of one key are alternatives (any may match; for negated operators none
 * may), all keys must hold. A missing key fails, except for negated operators, `…IfExists` and ForAllValues. Source: "IAM
 * JSON policy elements: Condition operators" of the IAM user guide.
 */
import { inNetwork, isNetwork } from './ip-network.ts'
import type { Condition } from './policy-document.ts'
import { matches, type VariableLookup } from './wildcard.ts'

/** Request values by condition key in lower case; several for keys such as aws:tagkeys. */
export type RequestValues = ReadonlyMap<string, readonly string[]>

interface Operator {
  readonly negated: boolean
  test(pattern: string, value: string, variables: VariableLookup | null): boolean
}

const equal = (a: string, b: string): boolean => a === b
const like = (pattern: string, value: string, variables: VariableLookup | null): boolean =>
  matches(pattern, value, variables)
const number =
  (compare: (value: number, limit: number) => boolean) =>
  (limit: string, value: string): boolean =>
    compare(Number(value), Number(limit))
const date =
  (compare: (value: number, limit: number) => boolean) =>
  (limit: string, value: string): boolean =>
    compare(instant(value), instant(limit))

const operators: Readonly<Record<string, Operator>> = {
  StringEquals: { negated: false, test: literal(equal) },
  StringNotEquals: { negated: true, test: literal(equal) },
  StringEqualsIgnoreCase: { negated: false, test: literal((a, b) => equal(a.toLowerCase(), b.toLowerCase())) },
  StringNotEqualsIgnoreCase: { negated: true, test: literal((a, b) => equal(a.toLowerCase(), b.toLowerCase())) },
  StringLike: { negated: false, test: like },
  StringNotLike: { negated: true, test: like },
  ArnEquals: { negated: false, test: like },
  ArnNotEquals: { negated: true, test: like },
  ArnLike: { negated: false, test: like },
  ArnNotLike: { negated: true, test: like },
  NumericEquals: { negated: false, test: number((value, limit) => value === limit) },
  NumericNotEquals: { negated: true, test: number((value, limit) => value === limit) },
  NumericLessThan: { negated: false, test: number((value, limit) => value < limit) },
  NumericLessThanEquals: { negated: false, test: number((value, limit) => value <= limit) },
  NumericGreaterThan: { negated: false, test: number((value, limit) => value > limit) },
  NumericGreaterThanEquals: { negated: false, test: number((value, limit) => value >= limit) },
  DateEquals: { negated: false, test: date((value, limit) => value === limit) },
  DateNotEquals: { negated: true, test: date((value, limit) => value === limit) },
  DateLessThan: { negated: false, test: date((value, limit) => value < limit) },
  DateLessThanEquals: { negated: false, test: date((value, limit) => value <= limit) },
  DateGreaterThan: { negated: false, test: date((value, limit) => value > limit) },
  DateGreaterThanEquals: { negated: false, test: date((value, limit) => value >= limit) },
  Bool: { negated: false, test: (pattern, value) => pattern.toLowerCase() === value.toLowerCase() },
  IpAddress: { negated: false, test: inNetwork },
  NotIpAddress: { negated: true, test: inNetwork },
}

export const conditionOperators: ReadonlySet<string> = new Set([...Object.keys(operators), 'Null'])

/** Whether a policy may say this value: a malformed bound would never match, and under a negated operator always. */
export function validConditionValue(operator: string, value: string): boolean {
  if (operator.startsWith('Numeric')) return value.trim() !== '' && Number.isFinite(Number(value))
  if (operator.startsWith('Date')) return !Number.isNaN(instant(value))
  if (operator.endsWith('IpAddress')) return isNetwork(value)
  return (operator !== 'Bool' && operator !== 'Null') || /^(true|false)$/i.test(value)
}

export function conditionHolds(
  condition: Condition,
  request: RequestValues,
  variables: VariableLookup | null,
): boolean {
  const values = request.get(condition.key.toLowerCase()) ?? []
  const [, quantifier = '', name = ''] =
    /^(?:(ForAllValues|ForAnyValue):)?(.*?)(?:IfExists)?$/.exec(condition.operator) ?? []
  if (name === 'Null')
    return condition.values.some((value) => (value.toLowerCase() === 'true') === (values.length === 0))

  const operator = operators[name]
  if (operator === undefined) return false
  if (values.length === 0) {
    if (quantifier === 'ForAnyValue') return false
    return operator.negated || quantifier === 'ForAllValues' || condition.operator.endsWith('IfExists')
  }
  const holds = (value: string): boolean =>
    condition.values.some((pattern) => operator.test(pattern, value, variables)) !== operator.negated
  if (quantifier === 'ForAnyValue') return values.some(holds)
  if (quantifier === 'ForAllValues') return values.every(holds)
  return operator.negated ? values.every(holds) : values.some(holds)
}

/** Variables count in exact comparisons too; stars do not. */
function literal(compare: (a: string, b: string) => boolean): Operator['test'] {
  return (pattern, value, variables) => {
    const resolved =
      variables === null
        ? pattern
        : pattern.replaceAll(/\$\{([^}]+)\}/g, (whole, key: string) =>
            '*?$'.includes(key) ? key : (variables(key) ?? whole),
          )
    return compare(resolved, value)
  }
}

/** ISO text or seconds since the epoch. */
function instant(text: string): number {
  return /^[0-9]+$/.test(text) ? Number(text) * 1000 : Date.parse(text)
}
