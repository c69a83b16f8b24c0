/** Apache Kafka itself, one node in KRaft mode from the jars of the tools: to show that a foreign test fails there too. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { kafkaHome } from './judges.ts'
import { reapWithThisProcess, forgetReaping } from './reaper.ts'
import { runOk } from './run.ts'

export interface ApacheKafka {
  /** 'localhost:port', plaintext. */
  readonly bootstrap: string
  /** 'localhost:port', where mutual TLS was asked for. */
  readonly mutualTls: string
  stop(): Promise<void>
}

/** PEM: what the broker shows, and whose certificates it takes. */
export interface MutualTls {
  readonly certificate: string
  readonly key: string
  readonly trusted: string
}

/** Node id 1; `properties` come on top. Waits at most a minute and a half. */
export async function startApacheKafka(
  release: string,
  properties: readonly string[] = [],
  mutualTls: MutualTls | null = null,
): Promise<ApacheKafka> {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-apache-kafka-'))
  const [client, mutual, controller] = [await freePort(), await freePort(), await freePort()]
  const file = join(directory, 'server.properties')
  const lines = [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@localhost:${controller}`,
    `listeners=PLAINTEXT://localhost:${client},CONTROLLER://localhost:${controller}${
      mutualTls === null ? '' : `,MUTUAL://localhost:${mutual}`
    }`,
    'controller.listener.names=CONTROLLER',
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,MUTUAL:SSL',
    ...(mutualTls === null ? [] : mutualTlsProperties(mutualTls)),
    `log.dirs=${join(directory, 'data')}`,
    'offsets.topic.replication.factor=1',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'group.initial.rebalance.delay.ms=0',
    ...properties,
  ]
  writeFileSync(file, `${lines.join('\n')}\n`)
  const java = [
    '-Xmx512m',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-cp',
    `${join(kafkaHome(release), 'libs')}/*`,
  ]
  const format = ['kafka.tools.StorageTool', 'format', '-t', 'MkU3OEVBNTcwNTJENDM2Qg', '-c', file]
  await runOk('java', [...java, ...format], { timeoutMs: 90_000 })
  const child = spawn('java', [...java, 'kafka.Kafka', file], { stdio: 'ignore' })
  reapWithThisProcess(directory)
  await isReady(child, `localhost:${client}`)
  return {
    bootstrap: `localhost:${client}`,
    mutualTls: `localhost:${mutual}`,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = new Promise((resolve) => child.once('exit', resolve))
        child.kill('SIGKILL')
        await ended
      }
      forgetReaping(directory)
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function mutualTlsProperties({ certificate, key, trusted }: MutualTls): string[] {
  const oneLine = (pem: string): string => pem.trimEnd().replaceAll('\n', '\\n')
  return Object.entries({
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.certificate.chain': oneLine(certificate),
    'ssl.keystore.key': oneLine(key),
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.certificates': oneLine(trusted),
    'ssl.client.auth': 'required',
  }).map(([name, value]) => `listener.name.mutual.${name}=${value}`)
}

const READY_MS = 90_000

/** Its logs are off, so it is asked: ready when it counts itself among the brokers. */
async function isReady(child: ChildProcess, bootstrap: string): Promise<void> {
  const endMs = performance.now() + READY_MS
  const admin = new Kafka({ brokers: [bootstrap], retry: { retries: 0 }, logLevel: logLevel.NOTHING }).admin()
  for (;;) {
    const brokers = await admin
      .connect()
      .then(() => admin.describeCluster())
      .then((cluster) => cluster.brokers.length)
      .catch(() => 0)
    if (brokers > 0) return admin.disconnect()
    if (child.exitCode !== null || performance.now() > endMs)
      throw new Error(`Apache Kafka did not start (${String(child.exitCode)})`)
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : 0))
    })
  })
}
