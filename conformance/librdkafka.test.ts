/**
 * librdkafka's own test runner against three brokers of Kafka 4.1 whose configuration creates topics by themselves, with
 * four partitions, as its tests expect: its quick suite and its full one, and what wants a cluster without auto-creation.
 * A test that its runner leaves out needs a reason that is listed here. Full size only: the quick suite alone takes minutes.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judge, librdkafkaVersion } from './harness/judges.ts'
import { runLibrdkafkaTests, type RunnerReport } from './harness/librdkafka.ts'
import { createThreeBrokers, startMillraceProcess, type MillraceProcess } from './harness/millrace.ts'
import { full } from './harness/size.ts'
import { recordVerdicts, type LeftOut } from './harness/verdicts.ts'

const program = full ? judge('librdkafka') : null
const java = full ? judge('java') : null

const CLUSTER = { msk: '4.1.x.kraft', kafka: '4.1.1' }
/** Many tests make topics of one replica and produce with acks=all: Kafka's own default, not MSK's 2. */
const PROPERTIES = ['num.partitions=4', 'min.insync.replicas=1', 'delete.topic.enable=true']

/** Why a test may be left out: the runner's words, and what they mean here. */
const REASONS: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/OAUTHBEARER|OIDC|SASL/, 'waits for security: needs a SASL listener'],
  [/SSL|OpenSSL/, 'waits for security: needs a TLS listener'],
  [
    /negative test flags/,
    'marked as a known issue by librdkafka itself; in its quick suite also all that cut connections',
  ],
  [/quick mode/, 'runs in the full suite'],
  [/not applicable for broker version/, `is for another release of Kafka than ${CLUSTER.kafka}`],
  [/group\.protocol=consumer|classic/, 'is for the other group protocol, or for a mock of librdkafka that has it'],
  [/MsgVersion 1 was removed/, 'needs message formats that Kafka 4.0 removed'],
  [/RapidJSON/, 'needs the headers of RapidJSON, which were not on the machine that built it'],
]

describe.skipIf(program === null || java === null)(`librdkafka ${librdkafkaVersion}`, () => {
  let millrace: MillraceProcess

  beforeAll(async () => {
    millrace = await startMillraceProcess({ args: ['--ephemeral'] })
  })
  afterAll(async () => millrace?.stop())

  const suite = (
    name: string,
    options: { args: readonly string[]; autoCreate: boolean; environment?: Record<string, string>; minutes: number },
  ): void => {
    const limitMs = options.minutes * 60_000
    it(
      `passes ${name}`,
      async () => {
        const properties = [...PROPERTIES, `auto.create.topics.enable=${String(options.autoCreate)}`]
        const { bootstrap } = await createThreeBrokers(millrace, name.replaceAll(/\W+/g, '-'), CLUSTER.msk, properties)
        const run = (args: readonly string[], tests?: readonly string[]): Promise<RunnerReport> =>
          runLibrdkafkaTests({
            program: program ?? '',
            bootstrap,
            brokerVersion: CLUSTER.kafka,
            args,
            timeoutMs: limitMs,
            ...(tests === undefined ? {} : { tests }),
            ...(options.environment === undefined ? {} : { environment: options.environment }),
          })
        const report = await withSecondTry(await run(options.args), (tests) => run([...options.args, '-p1'], tests))
        recordVerdicts({
          suite: `librdkafka ${librdkafkaVersion}, ${name}`,
          command: 'npm run test:full -- librdkafka',
          passed: report.passed.length,
          failed: report.failed,
          leftOut: leftOut(report),
        })
        expect(report.failed, report.words).toEqual([])
        expect(report.passed.length).toBeGreaterThan(0)
        expect(leftOut(report).filter(({ reason }) => reason.startsWith('unknown'))).toEqual([])
      },
      limitMs + 60_000,
    )
  }

  suite('its quick suite', { args: ['-Q', '-E'], autoCreate: true, minutes: 25 })
  suite('its full suite', { args: ['-p3'], autoCreate: true, minutes: 60 })
  suite('its tests without auto-creation', { args: ['-s', 'noautocreate'], autoCreate: false, minutes: 10 })
})

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
  return { ...first, passed, failed: [...fatal, ...second.failed], words: second.words }
}

function leftOut({ skipped }: RunnerReport): LeftOut[] {
  return skipped.map(({ test, reason }) => {
    const known = REASONS.find(([pattern]) => pattern.test(reason))
    return { test, reason: known === undefined ? `unknown: ${reason}` : known[1] }
  })
}
