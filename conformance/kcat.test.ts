/** kcat (librdkafka) writes and reads back every codec, identical by checksum, with acks=all on three replicas. */
import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judge } from './harness/judges.ts'
import {
  createThreeBrokers,
  startMillraceProcess,
  type MillraceProcess,
  type ReadyCluster,
} from './harness/millrace.ts'
import { runOk } from './harness/run.ts'
import { sized } from './harness/size.ts'

const kcat = judge('kcat')
const records = sized({ quick: 20_000, full: 200_000 })

describe.skipIf(kcat === null)('kcat', () => {
  let millrace: MillraceProcess
  let cluster: ReadyCluster
  let input: Buffer

  beforeAll(async () => {
    millrace = await startMillraceProcess({ args: ['--ephemeral'] })
    cluster = await createThreeBrokers(millrace, 'kcat', { inCluster: false })
    // Half random, half text: compresses about 2:1, so that every codec has work to do. 1 KiB a line with its line feed.
    const lines: string[] = []
    for (let index = 0; index < records; index++) {
      const text = `${String(index).padStart(10, '0')} ${randomBytes(256).toString('hex')}`
      lines.push(text.padEnd(1023, 'millrace '))
    }
    input = Buffer.from(`${lines.join('\n')}\n`)
  }, 120_000)
  afterAll(async () => millrace?.stop())

  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])(
    `${records} records of 1 KiB, %s, come back as they went`,
    async (codec) => {
      const topic = `codec-${codec}`
      const created = await millrace.cli(
        'topics',
        'create',
        '--cluster',
        'kcat',
        topic,
        '--partitions',
        '1',
        '--replication-factor',
        '3',
      )
      expect(created.status, created.stderr).toBe(0)
      const common = ['-b', cluster.bootstrap, '-t', topic, '-p', '0']
      await runOk('kcat', ['-P', ...common, '-z', codec, '-X', 'acks=all'], { input, timeoutMs: 300_000 })
      const { stdout } = await runOk(
        'kcat',
        ['-C', ...common, '-o', 'beginning', '-e', '-q', '-X', 'check.crcs=true'],
        { timeoutMs: 300_000 },
      )
      expect(stdout.length).toBe(input.length)
      expect(createHash('sha256').update(stdout).digest('hex')).toBe(createHash('sha256').update(input).digest('hex'))
    },
    600_000,
  )
})
