/**
 * Eligible leader replicas (KIP-966) as Apache Kafka's own tools show them: brokers of a 4.1 cluster hang one after the
 * other, one of them is killed, all come back.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judge, kafkaReleases, kafkaTool, kafkaToolOk } from './harness/judges.ts'
import {
  createThreeBrokers,
  startMillraceProcess,
  type MillraceProcess,
  type ReadyCluster,
} from './harness/millrace.ts'
import { nodeProcesses, until } from './harness/processes.ts'
import { runOk } from './harness/run.ts'

const java = judge('java')
const kcat = judge('kcat')
const release = kafkaReleases.at(-1) ?? ''
/** Brokers are fenced after 9 s without a heartbeat. */
const FENCED_MS = 60_000

describe.skipIf(java === null || kcat === null)('eligible leader replicas', () => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'millrace-eligible-'))
  let millrace: MillraceProcess
  let cluster: ReadyCluster

  beforeAll(async () => {
    millrace = await startMillraceProcess({ dataDirectory })
    cluster = await createThreeBrokers(millrace, 'eligible', { kafkaVersion: '4.1.x.kraft' })
  }, 60_000)
  afterAll(async () => {
    await millrace?.stop()
    rmSync(dataDirectory, { recursive: true, force: true })
  })

  const tool = async (name: string, ...args: string[]): Promise<string> =>
    (await kafkaToolOk(release, name, ['--bootstrap-server', cluster.bootstrap, ...args])).stdout
  const signal = (nodeId: number, name: NodeJS.Signals): void => {
    const found = nodeProcesses(dataDirectory).find((node) => node.nodeId === nodeId)
    if (found === undefined) throw new Error(`broker ${nodeId} does not run`)
    process.kill(found.pid, name)
  }
  const metadata = async (bootstrap: string): Promise<string> =>
    (await runOk(kcat ?? '', ['-b', bootstrap, '-L', '-t', 'orders'])).stdout
  /** Waits for the ISR, then has Java's tool tell the rest: "Isr: 1  Elr: 2". */
  const becomes = async (one: string, isr: string, elr: string): Promise<void> => {
    const shown = async (): Promise<boolean> => (await metadata(one)).includes(`isrs: ${isr}\n`)
    await until(shown, `an ISR of ${isr}`, FENCED_MS)
    const args = ['--bootstrap-server', one, '--describe', '--topic', 'orders']
    const { stdout } = await kafkaToolOk(release, 'kafka-topics', args)
    expect(stdout).toMatch(new RegExp(`Isr: ${isr}\\s+Elr: ?${elr}\\s+LastKnownElr:\\s*$`, 'm'))
  }
  it('is a feature of the cluster', async () => {
    expect(await tool('kafka-features', 'describe')).toMatch(
      /eligible\.leader\.replicas\.version\s+SupportedMinVersion: 0\s+SupportedMaxVersion: 1\s+FinalizedVersionLevel: 1/,
    )
  })

  it('refuses a broker a min.insync.replicas of its own', async () => {
    const own = ['--entity-type', 'brokers', '--entity-name', '1', '--alter', '--add-config', 'min.insync.replicas=1']
    const args = ['--bootstrap-server', cluster.bootstrap, ...own]
    const { stderr, stdout } = await kafkaTool(release, 'kafka-configs', args)
    expect(`${stdout}${stderr}`).toContain('Broker-level min.insync.replicas cannot be altered while ELR is enabled')
  })

  it('lists who leaves an ISR below min.insync.replicas, until it is killed or back in sync', async () => {
    const made = ['--create', '--topic', 'orders', '--replica-assignment', '1:2:3', '--config', 'min.insync.replicas=2']
    await tool('kafka-topics', ...made)
    // Who goes on while the others hang, and asks none of them.
    const one = /broker 1 at (\S+)/.exec(await metadata(cluster.bootstrap))?.[1] ?? 'no broker 1'
    await becomes(one, '1,2,3', '')
    try {
      signal(3, 'SIGSTOP')
      await becomes(one, '1,2', '')
      signal(2, 'SIGSTOP')
      await becomes(one, '1', '2')
      // Its successor tells that nothing was shut down, and is back in sync at once.
      signal(2, 'SIGKILL')
      await becomes(one, '1,2', '')
    } finally {
      signal(3, 'SIGCONT')
    }
    await becomes(one, '1,2,3', '')
  }, 240_000)
})
