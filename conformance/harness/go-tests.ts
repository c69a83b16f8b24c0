/** What a Go test binary said with `-test.v`, as verdicts. */
import type { Verdicts } from './verdicts.ts'

/** Why a test skips itself: what it says, and what that means. */
const REASONS: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/SCRAM/, 'is for logins: runs with SCRAM in franz-go-security'],
  [/share groups/, 'is for share groups of version 2, which Kafka has from 4.2 on: runs there'],
]

/** Top-level tests only. `command` runs them again. */
export function goVerdicts(output: string, suite: string, command: string): Verdicts {
  const named = (state: string): string[] =>
    [...output.matchAll(new RegExp(`^--- ${state}: (\\S+)`, 'gm'))].map((match) => match[1] ?? '')
  const leftOut = named('SKIP').map((test) => ({ test, reason: skipReason(output, test) }))
  return { suite, command, passed: named('PASS').length, failed: named('FAIL'), leftOut }
}

/** Go prints it before the verdict, with the file it stands in, behind the test's name; not at once where tests run at a time. */
function skipReason(output: string, test: string): string {
  const words = [...output.matchAll(/^=== (?:RUN|CONT|NAME)\s+(\S+)\n\s+\S+\.go:\d+: (.*)/gm)]
    .filter(([, name]) => name === test)
    .at(-1)?.[2]
  if (words === undefined) return 'skipped by itself'
  return REASONS.find(([pattern]) => pattern.test(words))?.[1] ?? words
}
