/**
 * kafkajs's own tests from the checkout that MILLRACE_KAFKAJS_SOURCE names, against clusters of Kafka 3.9: one with plaintext
 * and TLS listeners, one with SCRAM logins (MSK has not all three in one). What fails must be listed here with its reason,
 * and none of these is that something is missing. Full size only: minutes.
 */
import { KafkaApi } from 'millrace/aws-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judge } from './judges.ts'
import { KAFKAJS_USERS, runKafkajsTests, type KafkajsAddresses, type KafkajsTest } from './kafkajs-tests.ts'
import {
  awsAccess,
  createCluster,
  createThreeBrokers,
  startMillraceProcess,
  threeBrokers,
  type MillraceProcess,
} from './millrace.ts'
import { createScramUsers } from './scram-users.ts'
import { full } from './size.ts'
import { recordVerdicts } from './verdicts.ts'

/** Topics by use, of four partitions, and replicas as Kafka's own defaults want them. */
const PROPERTIES = ['num.partitions=4', 'auto.create.topics.enable=true', 'min.insync.replicas=1']

/** Why a test may fail, by its name and its words; both must fit. */
export const EXPECTED_OF_KAFKAJS: readonly {
  readonly test: RegExp
  readonly words: RegExp
  readonly reason: string
}[] = [
  {
    test: /^(?!.*SCRAM 512)/,
    words: /does not support the requested SASL mechanism/,
    reason: 'logs in with PLAIN or SCRAM-SHA-256: brokers of MSK have SCRAM-SHA-512 (the same tests pass with it)',
  },
  {
    test: /describeConfigs\.spec\.js: Broker > describeConfigs request without config names/,
    words: /message\.format\.version/,
    reason: 'expects exactly the topic configs of Kafka 0.11 to 2.4; fails against Apache Kafka 3.9.1 as well',
  },
  {
    test: /txnOffsetCommit\.spec\.js: .* ignores invalid transaction fields/,
    words: /producer id which is not currently assigned to its transactional id/,
    reason: 'expects offsets of an unknown producer id to be taken; fails against Apache Kafka 3.9.1 as well',
  },
  {
    test: /createPartitions\.spec/,
    words: /Number of partitions is invalid/,
    reason: 'wants to grow topics of the default number of partitions to three; here they have four',
  },
]

const SKIPPED_BY_ITSELF = 'skipped by kafkajs itself (told KAFKA_VERSION 2.4, without OAUTHBEARER)'

/** The checkout; null when there is none, or the size is not full. */
export const kafkajsSource: string | null = full ? judge('kafkajs-tests') : null

export interface KafkajsSuite {
  /** 'its broker tests (src/broker)'. */
  readonly name: string
  /** Of files below src. */
  readonly pattern: string
  readonly minutes: number
}

/** Defines a test; `command` runs it again. */
export function kafkajsSuite(command: string, { name, pattern, minutes }: KafkajsSuite): void {
  const limitMs = minutes * 60_000

  describe.skipIf(kafkajsSource === null)("kafkajs's own tests", () => {
    let millrace: MillraceProcess
    let addresses: KafkajsAddresses

    beforeAll(async () => {
      millrace = await startMillraceProcess({ args: ['--ephemeral'] })
      const { credentials, ...access } = awsAccess(millrace)
      const api = new KafkaApi({ ...access, ...credentials })
      const { clusterArn } = await createThreeBrokers(millrace, 'kafkajs', { serverProperties: PROPERTIES })
      const plain = await api.bootstrapStrings(clusterArn)
      const secured = await createScramCluster(millrace)
      const listOf = (text: string | null): string[] => (text ?? '').split(',')
      addresses = { plaintext: listOf(plain.plaintext), tls: listOf(plain.tls), scram: listOf(secured) }
    }, 180_000)
    afterAll(async () => millrace?.stop())

    it(
      `${name} pass, but for what is listed`,
      async () => {
        const run = (only: string): Promise<KafkajsTest[]> =>
          runKafkajsTests({ source: kafkajsSource ?? '', addresses, pattern: only, timeoutMs: limitMs })
        const first = await run(pattern)
        const again = await withSecondTry(first, run)
        const { passed, failed, leftOut } = judged(again)
        const failedFirst = new Set(judged(first).failed.map((failure) => failure.name))
        const passedAlone = again.filter((test) => test.state === 'passed' && failedFirst.has(test.name))
        recordVerdicts({
          suite: `kafkajs 2.2.4, ${name}`,
          command,
          passed,
          failed: failed.map((test) => `${test.name}: ${test.message.slice(0, 1_000)}`),
          leftOut,
          passedAlone: passedAlone.map((test) => test.name),
        })
        expect(failed).toEqual([])
        expect(passed).toBeGreaterThan(0)
      },
      2 * limitMs,
    )
  })
}

/** Some wait for what must come within a second, or not within a millisecond: files with failures are run once more, alone. */
async function withSecondTry(
  first: readonly KafkajsTest[],
  run: (pattern: string) => Promise<KafkajsTest[]>,
): Promise<readonly KafkajsTest[]> {
  const files = new Set(judged(first).failed.map(({ name }) => name.slice(0, name.indexOf(':'))))
  if (files.size === 0) return first
  const second = await run(`src/(${[...files].join('|')})$`)
  const repeated = new Map(second.map((test) => [test.name, test]))
  return first.map((test) => repeated.get(test.name) ?? test)
}

function judged(tests: readonly KafkajsTest[]): {
  passed: number
  failed: KafkajsTest[]
  leftOut: { test: string; reason: string }[]
} {
  const failed: KafkajsTest[] = []
  const leftOut: { test: string; reason: string }[] = []
  for (const each of tests) {
    if (each.state === 'skipped') leftOut.push({ test: each.name, reason: SKIPPED_BY_ITSELF })
    if (each.state !== 'failed') continue
    const known = EXPECTED_OF_KAFKAJS.find(({ test, words }) => test.test(each.name) && words.test(each.message))
    if (known === undefined) failed.push(each)
    else leftOut.push({ test: each.name, reason: known.reason })
  }
  return { passed: tests.filter(({ state }) => state === 'passed').length, failed, leftOut }
}

/** A cluster whose clients log in with SCRAM, with the users of the tests. */
async function createScramCluster(millrace: MillraceProcess): Promise<string | null> {
  const { clusterArn, strings } = await createCluster(millrace, {
    clusterName: 'kafkajs-scram',
    provisioned: {
      brokerNodeGroupInfo: {
        instanceType: 'kafka.m5.large',
        clientSubnets: threeBrokers.BrokerNodeGroupInfo.ClientSubnets,
      },
      kafkaVersion: '3.9.x',
      numberOfBrokerNodes: 3,
      clientAuthentication: { sasl: { scram: { enabled: true } } },
    },
  })
  await createScramUsers(millrace, clusterArn, KAFKAJS_USERS)
  return strings.scram
}
