/**
 * Topic settings of the log as strangers see them: timestamps by kcat and kafkajs, codecs by kcat and kafka-dump-log, big
 * messages by kcat and Kafka's Java tools, corrupt segments by kcat and kafka-dump-log.
 */
import {
  mkdtempSync,
  openSync,
  closeSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AdminClient } from '@millrace/client/admin'
import { createNodeHost } from '@millrace/host/node-host'
import { judge, kafkaTool, kafkaToolOk } from './harness/judges.ts'
import {
  createThreeBrokers,
  startMillraceProcess,
  type MillraceProcess,
  type ReadyCluster,
} from './harness/millrace.ts'
import { nodeLogs } from './harness/node-logs.ts'
import { until } from './harness/processes.ts'
import { run, runOk } from './harness/run.ts'

const kcat = judge('kcat')
const java = judge('java')
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
const MEGABYTE = 1024 * 1024

describe.skipIf(kcat === null)('topic settings of the log', () => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'millrace-settings-'))
  let millrace: MillraceProcess
  let cluster: ReadyCluster
  let admin: AdminClient

  beforeAll(async () => {
    millrace = await startMillraceProcess({ dataDirectory })
    cluster = await createThreeBrokers(millrace, 'settings')
    admin = new AdminClient({ host: createNodeHost(), bootstrap: cluster.bootstrap, clientId: 'settings' })
  }, 60_000)
  afterAll(async () => {
    admin?.close()
    await millrace?.stop()
    rmSync(dataDirectory, { recursive: true, force: true })
  })

  const create = (name: string, configs: Record<string, string>, replicationFactor = 3): Promise<unknown> =>
    admin.createTopics([{ name, partitions: 1, replicationFactor, configs }])
  const produce = (topic: string, input: string | Buffer, ...args: string[]): Promise<unknown> =>
    runOk('kcat', ['-P', '-b', cluster.bootstrap, '-t', topic, '-p', '0', '-X', 'acks=all', ...args], { input })
  const consume = async (topic: string, format: string, ...args: string[]): Promise<string[]> => {
    const source = ['-C', '-b', cluster.bootstrap, '-t', topic, '-p', '0', '-o', 'beginning', '-e', '-q']
    const { stdout } = await runOk('kcat', [...source, '-X', 'check.crcs=true', '-f', `${format}\n`, ...args])
    return stdout.split('\n').slice(0, -1)
  }
  const kafkajsProduce = async (topic: string, timestampMs: number): Promise<string> => {
    const kafka = new Kafka({
      brokers: cluster.bootstrap.split(','),
      logLevel: logLevel.NOTHING,
      retry: { retries: 0 },
    })
    const producer = kafka.producer()
    await producer.connect()
    try {
      await producer.send({ topic, messages: [{ value: 'stamped', timestamp: String(timestampMs) }] })
      return 'stored'
    } catch (error) {
      return (error as { type?: string }).type ?? String(error)
    } finally {
      await producer.disconnect()
    }
  }
  /** The replica directories of a topic's one partition. */
  const directoriesOf = (topic: string): string[] =>
    readdirSync(dataDirectory, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith(`/${topic}-0`))
      .map((name) => join(dataDirectory, name))
  const dumpOf = async (path: string): Promise<string> => {
    const { stdout } = await kafkaTool('3.9.1', 'kafka-dump-log', ['--files', path, '--deep-iteration'])
    return stdout
  }

  it('LogAppendTime: consumers see when the broker appended, whatever the producer said', async () => {
    await create('append-time', { 'message.timestamp.type': 'LogAppendTime' })
    const beforeMs = Date.now()
    expect(await kafkajsProduce('append-time', 1_000)).toBe('stored')
    await produce('append-time', 'one\ntwo\n', '-z', 'gzip')
    const stamps = (await consume('append-time', '%T')).map(Number)
    expect(stamps).toHaveLength(3)
    for (const stamp of stamps) expect(stamp).toBeGreaterThanOrEqual(beforeMs - 1)
    const json = await runOk('kcat', [
      '-C',
      '-b',
      cluster.bootstrap,
      '-t',
      'append-time',
      '-o',
      'beginning',
      '-e',
      '-q',
      '-J',
    ])
    expect(JSON.parse(json.stdout.split('\n')[0] ?? '')).toMatchObject({ tstype: 'logappend' })
  }, 60_000)

  it('message.timestamp.{before,after}.max.ms: what lies outside is refused by name', async () => {
    const hour = '3600000'
    await create('window', { 'message.timestamp.before.max.ms': hour, 'message.timestamp.after.max.ms': hour })
    expect(await kafkajsProduce('window', Date.now() - 1_800_000)).toBe('stored')
    expect(await kafkajsProduce('window', Date.now() - 7_200_000)).toBe('INVALID_TIMESTAMP')
    expect(await kafkajsProduce('window', Date.now() + 7_200_000)).toBe('INVALID_TIMESTAMP')
    expect(await consume('window', '%s')).toEqual(['stamped'])
  }, 60_000)

  it('compression.type: every codec becomes the topic’s, and every record stays', async () => {
    const lines = Array.from({ length: 2_000 }, (_, index) => `${index} ${'text '.repeat(index % 60)}`)
    const dumps = CODECS.map(async (target) => {
      const topic = `stored-${target}`
      await create(topic, {
        'compression.type': target === 'none' ? 'uncompressed' : target,
        'compression.gzip.level': '9',
      })
      for (const codec of CODECS) await produce(topic, `${lines.join('\n')}\n`, '-z', codec)
      expect(await consume(topic, '%s')).toEqual(CODECS.flatMap(() => lines))
      if (java === null) return
      for (const directory of directoriesOf(topic).slice(0, 1)) {
        const stored = (await dumpOf(join(directory, '00000000000000000000.log'))).matchAll(/compresscodec: (\w+)/g)
        expect(new Set([...stored].map((match) => match[1]?.toLowerCase()))).toEqual(new Set([target]))
      }
    })
    await Promise.all(dumps)
  }, 180_000)

  it('max.message.bytes: 10 and 30 MiB go through three replicas to kcat and to the Java consumer', async () => {
    await create('big', { 'max.message.bytes': String(40 * MEGABYTE), 'compression.type': 'producer' })
    const value = (megabytes: number): string => 'abcdefghijklmnop'.repeat((megabytes * MEGABYTE) / 16)
    const limits = ['-X', 'message.max.bytes=50000000', '-X', 'receive.message.max.bytes=100000000']
    // As files: kcat takes very long to read such a line.
    const file = (megabytes: number): string => {
      const path = join(dataDirectory, `value-${megabytes}`)
      writeFileSync(path, value(megabytes))
      return path
    }
    for (const megabytes of [10, 30]) await produce('big', '', ...limits, file(megabytes))
    await produce('big', '', ...limits, '-z', 'zstd', file(30))
    const sizes = await consume('big', '%S', ...limits, '-X', 'fetch.message.max.bytes=50000000')
    expect(sizes).toEqual([10, 30, 30].map((megabytes) => String(megabytes * MEGABYTE)))
    // By default consumers ask for 1 MiB a partition: the first batch comes whole all the same.
    expect(await consume('big', '%S', ...limits)).toEqual(sizes)
    const tooLarge = await run('kcat', [
      ...['-P', '-b', cluster.bootstrap, '-t', 'big', '-p', '0', ...limits],
      file(45),
    ])
    expect(tooLarge.stderr).toMatch(/[Mm]essage size too large/)
    if (java === null) return
    const from = ['--bootstrap-server', cluster.bootstrap, '--topic', 'big', '--from-beginning', '--max-messages', '3']
    const { stdout } = await kafkaToolOk('3.9.1', 'kafka-console-consumer', [...from, '--timeout-ms', '60000'], {
      timeoutMs: 90_000,
    })
    expect(
      stdout
        .split('\n')
        .slice(0, 3)
        .map((line) => line.length),
    ).toEqual(sizes.map(Number))
    const performance = [
      ...['--topic', 'big', '--num-records', '4', '--record-size', String(12 * MEGABYTE), '--throughput', '-1'],
      ...['--producer-props', `bootstrap.servers=${cluster.bootstrap}`, 'acks=all'],
      ...['max.request.size=50000000', 'buffer.memory=150000000', 'compression.type=none'],
    ]
    const words = await kafkaToolOk('3.9.1', 'kafka-producer-perf-test', performance, { timeoutMs: 90_000 })
    expect(words.stdout).toContain('4 records sent')
  }, 240_000)

  it('segment.bytes, index.interval.bytes and preallocate shape the files as the tools expect them', async () => {
    const configs = {
      'segment.bytes': String(MEGABYTE),
      'index.interval.bytes': '16384',
      preallocate: 'true',
      'min.insync.replicas': '1',
    }
    await create('shaped', configs, 1)
    const lines = Array.from({ length: 3_000 }, (_, index) => `${index} ${'x'.repeat(1_000)}`)
    await produce('shaped', `${lines.join('\n')}\n`, '-X', 'batch.num.messages=4')
    const [directory = ''] = directoriesOf('shaped')
    const logs = (): string[] =>
      readdirSync(directory)
        .filter((name) => name.endsWith('.log'))
        .toSorted()
    expect(logs().length).toBeGreaterThanOrEqual(3)
    // The active segment has its full size; the rolled ones are as long as what they hold.
    expect(statSync(join(directory, logs().at(-1) ?? '')).size).toBe(MEGABYTE)
    expect(await consume('shaped', '%s')).toEqual(lines)
    if (java === null) return
    const first = logs()[0] ?? ''
    const dump = await dumpOf(join(directory, first))
    expect(dump).not.toMatch(/isvalid: false|invalid bytes|Error at/)
    const index = join(directory, first.replace('.log', '.index'))
    await until(() => statSync(index).size > 0, 'the index of a rolled segment')
    const batches = statSync(join(directory, first)).size / 4_100
    const entries = statSync(index).size / 8
    // One entry behind more than 16 KiB: every fifth batch of 4 KiB at most.
    expect(entries).toBeGreaterThan(batches / 8)
    expect(entries).toBeLessThanOrEqual(batches / 3)
    expect(await dumpOf(index)).not.toMatch(/[Mm]ismatch|not found/)
  }, 120_000)

  it('a flipped bit in an old segment is told to the reader and in the log, and kafka-dump-log agrees', async () => {
    await create('flipped', { 'segment.bytes': '65536', 'min.insync.replicas': '1' }, 1)
    const lines = Array.from({ length: 400 }, (_, index) => `${index} ${'y'.repeat(1_000)}`)
    await produce('flipped', `${lines.join('\n')}\n`, '-X', 'batch.num.messages=10')
    const [directory = ''] = directoriesOf('flipped')
    const path = join(directory, '00000000000000000000.log')
    // What was just written is served from memory: only a new process reads it back from the disk.
    await millrace.stop()
    flipBit(path, 200)
    millrace = await startMillraceProcess({ dataDirectory })
    await until(async () => (await consume('flipped', '%s', '-o', '390')).length === 10, 'the cluster to be back')
    const read = await run('kcat', ['-C', '-b', cluster.bootstrap, '-t', 'flipped', '-o', 'beginning', '-e', '-q'])
    expect(read.stdout).toBe('')
    const behind = await consume('flipped', '%s', '-o', '10')
    expect(behind).toEqual(lines.slice(10))
    expect(nodeLogs(dataDirectory)).toContain(`${path} is corrupt at position 0: checksum does not match`)
    if (java !== null) expect(await dumpOf(path)).toContain('isvalid: false')
  }, 60_000)
})

function flipBit(path: string, position: number): void {
  const file = openSync(path, 'r+')
  const byte = Buffer.alloc(1)
  readSync(file, byte, 0, 1, position)
  byte.writeUInt8(byte.readUInt8(0) ^ 0x04)
  writeSync(file, byte, 0, 1, position)
  closeSync(file)
}
