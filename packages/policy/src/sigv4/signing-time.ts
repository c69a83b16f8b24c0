/** Times as signatures write them, `20260501T120000Z`, and as people read them. */

/** Ms since the epoch; NaN for what is no time. */
export function parseSigningTime(text: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text)
  if (match === null) return NaN
  const [, year, month, day, hours, minutes, seconds] = match
  return Date.parse(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`)
}

/** `2026-05-01T12:00:00.000Z` */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}
