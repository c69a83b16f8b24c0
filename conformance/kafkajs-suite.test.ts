/** kafkajs's own tests of its broker: one request of every API, in the version that kafkajs speaks. Full size only. */
import { Kafka, logLevel } from 'kafkajs'
import { expect, it } from 'vitest'
import { startApacheKafka } from './harness/apache-kafka.ts'
import { judge, kafkaReleases } from './harness/judges.ts'
import { EXPECTED_OF_KAFKAJS, kafkajsSource, kafkajsSuite } from './harness/kafkajs-suite.ts'
import { runKafkajsTests } from './harness/kafkajs-tests.ts'

kafkajsSuite('MILLRACE_KAFKAJS_SOURCE=CHECKOUT npm run test:full -- kafkajs-suite', {
  name: 'its broker tests (src/broker)',
  pattern: 'src/broker/',
  minutes: 15,
})

const java = kafkajsSource === null ? null : judge('java')
/** Where the tests are of which the reasons say that Apache Kafka fails them. */
const ALSO_OF_APACHE_KAFKA = 'src/broker/__tests__/(?:describeConfigs|txnOffsetCommit)'

it.skipIf(java === null)(
  "what kafkajs's tests expect of old Kafka fails against Apache Kafka too",
  async () => {
    const kafka = await startApacheKafka(kafkaReleases[0] ?? '')
    try {
      await useCoordinators(kafka.bootstrap)
      const addresses = { plaintext: [kafka.bootstrap], tls: [], scram: [] }
      const options = { source: kafkajsSource ?? '', pattern: ALSO_OF_APACHE_KAFKA, timeoutMs: 300_000 }
      const tests = await runKafkajsTests({ ...options, addresses })
      const expected = EXPECTED_OF_KAFKAJS.filter(({ reason }) => reason.includes('Apache Kafka 3.9.1'))
      expect(expected.length).toBeGreaterThan(0)
      for (const { test, words } of expected) {
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
