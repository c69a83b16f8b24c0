/** The library as a user's own test suite has it: start, make a cluster, talk to it with an ordinary client, stop. */
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { KafkaClient, ListClustersV2Command } from '@aws-sdk/client-kafka'
import type { Millrace, MillraceCluster } from 'millrace/library'

const { startMillrace } = (await import(
  new URL('../dist/bin/library.js', import.meta.url).href
)) as typeof import('millrace/library')

let millrace: Millrace
let cluster: MillraceCluster

beforeAll(async () => {
  millrace = await startMillrace()
  cluster = await millrace.createCluster({ brokers: 3 })
}, 60_000)
afterAll(async () => millrace?.stop())

it('a producer and a consumer meet on a cluster of the test', async () => {
  const kafka = new Kafka({ brokers: cluster.bootstrapBrokers('plaintext').split(','), logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: 'orders', numPartitions: 3, replicationFactor: 3 }] })
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({
    topic: 'orders',
    messages: [
      { key: 'a', value: 'one' },
      { key: 'a', value: 'two' },
    ],
  })
  const consumer = kafka.consumer({ groupId: 'readers' })
  await consumer.connect()
  await consumer.subscribe({ topic: 'orders', fromBeginning: true })
  const values: string[] = []
  await new Promise<void>((resolve, reject) => {
    consumer
      .run({
        eachMessage: ({ message }) => {
          values.push(String(message.value))
          if (values.length === 2) resolve()
          return Promise.resolve()
        },
      })
      .catch(reject)
  })
  expect(values).toEqual(['one', 'two'])
  await consumer.disconnect()
  await producer.disconnect()
  await admin.disconnect()
}, 60_000)

it('an AWS SDK sees the cluster', async () => {
  const client = new KafkaClient({
    endpoint: millrace.endpoint,
    region: millrace.region,
    credentials: millrace.credentials,
  })
  const { ClusterInfoList } = await client.send(new ListClustersV2Command({}))
  expect(ClusterInfoList?.map(({ ClusterArn, State }) => [ClusterArn, State])).toEqual([[cluster.arn, 'ACTIVE']])
  client.destroy()
})
