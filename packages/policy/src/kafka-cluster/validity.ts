/**
 * How long a decision by some policies is good: conditions on the time of day turn answers without anything having changed.
 * Bounds that policies name are looked up; what compares the time in another way is good for a moment only.
 */
import type { NamedPolicy } from '../principal-policies.ts'

const MOMENT_MS = 1_000
const TIME_KEYS: ReadonlySet<string> = new Set(['aws:currenttime', 'aws:epochtime'])
const COMPARING = /^(?:For(?:AllValues|AnyValue):)?(?:Date|Numeric)/
/** A bound in whole seconds turns before or after its second, by operator. */
const SECOND_MS = 1_000

/** Ascending, ms since the epoch: where answers may turn. Null: nobody can say where. */
export type TurningPoints = readonly number[] | null

export function turningPoints(policies: Iterable<NamedPolicy>): TurningPoints {
  const points = new Set<number>()
  for (const { document } of policies) {
    for (const { operator, key, values } of document.statements.flatMap(({ conditions }) => conditions)) {
      // A policy variable brings the time into any condition.
      if (values.some((value) => /\$\{aws:(?:CurrentTime|EpochTime)/i.test(value))) return null
      if (!TIME_KEYS.has(key.toLowerCase()) || operator === 'Null') continue
      if (!COMPARING.test(operator)) return null
      for (const value of values) {
        const boundMs = /^[0-9.]+$/.test(value) ? Number(value) * 1000 : Date.parse(value)
        if (!Number.isFinite(boundMs)) return null
        points.add(boundMs)
        points.add(boundMs + SECOND_MS)
      }
    }
  }
  return [...points].sort((a, b) => a - b)
}

/** Until when an answer of `nowMs` is good, exclusive; Infinity: nothing turns it. */
export function goodUntilMs(points: TurningPoints, nowMs: number): number {
  if (points === null) return nowMs + MOMENT_MS
  return points.find((point) => point > nowMs) ?? Infinity
}
