/** What a run has measured goes into its result (MILLRACE_FIGURES, a line each), beside the verdicts. */
import { appendFileSync } from 'node:fs'

export function recordFigures(figures: object): void {
  const file = process.env['MILLRACE_FIGURES']
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(figures)}\n`)
}
