/**
 * kafkajs's own tests against our clusters. They are written for its docker-compose: brokers 0 to 2 on fixed ports of
 * localhost, users and partitions made by scripts inside the containers. A copy of the checkout is adapted in that (ports,
 * host name, broker ids, mechanism of the tests of ACLs, the script that adds partitions; joins without a rebalance timeout
 * get one) and run by the jest that kafkajs uses.
 */
import { chmodSync, cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { kafkajsTestModules } from './judges.ts'
import { run } from './run.ts'

export interface KafkajsAddresses {
  /** 'host:port', one per broker; all have one host. */
  readonly plaintext: readonly string[]
  readonly tls: readonly string[]
  /** SASL_SSL with SCRAM-SHA-512; of another cluster, as one of MSK has not all three. */
  readonly scram: readonly string[]
}

export interface KafkajsTest {
  /** 'connect.spec.js: Broker > connect establish the connection'. */
  readonly name: string
  readonly state: 'passed' | 'failed' | 'skipped'
  /** Why it failed, without colours. */
  readonly message: string
}

export interface KafkajsOptions {
  /** The checkout; never written to. */
  readonly source: string
  readonly addresses: KafkajsAddresses
  /** Of files below src. */
  readonly pattern: string
  readonly timeoutMs: number
}

/** Who logs in, in its tests. */
export const KAFKAJS_USERS: readonly { readonly username: string; readonly password: string }[] = [
  { username: 'testscram', password: 'testtestscram=512' },
  { username: 'test', password: 'testtest' },
  { username: 'alice', password: 'alicealice' },
  { username: 'bob', password: 'bobbob' },
]

/** Ports of its docker-compose by listener, broker after broker. */
const PORTS = {
  plaintext: ['9092', '9095', '9098'],
  tls: ['9093', '9096', '9099'],
  scram: ['9094', '9097', '9100'],
} as const

interface JestReport {
  readonly testResults: readonly {
    readonly name: string
    readonly message: string
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly failureMessages: readonly string[] | null
    }[]
  }[]
}

