/**
 * Encryption at rest as strangers see it: the AWS CLI makes a customer key and a cluster under it, kcat writes what the
 * whole data directory is then searched for; everything is killed and recovers; the key is disabled and enabled; bytes of
 * files are changed behind its back. A plain cluster beside it shows that the search would find what it looks for.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type ClusterInfo,
  DescribeClusterCommand,
  GetBootstrapBrokersCommand,
  KafkaClient,
} from '@aws-sdk/client-kafka'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judge } from './harness/judges.ts'
import { awsKafka, awsKafkaRefused, startMillraceProcess, type MillraceProcess } from './harness/millrace.ts'
import { nodeLogs } from './harness/node-logs.ts'
import { nodeProcesses, until } from './harness/processes.ts'
import { run, runOk } from './harness/run.ts'

const aws = judge('aws')
const kcat = judge('kcat')
const PLAINTEXT = 'the quick brown fox of the data volume'
const LINES = Array.from({ length: 3_000 }, (_, index) => `${PLAINTEXT} ${index}`)
const BROKERS = 2

interface Cluster {
  readonly arn: string
  readonly bootstrap: string
  readonly directory: string
}

describe.skipIf(aws === null || kcat === null)('a cluster under a customer key', () => {
  let home: string
  let millrace: MillraceProcess
  let key: { readonly arn: string; readonly id: string }
  let sealed: Cluster
  let plain: Cluster

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'millrace-at-rest-'))
    millrace = await startMillraceProcess({ dataDirectory: join(home, 'data') })
    const { KeyMetadata } = (await kms('create-key', '--description', 'orders')) as {
      KeyMetadata: { Arn: string; KeyId: string }
    }
    key = { arn: KeyMetadata.Arn, id: KeyMetadata.KeyId }
    // Ports that nobody else takes while the nodes are stopped.
    const squatters = await Promise.all([9092, 9094, 9096, 9098].map(occupy))
    ;[sealed, plain] = await Promise.all([create('sealed', key.arn), create('plain', null)])
    for (const server of squatters) server.close()
    await Promise.all([fill(sealed), fill(plain)])
  }, 180_000)
  afterAll(async () => {
    await millrace?.stop()
    if (home !== undefined) rmSync(home, { recursive: true, force: true })
  })

  async function kms(...args: readonly string[]): Promise<Record<string, unknown>> {
    const { stdout } = await runOk('aws', ['kms', ...args, '--output', 'json'], { environment: millrace.environment })
    return stdout.trim() === '' ? {} : (JSON.parse(stdout) as Record<string, unknown>)
  }

  /** By the SDK: the command takes a second and more. */
  function sdk(): KafkaClient {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
    return new KafkaClient({ endpoint: millrace.endpoint, region: 'us-east-1', credentials })
  }

  async function describeCluster(arn: string): Promise<ClusterInfo> {
    return (await sdk().send(new DescribeClusterCommand({ ClusterArn: arn }))).ClusterInfo ?? {}
  }

  async function reaches(arn: string, state: string, limitMs = 60_000): Promise<ClusterInfo> {
    let info: ClusterInfo = {}
    const reached = until(async () => (info = await describeCluster(arn)).State === state, state, limitMs)
    await reached.catch((error: unknown) => {
      throw new Error(`${String(error)}: ${String(info.State)} ${JSON.stringify(info.StateInfo)}`)
    })
    return info
  }

  async function create(name: string, keyArn: string | null): Promise<Cluster> {
    const provisioned = {
      BrokerNodeGroupInfo: {
        InstanceType: 'kafka.m5.large',
        ClientSubnets: ['subnet-0000000000000000a', 'subnet-0000000000000000b'],
      },
      KafkaVersion: '3.9.x',
      NumberOfBrokerNodes: BROKERS,
      EncryptionInfo: {
        EncryptionInTransit: { ClientBroker: 'TLS_PLAINTEXT' },
        ...(keyArn === null ? {} : { EncryptionAtRest: { DataVolumeKMSKeyId: keyArn } }),
      },
    }
    const flags = ['--cluster-name', name, '--provisioned', JSON.stringify(provisioned)]
    const arn = String((await awsKafka(millrace, 'create-cluster-v2', ...flags))['ClusterArn'])
    await reaches(arn, 'ACTIVE')
    const { BootstrapBrokerString } = await sdk().send(new GetBootstrapBrokersCommand({ ClusterArn: arn }))
    const directory = join(millrace.dataDirectory, 'clusters', arn.split('/').at(-1) ?? '')
    return { arn, bootstrap: String(BootstrapBrokerString), directory }
  }

  /** Two replicas; transactions and offsets of a group leave their traces in internal topics. */
  async function fill({ bootstrap, arn }: Cluster): Promise<void> {
    const name = arn.split('/').at(-2) ?? ''
    const topic = ['orders', '--partitions', '1', '--replication-factor', '2']
    const created = await millrace.cli('topics', 'create', '--cluster', name, ...topic)
    expect(created.stderr).toBe('')
    await produce(bootstrap, LINES)
    const group = ['-b', bootstrap, '-G', 'readers', '-X', 'auto.offset.reset=earliest', '-c', '100', 'orders']
    await runOk('kcat', group, { timeoutMs: 60_000 })
  }

  async function produce(bootstrap: string, lines: readonly string[]): Promise<void> {
    const flags = ['-P', '-b', bootstrap, '-t', 'orders', '-p', '0', '-X', 'acks=all', '-X', 'message.timeout.ms=30000']
    await runOk('kcat', flags, { input: `${lines.join('\n')}\n`, timeoutMs: 60_000 })
  }

  async function consume(bootstrap: string): Promise<string[]> {
    const flags = ['-C', '-b', bootstrap, '-t', 'orders', '-p', '0', '-o', 'beginning', '-e', '-q']
    const { stdout } = await runOk('kcat', flags, { timeoutMs: 60_000 })
    return stdout.trimEnd().split('\n')
  }

  async function untilBack(lines: readonly string[]): Promise<void> {
    await until(
      async () => {
        const flags = ['-C', '-b', sealed.bootstrap, '-t', 'orders', '-p', '0', '-o', 'beginning', '-e', '-q']
        const { status, stdout } = await run('kcat', flags, { timeoutMs: 20_000 })
        return status === 0 && stdout.trimEnd() === lines.join('\n')
      },
      'every record to be read back',
      60_000,
    )
  }

  function killEverything(): void {
    const nodes = nodeProcesses(millrace.dataDirectory)
    millrace.process.kill('SIGKILL')
    for (const { pid } of nodes) process.kill(pid, 'SIGKILL')
  }

  async function startAgain(): Promise<void> {
    millrace = await startMillraceProcess({ dataDirectory: join(home, 'data') })
  }

  it('shows its key, and the plain cluster claims none', async () => {
    expect((await describeCluster(sealed.arn)).EncryptionInfo).toMatchObject({
      EncryptionAtRest: { DataVolumeKMSKeyId: key.arn },
    })
    expect((await describeCluster(plain.arn)).EncryptionInfo).not.toHaveProperty('EncryptionAtRest')
  })

  it('holds nothing of what was written in any file; the plain one does', () => {
    expect(filesWith(plain.directory, PLAINTEXT).some((path) => path.endsWith('.log'))).toBe(true)
    const elsewhere = filesWith(millrace.dataDirectory, PLAINTEXT).filter((path) => !path.startsWith(plain.directory))
    expect(elsewhere).toEqual([])
    // Nor in its metadata, nor in what a group has committed.
    expect(filesWith(join(plain.directory, 'broker-1'), 'readers').length).toBeGreaterThan(0)
    for (const node of ['broker-1', 'broker-2', 'controller-10001']) {
      const directory = join(sealed.directory, node)
      expect(filesWith(directory, 'readers')).toEqual([])
      const open = allFiles(directory).filter((path) => !isSealed(path) && !path.includes('/.lock'))
      expect(open.map((path) => path.slice(directory.length + 1)).sort()).toEqual([
        'data-key',
        'node-config.json',
        'node.json',
      ])
    }
  })

  it('loses nothing acknowledged when everything is killed', async () => {
    const more = LINES.map((line) => `${line} again`)
    await produce(sealed.bootstrap, more)
    killEverything()
    await startAgain()
    await reaches(sealed.arn, 'ACTIVE')
    await untilBack([...LINES, ...more])
    expect(filesWith(sealed.directory, PLAINTEXT)).toEqual([])
  }, 120_000)

  it('stops within seconds when its key is disabled, is HEALING, and is back with all records when it is enabled', async () => {
    const before = await consume(sealed.bootstrap)
    await kms('disable-key', '--key-id', key.id)
    await until(
      () => nodeProcesses(millrace.dataDirectory).every(({ cluster }) => cluster !== 'sealed'),
      'the brokers to stop',
      20_000,
    )
    const info = await reaches(sealed.arn, 'HEALING')
    expect(info.StateInfo).toMatchObject({ Code: 'KmsKeyUnavailable' })
    expect(info.StateInfo?.Message).toContain(`${key.arn} is disabled`)
    expect((await run('kcat', ['-L', '-b', sealed.bootstrap, '-m', '3'], { timeoutMs: 20_000 })).status).not.toBe(0)
    expect((await describeCluster(plain.arn)).State).toBe('ACTIVE')

    // The same for a control plane that starts without the key.
    await millrace.stop()
    await startAgain()
    expect((await describeCluster(sealed.arn)).StateInfo).toMatchObject({ Code: 'KmsKeyUnavailable' })
    expect(nodeProcesses(millrace.dataDirectory).some(({ cluster }) => cluster === 'sealed')).toBe(false)

    await kms('enable-key', '--key-id', key.id)
    const back = await reaches(sealed.arn, 'ACTIVE')
    expect(back).not.toHaveProperty('StateInfo')
    await untilBack(before)
    await produce(sealed.bootstrap, ['after'])
    await untilBack([...before, 'after'])
  }, 180_000)

  it('tells of changed bytes with the name of the file, and reads nothing that was not written', async () => {
    const rows = Array.from({ length: 40_000 }, (_, index) => `${PLAINTEXT} of one replica ${index}`)
    const topic = ['single', '--partitions', '2', '--replication-factor', '1']
    await millrace.cli('topics', 'create', '--cluster', 'sealed', ...topic)
    const one = join(sealed.directory, 'broker-1')
    const partition = existsSync(join(one, 'single-0')) ? '0' : '1'
    const target = ['-b', sealed.bootstrap, '-t', 'single', '-p', partition]
    await runOk('kcat', ['-P', ...target, '-X', 'acks=all'], { input: `${rows.join('\n')}\n` })
    await kms('disable-key', '--key-id', key.id)
    await until(
      () => nodeProcesses(millrace.dataDirectory).every(({ cluster }) => cluster !== 'sealed'),
      'the brokers to stop',
    )

    const log = join(one, `single-${partition}`, '00000000000000000000.log')
    const properties = join(sealed.directory, 'broker-2', 'meta.properties')
    flip(log, 100_000)
    flip(properties, 70)
    const madeAnew = ['replication-offset-checkpoint', 'orders-0/leader-epoch-checkpoint'].map((name) =>
      join(one, name),
    )
    for (const path of madeAnew) flip(path, statSync(path).size - 3)
    await kms('enable-key', '--key-id', key.id)

    await until(
      () => madeAnew.every((path) => nodeLogs(millrace.dataDirectory).includes(path)),
      'files made anew to be told',
    )
    await until(
      async () => JSON.stringify((await describeCluster(sealed.arn)).StateInfo ?? '').includes(properties),
      'the cluster to tell of the file that stops a broker',
      60_000,
    )
    const flags = ['-C', ...target, '-o', 'beginning', '-e', '-q', '-X', 'topic.metadata.refresh.interval.ms=500']
    await until(
      async () => {
        const { stdout } = await run('kcat', flags, { timeoutMs: 3_000 })
        const found = stdout.split('\n').filter((line) => line !== '')
        expect(found.length).toBeLessThan(rows.length)
        const written = new Set(rows)
        expect(found.filter((line) => !written.has(line))).toEqual([])
        return nodeLogs(millrace.dataDirectory).includes(`${log} is corrupt at position`)
      },
      'the changed batch to be told',
      60_000,
    )
    // As it was: the broker comes up by itself.
    flip(properties, 70)
    await reaches(sealed.arn, 'ACTIVE')
  }, 180_000)

  it('refuses a key that is to be deleted', async () => {
    const other = (await kms('create-key'))['KeyMetadata'] as { KeyId: string; Arn: string }
    await kms('schedule-key-deletion', '--key-id', other.KeyId, '--pending-window-in-days', '7')
    const provisioned = {
      BrokerNodeGroupInfo: {
        InstanceType: 'kafka.m5.large',
        ClientSubnets: ['subnet-0000000000000000a', 'subnet-0000000000000000b'],
      },
      KafkaVersion: '3.9.x',
      NumberOfBrokerNodes: BROKERS,
      EncryptionInfo: { EncryptionAtRest: { DataVolumeKMSKeyId: other.Arn } },
    }
    const words = await awsKafkaRefused(
      millrace,
      'create-cluster-v2',
      '--cluster-name',
      'refused',
      '--provisioned',
      JSON.stringify(provisioned),
    )
    expect(words).toContain('is pending deletion')
  })
})

function allFiles(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => existsSync(path) && statSync(path).isFile())
}

/** Resolves as well when somebody else has the port. */
function occupy(port: number): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(server))
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}

/** Changes one bit behind everybody's back; once more, and it is as it was. */
function flip(path: string, position: number): void {
  const bytes = readFileSync(path)
  bytes.writeUInt8(bytes.readUInt8(position) ^ 0x10, position)
  writeFileSync(path, bytes)
}

/** Files below `directory` that hold `text`, as bytes. */
function filesWith(directory: string, text: string): string[] {
  return allFiles(directory).filter((path) => readFileSync(path).includes(text))
}

/** An empty file holds nothing either. */
function isSealed(path: string): boolean {
  const bytes = readFileSync(path)
  return bytes.length === 0 || bytes.subarray(0, 8).toString() === 'MILLSEAL'
}
