/** A running Millrace as its user has it: the built command as a process of its own, and the stock AWS CLI aimed at it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { CreateConfigurationCommand, KafkaClient } from '@aws-sdk/client-kafka'
import { KafkaApi } from 'millrace/aws-client'
import { plaintextCluster, untilActive } from 'millrace/demo'
import { forgetReaping, reapWithThisProcess } from './reaper.ts'
import { runOk, run, type RunResult } from './run.ts'
import { recordUsage } from './usage.ts'

const command = fileURLToPath(new URL('../../dist/bin/millrace.js', import.meta.url))

export interface MillraceProcess {
  readonly endpoint: string
  readonly dataDirectory: string
  readonly process: ChildProcess
  /** Environment for AWS tools: endpoint, region and credentials. */
  readonly environment: Readonly<Record<string, string>>
  /** The `millrace` command against this instance. */
  cli(...args: string[]): Promise<RunResult>
  /** The same with something on its standard input. */
  cliWithInput(input: string, ...args: string[]): Promise<RunResult>
  stop(): Promise<void>
}

export interface StartOptions {
  readonly dataDirectory?: string
  readonly args?: readonly string[]
}

/** Starts `millrace start --json` on a free port and waits for its ready line (at most 30 s). */
export async function startMillraceProcess(options: StartOptions = {}): Promise<MillraceProcess> {
  const dataDirectory = options.dataDirectory ?? mkdtempSync(join(tmpdir(), 'millrace-conformance-'))
  reapWithThisProcess(dataDirectory)
  // Beside other tests: a broker that was killed must find its ports again.
  const starting = ['start', '--json', '--port', '0', '--random-ports']
  const args = [command, ...starting, '--data-dir', dataDirectory, ...(options.args ?? [])]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const words: string[] = []
  child.stderr.on('data', (chunk: Buffer) => words.push(chunk.toString()))
  const endpoint = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`millrace did not become ready in 30 s\n${words.join('')}`))
    }, 30_000)
    const lines = createInterface({ input: child.stdout })
    lines.on('line', (line) => {
      words.push(`${line}\n`)
      const event = JSON.parse(line) as { event: string; endpoint?: string }
      if (event.event === 'ready' && event.endpoint !== undefined) {
        clearTimeout(timer)
        resolve(event.endpoint)
      }
    })
    child.on('exit', (code) => {
      clearTimeout(timer)
      reject(new Error(`millrace ended with ${String(code)} before it was ready\n${words.join('')}`))
    })
  })
  const environment = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_PAGER: '',
    AWS_EC2_METADATA_DISABLED: 'true',
  }
  const cliWithInput = (input: string, ...cliArgs: string[]): Promise<RunResult> =>
    run(process.execPath, [command, ...cliArgs, '--data-dir', dataDirectory], { environment, input })
  return {
    endpoint,
    dataDirectory,
    process: child,
    environment,
    cli: (...cliArgs) => cliWithInput('', ...cliArgs),
    cliWithInput,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        await recordUsage(dataDirectory)
        const ended = new Promise((resolve) => child.once('exit', resolve))
        child.kill('SIGTERM')
        await ended
        forgetReaping(dataDirectory)
      }
      if (options.dataDirectory === undefined) rmSync(dataDirectory, { recursive: true, force: true })
    },
  }
}

/** Calls `aws kafka …` and parses its JSON answer. */
export async function awsKafka(millrace: MillraceProcess, ...args: string[]): Promise<Record<string, unknown>> {
  const { stdout } = await runOk('aws', ['kafka', ...args, '--output', 'json'], { environment: millrace.environment })
  return stdout.trim() === '' ? {} : (JSON.parse(stdout) as Record<string, unknown>)
}

/** Calls `aws kafka …` expecting a refusal; gives back its words. */
export async function awsKafkaRefused(millrace: MillraceProcess, ...args: string[]): Promise<string> {
  const result = await run('aws', ['kafka', ...args, '--output', 'json'], { environment: millrace.environment })
  if (result.status === 0)
    throw new Error(`aws kafka ${args.join(' ')} was expected to be refused, but answered\n${result.stdout}`)
  return result.stderr
}

/** How the AWS SDK's clients reach it. */
export function awsAccess({ endpoint }: Pick<MillraceProcess, 'endpoint'>): {
  readonly endpoint: string
  readonly region: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
} {
  return { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }
}

/** What the acceptance run asks for: three brokers over three subnets, plaintext beside TLS. */
export const threeBrokers = {
  BrokerNodeGroupInfo: {
    InstanceType: 'kafka.m5.large',
    ClientSubnets: ['subnet-0000000000000000a', 'subnet-0000000000000000b', 'subnet-0000000000000000c'],
  },
  KafkaVersion: '3.9.x',
  NumberOfBrokerNodes: 3,
  EncryptionInfo: { EncryptionInTransit: { ClientBroker: 'TLS_PLAINTEXT' } },
} as const

export interface ReadyCluster {
  readonly clusterArn: string
  readonly bootstrap: string
  /** Milliseconds from the create call's start to ACTIVE as Describe tells it. */
  readonly activeAfterMs: number
}

export interface CreatedCluster extends Omit<ReadyCluster, 'bootstrap'> {
  /** 'host:port,…' by listener. */
  readonly strings: Awaited<ReturnType<KafkaApi['bootstrapStrings']>>
}

export interface ClusterOptions {
  /** As MSK names it; 3.9.x unless given. */
  readonly kafkaVersion?: string
  /** Lines of the cluster's configuration. */
  readonly serverProperties?: readonly string[]
  /** TLS between nodes; true unless given, as on MSK. */
  readonly inCluster?: boolean
}

/**
 * Creates a three-broker cluster and waits until it is ACTIVE: by the API itself, so that no AWS CLI is needed.
 * `serverProperties` are those of an MSK configuration, a line each.
 */
export async function createThreeBrokers(
  millrace: MillraceProcess,
  clusterName: string,
  options: ClusterOptions = {},
): Promise<ReadyCluster> {
  const { kafkaVersion, serverProperties, inCluster } = options
  const body = plaintextCluster(clusterName, 3, kafkaVersion, inCluster)
  const { strings, ...cluster } = await createCluster(millrace, body, serverProperties)
  return { ...cluster, bootstrap: strings.plaintext ?? '' }
}

/** Creates what `body` asks for, with a configuration of these properties where there are any, and waits until it is ACTIVE. */
export async function createCluster(
  millrace: MillraceProcess,
  body: { readonly clusterName: string; readonly provisioned: object },
  serverProperties?: readonly string[],
): Promise<CreatedCluster> {
  const { credentials, ...access } = awsAccess(millrace)
  const api = new KafkaApi({ ...access, ...credentials })
  let { provisioned } = body
  if (serverProperties !== undefined) {
    const client = new KafkaClient({ ...access, credentials })
    const ServerProperties = Buffer.from(serverProperties.join('\n'))
    const { Arn } = await client.send(new CreateConfigurationCommand({ Name: body.clusterName, ServerProperties }))
    client.destroy()
    provisioned = { ...provisioned, configurationInfo: { arn: Arn, revision: 1 } }
  }
  const startedMs = performance.now()
  const { clusterArn } = await api.createCluster({ ...body, provisioned })
  await untilActive(api, clusterArn)
  const activeAfterMs = performance.now() - startedMs
  return { clusterArn, strings: await api.bootstrapStrings(clusterArn), activeAfterMs }
}
