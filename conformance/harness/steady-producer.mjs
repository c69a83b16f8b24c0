// A well-behaved kafkajs producer in a process of its own: single acks=all records at a steady rate. Told 'mark', it
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
const startedMs = performance.now()
const underWay = new Set()
for (let number = 0; !ended; number++) {
  const early = startedMs + number * periodMs - performance.now()
  if (early > 0) await new Promise((resolve) => setTimeout(resolve, early))
  const into = series[series.length - 1]
  const sentMs = performance.now()
  // None waits for the one before: a stall is seen by all that it delays, but not by those after it.
  const sending = send(number)
    .then(() => into.push(performance.now() - sentMs))
    .catch((error) => errors.push(String(error)))
    .finally(() => underWay.delete(sending))
  underWay.add(sending)
}
await Promise.all(underWay)
await producer.disconnect()
process.send({ kind: 'result', series, errors }, () => process.exit(0))
