/** Kafka's own kafka-verifiable-consumer as a running process: what it was assigned and every record that it read. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { kafkaToolArgs } from './judges.ts'

export interface VerifiableConsumer {
  /** Values of the records read, each as often as it was read. */
  readonly values: string[]
  /** `topic-partition` of all that it has now. */
  readonly assigned: Set<string>
  /** What it wrote besides events. */
  readonly complaints: string[]
  readonly isRunning: () => boolean
  /** SIGTERM, as the tool wants it: it leaves its group and ends. */
  stop(): Promise<void>
}

interface Event {
  readonly name?: string
  readonly value?: string
  readonly partitions?: readonly { readonly topic: string; readonly partition: number }[]
}

/** @param more what differs between releases and protocols: `--group-protocol consumer`, … */
export function startVerifiableConsumer(
  release: string,
  options: { readonly bootstrap: string; readonly topic: string; readonly group: string },
  more: readonly string[] = [],
): VerifiableConsumer {
  const { bootstrap, topic, group } = options
  const args = ['--bootstrap-server', bootstrap, '--topic', topic, '--group-id', group, '--verbose', ...more]
  const child: ChildProcess = spawn('java', kafkaToolArgs(release, 'kafka-verifiable-consumer', args), {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const values: string[] = []
  const assigned = new Set<string>()
  const complaints: string[] = []
  const take = (line: string): void => {
    if (!line.startsWith('{')) return void complaints.push(line)
    const event = JSON.parse(line) as Event
    const partitions = (event.partitions ?? []).map(({ topic: name, partition }) => `${name}-${partition}`)
    if (event.name === 'record_data') values.push(event.value ?? '')
    else if (event.name === 'partitions_assigned') for (const one of partitions) assigned.add(one)
    else if (event.name === 'partitions_revoked' || event.name === 'partitions_lost')
      for (const one of partitions) assigned.delete(one)
  }
  if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', take)
  if (child.stderr !== null) createInterface({ input: child.stderr }).on('line', (line) => complaints.push(line))
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return {
    values,
    assigned,
    complaints,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    async stop() {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), 20_000)
      await ended
      clearTimeout(timer)
    },
  }
}
