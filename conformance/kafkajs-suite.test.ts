/**
 * kafkajs's own tests of its connection to brokers, from the checkout that MILLRACE_KAFKAJS_SOURCE names, against clusters
 * of Kafka 3.9: one with plaintext and TLS listeners, one with SCRAM logins (MSK has not all three in one). What fails
 * must be listed here with its reason, and none of these is that something is missing. Full size only: some minutes.
 */
import { BatchAssociateScramSecretCommand, KafkaClient } from '@aws-sdk/client-kafka'
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { Kafka, logLevel } from 'kafkajs'
import { KafkaApi } from 'millrace/aws-client'
import { untilActive } from 'millrace/demo'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApacheKafka } from './harness/apache-kafka.ts'
import { judge, kafkaReleases } from './harness/judges.ts'
import { KAFKAJS_USERS, runKafkajsTests, type KafkajsAddresses, type KafkajsTest } from './harness/kafkajs-tests.ts'
import { createThreeBrokers, startMillraceProcess, threeBrokers, type MillraceProcess } from './harness/millrace.ts'
import { full } from './harness/size.ts'
import { recordVerdicts } from './harness/verdicts.ts'

const COMMAND = 'MILLRACE_KAFKAJS_SOURCE=CHECKOUT npm run test:full -- kafkajs-suite'
/** Topics by use, of four partitions, and replicas as Kafka's own defaults want them. */
const PROPERTIES = ['num.partitions=4', 'auto.create.topics.enable=true', 'min.insync.replicas=1']

/** Why a test may fail, by its name and its words; both must fit. */
const EXPECTED: readonly { readonly test: RegExp; readonly words: RegExp; readonly reason: string }[] = [
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
  {
    test: /offset(?:Commit|Fetch)\.spec/,
    words: /The coordinator is not aware of this member[^]*Broker\.syncGroup/,
    reason:
      'by chance: joins without a rebalance timeout, which kafkajs writes as 0 ms, and is removed unless its SyncGroup comes within that, as by Apache Kafka',
  },
]

/** Of these the reasons above say that Apache Kafka fails them, which is tried. */
const ALSO_OF_APACHE_KAFKA = 'src/broker/__tests__/(?:describeConfigs|txnOffsetCommit)'

const SKIPPED_BY_ITSELF = 'skipped by kafkajs itself (told KAFKA_VERSION 2.4, without OAUTHBEARER)'

const source = full ? judge('kafkajs-tests') : null
const java = full ? judge('java') : null

describe.skipIf(source === null)("kafkajs's own tests", () => {
  let millrace: MillraceProcess
  let addresses: KafkajsAddresses

  beforeAll(async () => {
    millrace = await startMillraceProcess({ args: ['--ephemeral'] })
    const access = { endpoint: millrace.endpoint, region: 'us-east-1' }
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
    const api = new KafkaApi({ ...access, ...credentials })
    const { clusterArn } = await createThreeBrokers(millrace, 'kafkajs', { serverProperties: PROPERTIES })
    const plain = await api.bootstrapStrings(clusterArn)
    const secured = await createScramCluster(api, { ...access, credentials })
    const listOf = (text: string | null): string[] => (text ?? '').split(',')
    addresses = { plaintext: listOf(plain.plaintext), tls: listOf(plain.tls), scram: listOf(secured) }
  }, 180_000)
  afterAll(async () => millrace?.stop())

  it('of its broker pass, but for what is listed', () => check('its broker tests (src/broker)', 'src/broker/'), 900_000)

  it(
    'of its other parts that talk to brokers pass, but for what is listed',
    () => check('its tests of admin, producer, consumer and cluster', 'src/(admin|producer|consumer|cluster)/'),
    2_400_000,
  )

  it.skipIf(java === null)(
    'that it expects otherwise of old Kafka fail against Apache Kafka too',
    async () => {
      const kafka = await startApacheKafka(kafkaReleases[0] ?? '')
      try {
        await useCoordinators(kafka.bootstrap)
        const here = { plaintext: [kafka.bootstrap], tls: [], scram: [] }
        const options = { source: source ?? '', pattern: ALSO_OF_APACHE_KAFKA, timeoutMs: 300_000 }
        const tests = await runKafkajsTests({ ...options, addresses: here })
        for (const { test, words } of EXPECTED.filter(({ reason }) => reason.includes('Apache Kafka 3.9.1'))) {
          const found = tests.find(({ name }) => test.test(name))
          expect(found?.state).toBe('failed')
          expect(found?.message).toMatch(words)
        }
      } finally {
        await kafka.stop()
      }
    },
    480_000,
  )

  async function check(name: string, pattern: string): Promise<void> {
    const tests = await runKafkajsTests({
      source: source ?? '',
      addresses,
      pattern,
      timeoutMs: pattern === 'src/broker/' ? 840_000 : 2_340_000,
    })
    const { passed, failed, leftOut } = judged(tests)
    recordVerdicts({ suite: `kafkajs 2.2.4, ${name}`, command: COMMAND, passed, failed, leftOut })
    expect(failed).toEqual([])
    expect(passed).toBeGreaterThan(0)
  }
})

