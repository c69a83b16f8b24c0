/** Bounds, patterns and enums of one decoded value. The words are those of AWS's own validation messages. */
import type { Constraint, Shape } from '../model.ts'
import type { Problems } from './problems.ts'

/** `value` has the type that `shape` says. Items of lists and maps are checked where they are decoded. */
export function checkConstraint(
  shape: Shape,
  value: unknown,
  path: string,
  constraint: Constraint,
  problems: Problems,
): void {
  if (typeof value === 'string') checkString(value, path, constraint, problems)
  else if (typeof value === 'number') checkNumber(value, path, constraint, problems)
  else if (shape.kind === 'list' && Array.isArray(value)) checkLength(value.length, path, constraint, problems)
  else if (shape.kind === 'blob') checkLength((value as Uint8Array).length, path, constraint, problems)
}

function checkString(value: string, path: string, constraint: Constraint, problems: Problems): void {
  if (constraint.values !== null) {
    if (!constraint.values.has(value)) {
      problems.constraint(path, `Member must satisfy enum value set: [${[...constraint.values].join(', ')}]`)
    }
    return
  }
  checkLength(Array.from(value).length, path, constraint, problems)
  if (constraint.pattern !== null && !constraint.pattern.test(value)) {
    problems.constraint(
      path,
      `Member must satisfy regular expression pattern: ${constraint.pattern.source.slice(4, -2)}`,
    )
  }
}

function checkNumber(value: number, path: string, { integer, min, max }: Constraint, problems: Problems): void {
  if (integer && !Number.isInteger(value)) problems.wrongType(path, 'an integer')
  if (min !== null && value < min) problems.constraint(path, `Member must have value greater than or equal to ${min}`)
  if (max !== null && value > max) problems.constraint(path, `Member must have value less than or equal to ${max}`)
}

function checkLength(length: number, path: string, { min, max }: Constraint, problems: Problems): void {
  if (min !== null && length < min) problems.constraint(path, `Member must have length greater than or equal to ${min}`)
  if (max !== null && length > max) problems.constraint(path, `Member must have length less than or equal to ${max}`)
}
