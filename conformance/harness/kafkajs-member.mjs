// One member of a kafkajs group as a process of its own, so that it can be killed. Tells its parent what it saw and committed.
import { Kafka, logLevel } from 'kafkajs'

const [bootstrap, topic, groupId] = process.argv.slice(2)
const kafka = new Kafka({
  clientId: `member-${process.pid}`,
  brokers: bootstrap.split(','),
  logLevel: logLevel.NOTHING,
})
const consumer = kafka.consumer({ groupId, sessionTimeout: 6000, heartbeatInterval: 500, rebalanceTimeout: 10000 })

consumer.on(consumer.events.GROUP_JOIN, () => process.send({ kind: 'joined' }))
consumer.on(consumer.events.COMMIT_OFFSETS, ({ payload }) => {
  for (const { partitions } of payload.topics) {
    for (const { partition, offset } of partitions) process.send({ kind: 'committed', partition, offset })
  }
})
consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) =>
  process.send({ kind: 'crashed', error: `${error.name}: ${error.message}`, restart }),
)
await consumer.connect()
await consumer.subscribe({ topic, fromBeginning: true })
await consumer.run({
  autoCommitInterval: 200,
  eachMessage: async ({ partition, message }) => {
    process.send({ kind: 'seen', partition, offset: message.offset, key: message.key.toString() })
  },
})
process.on('SIGTERM', () => void consumer.disconnect().finally(() => process.exit(0)))
process.on('disconnect', () => process.exit(0))
