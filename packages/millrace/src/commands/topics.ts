/** `millrace topics …` */
import { withAdmin, type ClusterOption } from '../locate-cluster.ts'
import { printJson, printTable } from '../output.ts'
import { UserError } from '../user-error.ts'

export interface TopicCommandOptions extends ClusterOption {
  readonly json?: boolean
}

export interface CreateTopicOptions extends TopicCommandOptions {
  readonly partitions?: string
  readonly replicationFactor?: string
  readonly config?: readonly string[]
}

export async function createTopic(name: string, options: CreateTopicOptions): Promise<void> {
  const topic = {
    name,
    partitions: count(options.partitions, '--partitions'),
    replicationFactor: count(options.replicationFactor, '--replication-factor'),
    configs: Object.fromEntries((options.config ?? []).map(parseConfig)),
  }
  const [created] = await withAdmin(options, (admin) => admin.createTopics([topic]))
  if (options.json === true) printJson(created)
  else process.stdout.write(`Created topic ${name}.\n`)
}

/** Kafka's -1 stands for the cluster's default. */
function count(text: string | undefined, option: string): number {
  if (text === undefined) return -1
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1)
    throw new UserError(`${option} ${text} is no count; use a whole number from 1.`)
  return number
}

function parseConfig(pair: string): [string, string] {
  const equals = pair.indexOf('=')
  if (equals < 1)
    throw new UserError(`--config ${pair} lacks a value; write it as key=value, for example retention.ms=3600000.`)
  return [pair.slice(0, equals), pair.slice(equals + 1)]
}

export async function listTopics(options: TopicCommandOptions): Promise<void> {
  const topics = await withAdmin(options, (admin) => admin.listTopics())
  if (options.json === true) {
    printJson(topics)
    return
  }
  const rows = topics.map((topic) => [
    topic.name,
    String(topic.partitions.length),
    String(topic.partitions[0]?.replicas.length ?? 0),
  ])
  printTable(
    ['TOPIC', 'PARTITIONS', 'REPLICATION FACTOR'],
    rows,
    'No topics yet. Create one with `millrace topics create NAME`.',
  )
}

export async function describeTopic(name: string, options: TopicCommandOptions): Promise<void> {
  const [topic] = await withAdmin(options, (admin) => admin.describeTopics([name]))
  if (options.json === true) {
    printJson(topic)
    return
  }
  const rows = (topic?.partitions ?? []).map((partition) => [
    String(partition.partition),
    partition.leader === -1 ? 'none' : String(partition.leader),
    partition.replicas.join(','),
    partition.isr.join(','),
  ])
  printTable(['PARTITION', 'LEADER', 'REPLICAS', 'ISR'], rows, 'The topic has no partitions.')
}

export async function deleteTopic(name: string, options: TopicCommandOptions): Promise<void> {
  await withAdmin(options, (admin) => admin.deleteTopics([name]))
  if (options.json === true) printJson({ deleted: name })
  else process.stdout.write(`Deleted topic ${name}.\n`)
}
