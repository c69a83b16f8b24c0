/** librdkafka's own test runner against a cluster: how it is called, and its report read back. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { kafkaHome, kafkaReleases } from './judges.ts'
import type { RunnerConnection } from './librdkafka-cluster.ts'
import { run } from './run.ts'

export interface RunnerOptions {
  /** The test-runner program. */
  readonly program: string
  readonly connection: RunnerConnection
  readonly args: readonly string[]
  /** Numbers of the tests to run; all when absent. */
  readonly tests?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly timeoutMs: number
}

export interface RunnerReport {
  readonly passed: readonly string[]
  /** Failed first, passed when run again alone; also in `passed`. */
  readonly passedAlone?: readonly string[]
  /** With the assertion that failed. */
  readonly failed: readonly string[]
  readonly skipped: readonly { readonly test: string; readonly reason: string }[]
  /** All that the runner has, asked for or not. */
  readonly known: readonly string[]
  /** The last of what the runner said, for a failure's message. */
  readonly words: string
}

interface JsonReport {
  readonly tests: Readonly<Record<string, { readonly name: string; readonly state: string }>>
}

/** Timeouts of the tests are meant for idle machines. */
const TIMEOUT_MULTIPLIER = 3
const WORDS_KEPT = 6_000
const NO_REPORT = 'the runner left no report'

export async function runLibrdkafkaTests(options: RunnerOptions): Promise<RunnerReport> {
  const { connection } = options
  const scratch = mkdtempSync(join(tmpdir(), 'millrace-librdkafka-'))
  try {
    const configuration = join(scratch, 'test.conf')
    const reportFile = join(scratch, 'report.json')
    writeFileSync(configuration, `${connection.configuration}test.timeout.multiplier=${TIMEOUT_MULTIPLIER}\n`)
    const directory = dirname(options.program)
    const { stdout, stderr } = await run(options.program, options.args, {
      workingDirectory: directory,
      timeoutMs: options.timeoutMs,
      environment: {
        LD_LIBRARY_PATH: `${join(directory, '..', 'src')}:${join(directory, '..', 'src-cpp')}`,
        RDKAFKA_TEST_CONF: configuration,
        TEST_REPORT: reportFile,
        TEST_LEVEL: '1',
        TEST_KAFKA_VERSION: connection.brokerVersion,
        // Some tests make topics and ACLs with Kafka's own scripts.
        KAFKA_PATH: kafkaHome(kafkaReleases[0] ?? ''),
        BROKERS: connection.bootstrap,
        ...(options.tests === undefined ? {} : { TESTS: options.tests.join(',') }),
        ...connection.environment,
        ...options.environment,
      },
    })
    return read(reportFile, plain(stdout + stderr))
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/**
 * Each test in a process of its own, `atATime` of them: tests that cut their connections close descriptors of others that
 * run in the same process, and one that crashes takes the others with it.
 */
export async function runLibrdkafkaTestsApart(options: RunnerOptions, atATime: number): Promise<RunnerReport> {
  const waiting = options.tests === undefined ? await allNumbers(options) : [...options.tests]
  const reports: RunnerReport[] = []
  const worker = async (): Promise<void> => {
    for (let test = waiting.shift(); test !== undefined; test = waiting.shift()) {
      const report = await runLibrdkafkaTests({ ...options, tests: [test] })
      reports.push({
        ...report,
        failed: report.failed.map((failure) => (failure === NO_REPORT ? `${test}: ${NO_REPORT}` : failure)),
        words: report.failed.length > 0 ? report.words : '',
      })
    }
  }
  await Promise.all(Array.from({ length: atATime }, worker))
  return {
    passed: reports.flatMap(({ passed }) => passed),
    failed: reports.flatMap(({ failed }) => failed),
    skipped: reports.flatMap(({ skipped }) => skipped),
    known: reports[0]?.known ?? [],
    words: reports.map(({ words }) => words).join(''),
  }
}

/** From here on they are for people who watch them, and run only when they are named. */
const FIRST_MANUAL = '8000'

/** The numbers that its tests begin with, in order. */
async function allNumbers(options: RunnerOptions): Promise<string[]> {
  const none = await runLibrdkafkaTests({ ...options, tests: ['none'] })
  return [...new Set(none.known.map((name) => name.slice(0, 4)))].filter((number) => number < FIRST_MANUAL)
}

function read(reportFile: string, words: string): RunnerReport {
  let report: JsonReport
  try {
    report = JSON.parse(readFileSync(reportFile, 'utf8')) as JsonReport
  } catch {
    return { passed: [], failed: [NO_REPORT], skipped: [], known: [], words: words.slice(-WORDS_KEPT) }
  }
  const tests = Object.values(report.tests).filter(({ name }) => name !== '<MAIN>')
  const inState = (state: string): string[] => tests.filter((test) => test.state === state).map(({ name }) => name)
  const reasons = new Map<string, string>()
  for (const [, test = '', reason = ''] of words.matchAll(/\[(\S+)\s*\/[^\]]*\] WARN: SKIPPING TEST: (.*)/g))
    reasons.set(test, reason.trim())
  const failures = new Map<string, string>()
  for (const [, test = '', where = '', why = ''] of words.matchAll(/### Test "(\S+)[^"]*" failed at (.*?): ###\n(.*)/g))
    failures.set(test, `${where}: ${why}`)
  return {
    passed: inState('PASSED'),
    // Still running when the runner ended, or (DNS) never started: failures like any other.
    failed: [...inState('FAILED'), ...inState('RUNNING'), ...inState('DNS')].map(
      (name) => `${name}: ${failures.get(name) ?? 'no reason'}`,
    ),
    // Those without a reason belong to another scenario or were not asked for.
    skipped: inState('SKIPPED').flatMap((test) => {
      const reason = reasons.get(test)
      return reason === undefined ? [] : [{ test, reason }]
    }),
    known: tests.map(({ name }) => name),
    words: words.slice(-WORDS_KEPT),
  }
}

/** Without colours. */
function plain(text: string): string {
  // oxlint-disable-next-line no-control-regex -- the escape character is what is looked for
  return text.replaceAll(/\u001b\[[0-9;]*m/g, '').replaceAll('\r', '\n')
}
