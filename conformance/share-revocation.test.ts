/**
 * A member of a share group that waits for records gets none of those written when it may read the topic no more: Apache's console
 * share consumer, whose one request waits longer than all of this takes, on a 4.1 cluster with ACLs.
 */
import { spawn } from 'node:child_process'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createThreeBrokers, startMillraceProcess, type MillraceProcess } from './harness/millrace.ts'
import { judge, kafkaToolArgs, kafkaToolOk } from './harness/judges.ts'
import { until } from './harness/processes.ts'
import { runOk } from './harness/run.ts'

const missing = judge('java') === null || judge('kcat') === null
const RELEASE = '4.1.1'
const TOPIC = 'quiet'
/** Of one ShareFetch. */
const WAIT_MS = 180_000

let millrace: MillraceProcess
let bootstrap: string

beforeAll(async () => {
  if (missing) return
  millrace = await startMillraceProcess({ args: ['--ephemeral'] })
  ;({ bootstrap } = await createThreeBrokers(millrace, 'share', { kafkaVersion: '4.1.x.kraft' }))
}, 60_000)
afterAll(() => millrace?.stop())

const acls = async (verb: 'add' | 'remove', operation: string): Promise<void> => {
  const who = ['--cluster', 'share', '--allow-principal', 'User:ANONYMOUS', '--topic', TOPIC]
  const { status, stderr } = await millrace.cli('acls', verb, ...who, '--operation', operation)
  expect(status, stderr).toBe(0)
}
const produce = (value: string): Promise<unknown> =>
  runOk('kcat', ['-P', '-b', bootstrap, '-t', TOPIC, '-X', 'acks=all'], { input: `${value}\n` })

it.skipIf(missing)(
  'a share consumer that waits gets no record that it may not read any more',
  async () => {
    const server = ['--bootstrap-server', bootstrap]
    await kafkaToolOk(RELEASE, 'kafka-features', [...server, 'upgrade', '--feature', 'share.version=1'])
    const shape = ['--partitions', '1', '--replication-factor', '3']
    expect((await millrace.cli('topics', 'create', TOPIC, '--cluster', 'share', ...shape)).status).toBe(0)
    for (const operation of ['Read', 'Write']) await acls('add', operation)
    const settings = [`fetch.max.wait.ms=${WAIT_MS}`, `request.timeout.ms=${2 * WAIT_MS}`]
    const properties = settings.flatMap((setting) => ['--consumer-property', setting])
    const reading = [...server, '--topic', TOPIC, '--group', 'readers', ...properties]
    const consumer = spawn('java', kafkaToolArgs(RELEASE, 'kafka-console-share-consumer', reading), {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const ended = new Promise((resolve) => consumer.once('close', resolve))
    let received = ''
    let said = ''
    consumer.stdout.on('data', (bytes: Buffer) => (received += bytes.toString()))
    consumer.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()))
    try {
      // A share group begins at the end of the topic: written until it is there.
      await until(
        async () => {
          await produce('before')
          return received.includes('before')
        },
        'a record received',
        60_000,
      )
      await acls('remove', 'Read')
      await produce('after')
      // It ends, and tells only its logger, which has no binding here, what it was refused. One that cannot read the refusals
      // of the requests behind it ends half a minute later.
      await until(() => consumer.exitCode !== null, `the end of a consumer that was refused: ${said}`, 25_000)
      const why = await millrace.cli('why', '--cluster', 'share', '--last', '5m')
      expect(why.stdout).toContain(`No ACL on TOPIC ${TOPIC} allows User:ANONYMOUS from 127.0.0.1 to READ`)
      expect(received).not.toContain('after')
    } finally {
      consumer.kill('SIGKILL')
      await ended
    }
  },
  180_000,
)
