/** Apache Kafka itself, one combined node, as the judge of the table: StandardAuthorizer, plaintext and SCRAM. */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kafkaJavaArgs } from '../harness/judges.ts'
import { runOk } from '../harness/run.ts'
import { Wire } from './wire.ts'

const START_MS = 120_000

export interface ApacheKafka {
  readonly plaintextPort: number
  readonly scramPort: number
  stop(): Promise<void>
}

export async function startApacheKafka(release: string): Promise<ApacheKafka> {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-apache-kafka-'))
  mkdirSync(join(directory, 'logs'))
  const [plaintextPort, scramPort, controllerPort] = await Promise.all([freePort(), freePort(), freePort()])
  const file = join(directory, 'server.properties')
  const module = 'org.apache.kafka.common.security.scram.ScramLoginModule'
  writeFileSync(
    file,
    [
      'process.roles=broker,controller',
      'node.id=1',
      `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
      `listeners=PLAINTEXT://127.0.0.1:${plaintextPort},SCRAM://127.0.0.1:${scramPort},CONTROLLER://127.0.0.1:${controllerPort}`,
      `advertised.listeners=PLAINTEXT://127.0.0.1:${plaintextPort},SCRAM://127.0.0.1:${scramPort}`,
      'controller.listener.names=CONTROLLER',
      'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SCRAM:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT',
      'sasl.enabled.mechanisms=SCRAM-SHA-512',
      `listener.name.scram.scram-sha-512.sasl.jaas.config=${module} required;`,
      `log.dirs=${join(directory, 'logs')}`,
      'offsets.topic.num.partitions=1',
      'transaction.state.log.num.partitions=1',
      'share.coordinator.state.topic.num.partitions=1',
      'offsets.topic.replication.factor=1',
      'transaction.state.log.replication.factor=1',
      'transaction.state.log.min.isr=1',
      'share.coordinator.state.topic.replication.factor=1',
      'share.coordinator.state.topic.min.isr=1',
      'auto.create.topics.enable=true',
      'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'allow.everyone.if.no.acl.found=true',
      '',
    ].join('\n'),
  )
  const format = ['kafka.tools.StorageTool', 'format', '-t', 'MkU3OEVBNTcwNTJENDM2Qg', '-c', file]
  await runOk('java', kafkaJavaArgs(release, format), { timeoutMs: START_MS })
  const child = spawn('java', kafkaJavaArgs(release, ['kafka.Kafka', file]), { stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
    rmSync(directory, { recursive: true, force: true })
  }
  const endMs = Date.now() + START_MS
  while (!(await answers(plaintextPort))) {
    if (Date.now() > endMs || child.exitCode !== null) {
      await stop()
      throw new Error('Apache Kafka did not start')
    }
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  return { plaintextPort, scramPort, stop }
}

async function answers(port: number): Promise<boolean> {
  try {
    const wire = await Wire.open({ host: '127.0.0.1', port, ca: null })
    const told = await wire.ask(60, 0, { includeClusterAuthorizedOperations: false })
    wire.close()
    return (told['brokers'] as unknown[]).length === 1
  } catch {
    return false
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
