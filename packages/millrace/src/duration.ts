/** Spans of time as people write them: `90s`, `10m`, `2h`, `1d`. */
import { UserError } from './user-error.ts'

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** In ms. @param option whose value it is, for the error */
export function durationMs(text: string, option: string): number {
  const match = /^(\d{1,6})([smhd])$/.exec(text)
  const unitMs = UNIT_MS[match?.[2] ?? '']
  if (unitMs === undefined) throw new UserError(`${option} ${text} is no time; write it as 90s, 10m, 2h or 1d.`)
  return Number(match?.[1]) * unitMs
}
