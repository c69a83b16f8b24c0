// A well-behaved kafkajs producer in a process of its own: one acks=all record at a time at a steady rate. Told 'mark', it
// begins a new series of latencies; told 'end', it sends all series and its errors to its parent.
import { Kafka, logLevel } from 'kafkajs'

const [bootstrap, topic, perSecond] = process.argv.slice(2)
const kafka = new Kafka({
  clientId: 'steady',
  brokers: bootstrap.split(','),
  logLevel: logLevel.NOTHING,
  retry: { retries: 0 },
})
const producer = kafka.producer({ idempotent: false })
const errors = []
const series = [[]]
let ended = false

process.on('message', (message) => {
  if (message === 'mark') series.push([])
  if (message === 'end') ended = true
})
process.on('disconnect', () => process.exit(0))

await producer.connect()
const send = (number) =>
  producer.send({
    topic,
    acks: -1,
    timeout: 10_000,
    messages: [{ key: `k${number}`, value: `steady record ${number}` }],
  })
await send(-1)
process.send({ kind: 'ready' })
const periodMs = 1000 / Number(perSecond)
let dueMs = performance.now()
for (let number = 0; !ended; number++) {
  dueMs += periodMs
  const early = dueMs - performance.now()
  if (early > 0) await new Promise((resolve) => setTimeout(resolve, early))
  const into = series[series.length - 1]
  // From when it was due: a stall counts for all that it delayed.
  const startMs = Math.min(dueMs, performance.now())
  try {
    await send(number)
    into.push(performance.now() - startMs)
  } catch (error) {
    errors.push(String(error))
  }
}
await producer.disconnect()
process.send({ kind: 'result', series, errors }, () => process.exit(0))