function judged(tests: readonly KafkajsTest[]): {
  passed: number
  failed: string[]
  leftOut: { test: string; reason: string }[]
} {
  const failed: string[] = []
  const leftOut: { test: string; reason: string }[] = []
  for (const { name, state, message } of tests) {
    if (state === 'skipped') leftOut.push({ test: name, reason: SKIPPED_BY_ITSELF })
    if (state !== 'failed') continue
    const known = EXPECTED.find(({ test, words }) => test.test(name) && words.test(message))
    if (known === undefined) failed.push(`${name}: ${message.slice(0, 2000)}`)
    else leftOut.push({ test: name, reason: known.reason })
  }
  return { passed: tests.filter(({ state }) => state === 'passed').length, failed, leftOut }
}

/** Returns when a cluster that has just begun coordinates groups and transactions. */
async function useCoordinators(bootstrap: string): Promise<void> {
  const kafka = new Kafka({ brokers: [bootstrap], retry: { retries: 3 }, logLevel: logLevel.NOTHING })
  const commit = async (): Promise<void> => {
    const producer = kafka.producer({ transactionalId: 'first', maxInFlightRequests: 1, idempotent: true })
    try {
      await producer.connect()
      const transaction = await producer.transaction()
      const offsets = {
        consumerGroupId: 'first',
        topics: [{ topic: 'first', partitions: [{ partition: 0, offset: '0' }] }],
      }
      await transaction.send({ topic: 'first', messages: [{ value: '1' }] })
      await transaction.sendOffsets(offsets)
      await transaction.commit()
    } finally {
      await producer.disconnect()
    }
  }
  await expect.poll(() => commit().then(() => 'done', String), { timeout: 60_000, interval: 500 }).toBe('done')
}

/** A cluster whose clients log in with SCRAM, with the users of the tests, as MSK's users make them. */
async function createScramCluster(
  api: KafkaApi,
  access: { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string } },
): Promise<string | null> {
  const { clusterArn } = await api.createCluster({
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
  await untilActive(api, clusterArn)
  const kms = new KMSClient(access)
  const secrets = new SecretsManagerClient(access)
  const kafka = new KafkaClient(access)
  const KmsKeyId = (await kms.send(new CreateKeyCommand({}))).KeyMetadata?.Arn ?? ''
  const SecretArnList: string[] = []
  for (const user of KAFKAJS_USERS) {
    const [Name, SecretString] = [`AmazonMSK_${user.username}`, JSON.stringify(user)]
    const { ARN = '' } = await secrets.send(new CreateSecretCommand({ Name, SecretString, KmsKeyId }))
    SecretArnList.push(ARN)
  }
  await kafka.send(new BatchAssociateScramSecretCommand({ ClusterArn: clusterArn, SecretArnList }))
  for (const client of [kms, secrets, kafka]) client.destroy()
  return (await api.bootstrapStrings(clusterArn)).scram
}
