/**
 * npm run bench -- controller-turns: how long the controller's loop is held while topics of many partitions are created;
 * heartbeats and everybody else's requests wait so long. A controller on this machine's disk, in a process of its own per
 * round, so that the first topic of each is the first that it ever makes: what is not compiled yet counts there. A turn is as
 * long as the loop's thread computes in it: what others on this machine take from it is not counted.
 * `--partitions N` of each topic, `--rounds N`, `--json FILE`.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { randomUuid } from '@millrace/base/uuid'
import { createTopics } from '@millrace/controller/replication-control/create-topics'
import { startController, type Controller } from '@millrace/controller/start-controller'
import { createJsonLogger } from '@millrace/host/json-logger'
import { createNodeHost } from '@millrace/host/node-host'
import { RecordType, type MetadataRecord } from '@millrace/metadata/records/metadata-record'
import { scratchDirectory } from './targets.ts'

/** Of one controller. */
const TOPICS = 6
const BROKERS = 3

const { values } = parseArgs({
  options: {
    partitions: { type: 'string', default: '5000' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'string' },
    child: { type: 'boolean', default: false },
  },
})
const partitions = Number(values.partitions)

/** The longest turn from each topic's request until it is durable, in ms. */
async function turnsMs(): Promise<number[]> {
  const scratch = scratchDirectory('millrace-controller-')
  try {
    const host = createNodeHost({ timersHoldProcess: true })
    const directory = join(scratch, 'controller')
    mkdirSync(directory)
    const controller = await start(host, directory)
    await registerBrokers(controller, () => randomUuid(host.random))
    const longest: number[] = []
    for (let topic = 0; topic < TOPICS; topic++) longest.push(await longestTurnMs(controller, `topic-${topic}`))
    await new Promise((resolve) => controller.close(resolve))
    return longest
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function start(host: ReturnType<typeof createNodeHost>, directory: string): Promise<Controller> {
  const config = {
    clusterId: randomUuid(host.random),
    clusterName: 'bench',
    nodeId: 10_001,
    directory,
    listener: { host: '127.0.0.1', port: 0 },
    internalSecret: 'bench',
    kafkaVersion: '3.9.0',
    properties: {},
  }
  const logger = createJsonLogger({ destination: join(directory, '..', 'log') })
  return new Promise((resolve, reject) => {
    startController({ host, logger, config }, (error, controller) =>
      controller === null ? reject(error ?? new Error('no controller')) : resolve(controller),
    )
  })
}

/** As their registrations leave them, in a zone each. */
function registerBrokers({ runtime }: Controller, uuid: () => string): Promise<unknown> {
  const records = Array.from({ length: BROKERS }, (_, index): MetadataRecord => ({
    type: RecordType.REGISTER_BROKER,
    version: 3,
    body: {
      brokerId: index + 1,
      isMigratingZkBroker: false,
      incarnationId: uuid(),
      brokerEpoch: index + 1,
      endPoints: [{ name: 'CLIENT', host: '127.0.0.1', port: 9092 + index, securityProtocol: 0 }],
      features: [],
      rack: `zone-${index}`,
      fenced: false,
      inControlledShutdown: false,
      logDirs: [uuid()],
    },
  }))
  return new Promise((resolve) => runtime.submit(() => ({ records, response: null }), resolve))
}

async function longestTurnMs({ runtime }: Controller, name: string): Promise<number> {
  const topic = { name, numPartitions: partitions, replicationFactor: BROKERS, assignments: [], configs: [] }
  const request = { topics: [topic], timeoutMs: 30_000, validateOnly: false }
  let done = false
  let longest = 0
  await new Promise((resolve) => setImmediate(resolve))
  let beganMs = threadCpuMs()
  runtime.submit(
    (state) => createTopics(state, request),
    () => (done = true),
  )
  while (!done) {
    await new Promise((resolve) => setImmediate(resolve))
    const nowMs = threadCpuMs()
    longest = Math.max(longest, nowMs - beganMs)
    beganMs = nowMs
  }
  if (runtime.image.topicsByName.get(name)?.partitions.length !== partitions) throw new Error('the topic is not there')
  return longest
}

/** CPU time of this thread. */
function threadCpuMs(): number {
  return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e6
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN
}

if (values.child) process.stdout.write(JSON.stringify(await turnsMs()))
else {
  const rounds: number[][] = []
  for (let round = 0; round < Number(values.rounds); round++) {
    const args = [...process.execArgv, process.argv[1] ?? '', '--child', '--partitions', String(partitions)]
    const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
    rounds.push(JSON.parse(stdout) as number[])
  }
  const first = rounds.map(([ms]) => ms ?? NaN)
  const later = rounds.flatMap((turns) => turns.slice(1))
  const cells = [
    {
      name: 'first topic of a controller',
      medianMs: median(first),
      minMs: Math.min(...first),
      maxMs: Math.max(...first),
    },
    { name: 'later topics', medianMs: median(later), minMs: Math.min(...later), maxMs: Math.max(...later) },
  ]
  process.stdout.write(`longest turn of the controller's loop, topics of ${partitions} partitions\n`)
  for (const { name, medianMs, minMs, maxMs } of cells)
    process.stdout.write(
      `${name.padEnd(30)} median ${medianMs.toFixed(1)} ms  best ${minMs.toFixed(1)}  worst ${maxMs.toFixed(1)}\n`,
    )
  if (values.json !== undefined) {
    const machine = { cpu: cpus()[0]?.model ?? '', cores: cpus().length, load: loadavg()[0], node: process.version }
    writeFileSync(
      values.json,
      `${JSON.stringify({ date: new Date().toISOString(), machine, partitions, cells }, null, 2)}\n`,
    )
  }
}
