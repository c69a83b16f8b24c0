/**
 * librdkafka's own test runner against three brokers whose configuration has four partitions, as its tests expect, over
 * plaintext or as a suite says. A test that its runner leaves out needs a reason that is listed (librdkafka-reasons.ts).
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judge, librdkafkaVersion } from './judges.ts'
import {
  createLibrdkafkaCluster,
  librdkafkaClusters,
  plaintext,
  type LibrdkafkaClusterOptions,
} from './librdkafka-cluster.ts'
import { reasonFor, UNKNOWN_REASON } from './librdkafka-reasons.ts'
import { runLibrdkafkaTests, runLibrdkafkaTestsApart, type RunnerReport } from './librdkafka.ts'
import { startMillraceProcess, type MillraceProcess } from './millrace.ts'
import { full } from './size.ts'
import { recordVerdicts, type LeftOut } from './verdicts.ts'

/** 0101 fetches from a follower in a rack called RACK1. */
const SKIPPED = '0101'
/** Tests of librdkafka's own mock cluster talk to nothing else: how often one that failed is tried with nobody there. */
const MOCK_TRIES = 8
const NOBODY = '127.0.0.1:9'
const MOCK_REASON =
  "fails by chance against librdkafka's own mock cluster, also where no cluster of ours can be reached"

export interface SuiteOptions extends LibrdkafkaClusterOptions {
  /** 'its quick suite'. */
  readonly name: string
  /** For the runner. */
  readonly args: readonly string[]
  readonly minutes: number
  /** Numbers of the tests to run; all when absent. */
  readonly only?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** Each test in a process of its own, so many at a time; otherwise as the runner does by itself. */
  readonly apart?: number
}

/** Defines a test per suite; `command` runs them again. */
export function librdkafkaSuites(command: string, suites: readonly SuiteOptions[]): void {
  const program = full ? judge('librdkafka') : null
  const java = full ? judge('java') : null
  const aws = full && suites.some(({ security }) => security === 'mutual') ? judge('aws') : null

  describe.skipIf(program === null || java === null)(`librdkafka ${librdkafkaVersion}`, () => {
    let millrace: MillraceProcess
    let scratch: string

    beforeAll(async () => {
      scratch = mkdtempSync(join(tmpdir(), 'millrace-librdkafka-'))
      millrace = await startMillraceProcess({ args: ['--ephemeral'] })
    })
    afterAll(async () => {
      await millrace?.stop()
      if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true })
    })

    for (const { name, args, minutes, only, environment, apart, ...cluster } of suites) {
      const limitMs = minutes * 60_000
      it.skipIf(cluster.security === 'mutual' && aws === null)(
        `passes ${name}`,
        async () => {
          const run = async (runArgs: readonly string[], tests = only, atATime = apart): Promise<RunnerReport> => {
            // A cluster of its own each time: regular expressions of some tests match what failed ones left behind.
            const directory = mkdtempSync(join(scratch, 'files-'))
            const clusterName = `${name.replaceAll(/\W+/g, '-')}-${basename(directory)}`
            const options = {
              program: program ?? '',
              connection: await createLibrdkafkaCluster(millrace, directory, clusterName, cluster),
              args: runArgs,
              timeoutMs: limitMs,
              environment: { TESTS_SKIP: SKIPPED, ...environment },
              ...(tests === undefined ? {} : { tests }),
            }
            return atATime === undefined ? runLibrdkafkaTests(options) : runLibrdkafkaTestsApart(options, atATime)
          }
          const tried = await withSecondTry(await run(args), (tests) =>
            run([...args, '-p1'], tests, apart === undefined ? undefined : 1),
          )
          const mocked = await ofItsOwnMock(tried, program ?? '')
          const report = { ...tried, failed: tried.failed.filter((failure) => !mocked.includes(failure)) }
          recordVerdicts({
            suite: `librdkafka ${librdkafkaVersion}, ${name}`,
            command,
            passed: report.passed.length,
            failed: report.failed,
            leftOut: [...leftOut(report), ...mocked.map((test) => ({ test, reason: MOCK_REASON }))],
            passedAlone: report.passedAlone ?? [],
          })
          expect(report.failed, report.words).toEqual([])
          expect(report.passed.length).toBeGreaterThan(0)
          expect(leftOut(report).filter(({ reason }) => reason.startsWith(UNKNOWN_REASON))).toEqual([])
        },
        limitMs * 2 + 60_000,
      )
    }
  })
}

/**
 * Many of its tests measure how long calls take, to 50 ms and less, and run five at a time: what failed is run again alone,
 * and only that counts.
 */
async function withSecondTry(
  first: RunnerReport,
  again: (tests: readonly string[]) => Promise<RunnerReport>,
): Promise<RunnerReport> {
  const numbers = new Set(first.failed.flatMap((failure) => /^\d{4}/.exec(failure)?.[0] ?? []))
  if (numbers.size === 0) return first
  const second = await again([...numbers])
  const repeated = new Set([...second.passed, ...second.failed.map((failure) => failure.split(':')[0])])
  const passed = [...first.passed.filter((test) => !repeated.has(test)), ...second.passed]
  // What ended the runner itself has no number, and no second chance.
  const fatal = first.failed.filter((failure) => !/^\d{4}/.test(failure))
  const failedFirst = new Set(first.failed.map((failure) => failure.split(':')[0]))
  const passedAlone = second.passed.filter((test) => failedFirst.has(test))
  return { ...first, passed, passedAlone, failed: [...fatal, ...second.failed], words: second.words }
}

/** Failures of tests of its own mock cluster that come about with no other cluster at all. */
async function ofItsOwnMock({ failed }: RunnerReport, program: string): Promise<string[]> {
  const found: string[] = []
  for (const failure of failed) {
    const [, number] = /^(\d{4})\w*_mock\b/.exec(failure) ?? []
    if (number === undefined) continue
    const connection = { ...plaintext(NOBODY), brokerVersion: librdkafkaClusters['4.1'].kafka }
    const options = { program, connection, timeoutMs: 120_000 }
    for (let attempt = 0; attempt < MOCK_TRIES && !found.includes(failure); attempt++) {
      const alone = await runLibrdkafkaTests({ ...options, args: [], tests: [number] })
      if (alone.failed.some((other) => other.startsWith(number))) found.push(failure)
    }
  }
  return found
}

function leftOut({ skipped }: RunnerReport): LeftOut[] {
  return skipped.map(({ test, reason }) => ({ test, reason: reasonFor(test, reason) }))
}
