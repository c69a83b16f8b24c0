/** Apache's kafka-dump-log reads every file that a cluster writes, after a clean stop and after kill -9, and finds nothing wrong. */
import { readdirSync, rmSync, statSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judge, kafkaTool } from './harness/judges.ts'
import { createThreeBrokers, startMillraceProcess, type MillraceProcess } from './harness/millrace.ts'
import { nodeProcesses } from './harness/processes.ts'
import { runOk } from './harness/run.ts'

const judges = judge('java') !== null && judge('kcat') !== null

/** All files below `directory` whose name matches. */
function filesBelow(directory: string, pattern: RegExp): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => pattern.test(path) && statSync(path).isFile() && statSync(path).size > 0)
    .toSorted()
}

async function dump(files: readonly string[], ...options: string[]): Promise<void> {
  if (files.length === 0) return
  const { status, stdout, stderr } = await kafkaTool(
    '3.9.1',
    'kafka-dump-log',
    ['--files', files.join(','), ...options],
    { timeoutMs: 180_000 },
  )
  expect(stderr).toBe('')
  expect(stdout).not.toContain('isvalid: false')
  expect(stdout).not.toContain('Error at')
  expect(stdout).not.toContain('invalid bytes at the end')
  expect(stdout).not.toMatch(/[Mm]ismatch|out of order|are not found in the log/)
  expect(status).toBe(0)
}

async function dumpAll(dataDirectory: string): Promise<void> {
  const logs = filesBelow(dataDirectory, /\/\d{20}\.log$/)
  const metadata = logs.filter((path) => path.includes('__cluster_metadata'))
  const offsets = logs.filter((path) => path.includes('__consumer_offsets'))
  const ordinary = logs.filter((path) => !path.includes('/__'))
  expect(metadata.length).toBeGreaterThan(0)
  expect(offsets.length).toBeGreaterThan(0)
  expect(ordinary.length).toBeGreaterThan(0)
  await dump(ordinary, '--deep-iteration')
  await dump(offsets, '--offsets-decoder')
  await dump(
    [...metadata, ...filesBelow(dataDirectory, /\/(\d{20}-\d{10}|bootstrap)\.checkpoint$/)],
    '--cluster-metadata-decoder',
  )
  await dump(filesBelow(dataDirectory, /\/\d{20}\.snapshot$/))
  await dump(filesBelow(dataDirectory, /\/\d{20}\.(index|timeindex)$/), '--deep-iteration')
}

describe.skipIf(!judges)('kafka-dump-log', () => {
  let millrace: MillraceProcess
  const dataDirectory = mkdtempSync(join(tmpdir(), 'millrace-dump-'))

  beforeAll(async () => {
    millrace = await startMillraceProcess({ dataDirectory })
    const { bootstrap } = await createThreeBrokers(millrace, 'dump')
    const created = await millrace.cli(
      'topics',
      'create',
      '--cluster',
      'dump',
      'files',
      '--partitions',
      '3',
      '--replication-factor',
      '3',
      '--config',
      'segment.bytes=1048576',
    )
    expect(created.status, created.stderr).toBe(0)
    const input = Array.from({ length: 6_000 }, (_, index) => `${index}:${'x'.repeat(index % 900)}`).join('\n')
    for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
      await runOk(
        'kcat',
        ['-P', '-b', bootstrap, '-t', 'files', '-K:', '-z', codec, '-X', 'acks=all', '-X', 'enable.idempotence=true'],
        { input },
      )
    }
    const group = await runOk('kcat', [
      '-b',
      bootstrap,
      '-q',
      '-e',
      '-o',
      'beginning',
      '-G',
      'dumpers',
      'files',
      '-c',
      '1000',
      '-X',
      'auto.offset.reset=earliest',
    ])
    expect(group.stdout.length).toBeGreaterThan(0)
  }, 120_000)
  afterAll(async () => {
    await millrace?.stop()
    rmSync(dataDirectory, { recursive: true, force: true })
  })

  it('reads every file after kill -9 of everything and recovery', async () => {
    for (const { pid } of nodeProcesses(dataDirectory)) process.kill(pid, 'SIGKILL')
    millrace.process.kill('SIGKILL')
    await new Promise((resolve) => millrace.process.once('exit', resolve))
    millrace = await startMillraceProcess({ dataDirectory })
    await millrace.stop()
    await dumpAll(dataDirectory)
  }, 240_000)
})