/** Runs the files that match `pattern`, one at a time; a file that could not be loaded is a failed test. */
export async function runKafkajsTests(options: KafkajsOptions): Promise<KafkajsTest[]> {
  const scratch = mkdtempSync(join(tmpdir(), 'millrace-kafkajs-'))
  try {
    const directory = join(scratch, 'kafkajs')
    for (const name of ['src', 'testHelpers', 'index.js', 'package.json', 'jest.config.js', 'scripts'])
      cpSync(join(options.source, name), join(directory, name), { recursive: true })
    symlinkSync(kafkajsTestModules(), join(directory, 'node_modules'))
    adapt(directory, options)
    const report = join(scratch, 'report.json')
    const jest = join(kafkajsTestModules(), 'jest', 'bin', 'jest.js')
    const args = ['--ci', '--runInBand', '--no-watchman', '--forceExit', '--reporters=default']
    const { stdout, stderr } = await run(
      process.execPath,
      [jest, ...args, '--json', `--outputFile=${report}`, '--testPathPattern', options.pattern],
      {
        workingDirectory: directory,
        timeoutMs: options.timeoutMs,
        // The Kafka of its newest docker-compose; decides which tests leave themselves out.
        environment: { KAFKA_VERSION: '2.4', NODE_ENV: 'test', KAFKAJS_DEBUG_PROTOCOL_BUFFERS: '1' },
      },
    )
    return read(report, directory, stdout + stderr)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function adapt(directory: string, { addresses }: KafkajsOptions): void {
  const ports = new Map<string, string>()
  for (const listener of ['plaintext', 'tls', 'scram'] as const)
    for (const [index, port] of PORTS[listener].entries())
      ports.set(port, addresses[listener][index]?.split(':')[1] ?? port)
  const host = addresses.plaintext[0]?.split(':')[0] ?? 'localhost'
  const files = readdirSync(join(directory, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.spec.js') && !name.startsWith('protocol'))
    .map((name) => join('src', name))
  for (const name of ['testHelpers/index.js', ...files]) {
    const path = join(directory, name)
    const text = readFileSync(path, 'utf8')
    const adapted = adaptFile(name, text)
      .replaceAll(/\b(?:909[2-9]|9100)\b/g, (port) => ports.get(port) ?? port)
      .replaceAll(/(getHost = \(\) => |host: )'localhost'/g, `$1'${host}'`)
    if (adapted !== text) writeFileSync(path, adapted)
  }
  const script = join(directory, 'scripts', 'addPartitions.sh')
  writeFileSync(script, `#!/usr/bin/env node\n${addPartitionsScript(addresses.plaintext)}\n`)
  chmodSync(script, 0o755)
}

/** In place of a Java tool in a container: kafkajs's own admin client. */
function addPartitionsScript(brokers: readonly string[]): string {
  return `const { Kafka } = require('../index')
const admin = new Kafka({ brokers: ${JSON.stringify(brokers)} }).admin()
const { TOPIC: topic, PARTITIONS: count } = process.env
admin.connect()
  .then(() => admin.createPartitions({ topicPartitions: [{ topic, count: Number(count) }] }))
  .then(() => admin.disconnect())`
}

/** By the end of a test file's name: brokers are 1 to 3 here, as on MSK; tests of ACLs log in with the mechanism that MSK has. */
const CHANGES: readonly (readonly [
  file: RegExp,
  find: string | RegExp,
  replace: string | ((found: string) => string),
])[] = [
  [/(?:PartitionReassignments|admin\/__tests__\/createTopics)\.spec/, /[rR]eplicas: \[[\d, ]+\]/g, withNextIds],
  [/broker\/__tests__\/createTopics\.spec/, "name: '0'", "name: '1'"],
  [/[dD]eleteRecords\.spec/, 'partitionLeader = 0', 'partitionLeader = 1'],
  [/brokerPool\.spec/, /\['0', '1', '2'/g, "['1', '2', '3'"],
  [/brokerPool\.spec/, 'Object.keys(brokerPool.brokers).length - 1', 'Object.keys(brokerPool.brokers).length'],
  [/brokerPool\.spec/, /nodeId === 0|brokers\[0\]/g, withNextIds],
  [/find(?:Broker|GroupCoordinator)\.spec/, /nodeId = 0|brokerPool\.brokers\[\d\]|nodeId: 2/g, withNextIds],
  [/idempotentProduceMessages\.spec/, /of \[0, 1, 2\]/g, withNextIds],
  // Without one kafkajs sends 0 ms, within which the member would have to sync.
  [
    /(?:heartbeat|offsetCommit|offsetFetch|errorRecovery)\.spec/,
    /sessionTimeout: (?:30000|6000),/g,
    (found) => `${found} rebalanceTimeout: 60000,`,
  ],
  [/createAcls\.spec/, "mechanism: 'plain'", "mechanism: 'scram-sha-512'"],
  [/(?:describe|delete)Acls\.spec/, /\bsaslConnectionOpts/g, 'saslSCRAM512ConnectionOpts'],
]

function withNextIds(text: string): string {
  return text.replaceAll(/\d/g, (id) => String(Number(id) + 1))
}

function adaptFile(name: string, text: string): string {
  let adapted = text
  for (const [file, find, replace] of CHANGES)
    if (file.test(name)) adapted = adapted.replace(find, replace as (found: string) => string)
  return adapted
}

function read(file: string, directory: string, words: string): KafkajsTest[] {
  let report: JestReport
  try {
    report = JSON.parse(readFileSync(file, 'utf8')) as JestReport
  } catch {
    throw new Error(`jest left no report\n${words.slice(-4000)}`)
  }
  return report.testResults.flatMap(({ name, message, assertionResults }) => {
    const spec = relative(join(directory, 'src'), name)
    if (assertionResults.length === 0) return [{ name: spec, state: 'failed' as const, message: plain(message) }]
    return assertionResults.map(({ fullName, status, failureMessages }) => ({
      name: `${spec}: ${fullName}`,
      state:
        status === 'passed' ? ('passed' as const) : status === 'failed' ? ('failed' as const) : ('skipped' as const),
      message: plain((failureMessages ?? []).join('\n')),
    }))
  })
}

/** Without colours. */
function plain(text: string): string {
  // oxlint-disable-next-line no-control-regex -- the escape character is what is looked for
  return text.replaceAll(/\u001b\[[0-9;]*m/g, '')
}
