/** `millrace produce`: each line of standard input becomes a record, written with acks=all. */
import { createInterface } from 'node:readline'
import { Producer } from '@millrace/client/producer'
import { createNodeHost } from '@millrace/host/node-host'
import { accessTo, type ClusterOption } from '../locate-cluster.ts'
import { printJson } from '../output.ts'
import { UserError } from '../user-error.ts'

export interface ProduceCommandOptions extends ClusterOption {
  readonly keySeparator?: string
  readonly partition?: string
  readonly compression: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  readonly json?: boolean
}

/** Records on their way at once: bounds memory when lines come faster than brokers take them. */
const IN_FLIGHT_MAX = 10_000

export async function produce(topic: string, options: ProduceCommandOptions): Promise<void> {
  const partition = options.partition === undefined ? undefined : Number(options.partition)
  if (partition !== undefined && !Number.isInteger(partition))
    throw new UserError(`--partition ${options.partition ?? ''} is no partition number.`)
  const access = await accessTo(options)
  const producer = new Producer({
    host: createNodeHost({ timersHoldProcess: true }),
    ...access,
    clientId: 'millrace',
    acks: -1,
    idempotent: true,
    lingerMs: 5,
    compression: options.compression,
  })
  let written = 0
  let failure: Error | null = null
  let inFlight = new Set<Promise<void>>()
  try {
    for await (const line of createInterface({ input: process.stdin })) {
      const { key, value } = splitLine(line, options.keySeparator)
      const sending: Promise<void> = producer
        .send({ topic, key, value, ...(partition === undefined ? {} : { partition }) })
        .then(
          (record) => {
            written++
            inFlight.delete(sending)
            if (options.json === true) printJson(record)
          },
          (error: Error) => {
            failure ??= error
            inFlight.delete(sending)
          },
        )
      inFlight.add(sending)
      if (inFlight.size >= IN_FLIGHT_MAX) await Promise.race(inFlight)
      if (failure !== null) break
    }
    await Promise.all(inFlight)
  } finally {
    inFlight = new Set()
    await producer.close()
  }
  if (failure !== null)
    throw new UserError(`${written} records were written to ${topic}, then: ${(failure as Error).message}`)
  if (options.json !== true) process.stderr.write(`Wrote ${written} records to ${topic}.\n`)
}

/** With a separator, what stands before its first occurrence is the key; a line without it has none. */
function splitLine(line: string, separator: string | undefined): { key: string | null; value: string } {
  const at = separator === undefined || separator === '' ? -1 : line.indexOf(separator)
  return at === -1
    ? { key: null, value: line }
    : { key: line.slice(0, at), value: line.slice(at + (separator ?? '').length) }
}
