/** `millrace consume`: prints records as they come; commits nothing. */
import { PartitionConsumer } from '@millrace/client/consumer'
import { withAdmin, type ClusterOption } from '../locate-cluster.ts'
import { printJson } from '../output.ts'
import { UserError } from '../user-error.ts'

export interface ConsumeCommandOptions extends ClusterOption {
  readonly fromBeginning?: boolean
  readonly maxMessages?: string
  readonly keySeparator?: string
  readonly exitAtEnd?: boolean
  readonly json?: boolean
}

const WAIT_MS = 500

export async function consume(topic: string, options: ConsumeCommandOptions): Promise<void> {
  const most = options.maxMessages === undefined ? Infinity : Number(options.maxMessages)
  if (!(most > 0)) throw new UserError(`--max-messages ${options.maxMessages ?? ''} is no count.`)
  const { starts, ends, host, access } = await withAdmin(options, async (admin, own, reached) => {
    const [described] = await admin.describeTopics([topic])
    const partitions = (described?.partitions ?? []).map(({ partition }) => ({ topic, partition }))
    const latest = await admin.listOffsets(partitions.map((one) => ({ ...one, at: 'latest' as const })))
    const earliest = await admin.listOffsets(partitions.map((one) => ({ ...one, at: 'earliest' as const })))
    return { starts: options.fromBeginning === true ? earliest : latest, ends: latest, host: own, access: reached }
  })
  const consumer = new PartitionConsumer({ host, ...access, clientId: 'millrace' })
  let printed = 0
  let over = false
  const readPartition = async (partition: number, from: number, end: number): Promise<void> => {
    let offset = from
    while (!over && !(options.exitAtEnd === true && offset >= end)) {
      const fetched = await consumer.fetch({ topic, partition, offset, maxWaitMs: WAIT_MS })
      for (const record of fetched.records) {
        if (printed === most) break
        print(record, options, topic, partition)
        printed++
      }
      offset = fetched.nextOffset
      if (printed >= most) over = true
    }
  }
  const stop = (): void => void (over = true)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
  try {
    await Promise.all(
      starts.map(({ partition, offset }, index) => readPartition(partition, offset, ends[index]?.offset ?? 0)),
    )
  } finally {
    consumer.close()
  }
  if (options.json !== true) process.stderr.write(`Read ${printed} records of ${topic}.\n`)
}

interface PrintedRecord {
  readonly offset: number
  readonly timestampMs: number
  readonly key: Buffer | null
  readonly value: Buffer | null
}

function print(record: PrintedRecord, options: ConsumeCommandOptions, topic: string, partition: number): void {
  const key = record.key?.toString() ?? null
  const value = record.value?.toString() ?? null
  if (options.json === true)
    printJson({ topic, partition, offset: record.offset, timestamp: record.timestampMs, key, value })
  else
    process.stdout.write(
      `${options.keySeparator === undefined ? '' : `${key ?? 'null'}${options.keySeparator}`}${value ?? 'null'}\n`,
    )
}
