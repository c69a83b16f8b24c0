/**
 * What a foreign suite said, test by test. The run of the whole suite is one test of ours; its verdicts go into the
 * results beside it (MILLRACE_VERDICTS, a line per suite), where docs/compatibility.md finds them.
 */
import { appendFileSync } from 'node:fs'

export interface LeftOut {
  readonly test: string
  readonly reason: string
}

export interface Verdicts {
  /** Whose tests, with the version: 'librdkafka 2.15.1, quick'. */
  readonly suite: string
  /** The command that runs them again. */
  readonly command: string
  readonly passed: number
  readonly failed: readonly string[]
  readonly leftOut: readonly LeftOut[]
  /** Failed beside others, passed when run again alone: counted as passed, and told. */
  readonly passedAlone?: readonly string[]
}

export function recordVerdicts(verdicts: Verdicts): void {
  const file = process.env['MILLRACE_VERDICTS']
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(verdicts)}\n`)
}
