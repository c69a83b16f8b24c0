/** What a Go test binary said with `-test.v`, as verdicts. */
import type { LeftOut, Verdicts } from './verdicts.ts'

/** Top-level tests only. `waiting` are those that were not asked for, by the reason. */
export function goVerdicts(output: string, suite: string, waiting: readonly LeftOut[] = []): Verdicts {
  const named = (state: string): string[] =>
    [...output.matchAll(new RegExp(`^--- ${state}: (\\S+)`, 'gm'))].map((match) => match[1] ?? '')
  const skipped = named('SKIP').map((test) => ({ test, reason: skipReason(output, test) }))
  return {
    suite,
    command: 'npm run test:full -- franz-go',
    passed: named('PASS').length,
    failed: named('FAIL'),
    leftOut: [...skipped, ...waiting],
  }
}

/** Go prints the reason of a skip on the line behind it, with the file it stands in. */
function skipReason(output: string, test: string): string {
  return new RegExp(`^--- SKIP: ${test} .*\\n\\s+\\S+: (.*)`, 'm').exec(output)?.[1] ?? 'skipped by itself'
}
