/**
 * A kafkajs consumer group of three members over twelve partitions: one joins, one leaves, one is killed. Every record
 * arrives at least once; what arrives twice lies between the killed member's last commit and its death.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Kafka, logLevel } from 'kafkajs'
import {
  createThreeBrokers,
  startMillraceProcess,
  type MillraceProcess,
  type ReadyCluster,
} from './harness/millrace.ts'
import { until } from './harness/processes.ts'
import { sized } from './harness/size.ts'

const records = sized({ quick: 6_000, full: 60_000 })
const memberProgram = fileURLToPath(new URL('./harness/kafkajs-member.mjs', import.meta.url))

interface MemberMessage {
  readonly kind: 'joined' | 'seen' | 'committed'
  readonly partition?: number
  readonly offset?: string
  readonly key?: string
}

class Member {
  readonly process: ChildProcess
  readonly seen: { key: string; partition: number; offset: number }[] = []
  readonly committed = new Map<number, number>()
  joins = 0

  constructor(bootstrap: string, topic: string, groupId: string) {
    this.process = fork(memberProgram, [bootstrap, topic, groupId], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.process.on('message', (message: MemberMessage) => {
      if (message.kind === 'joined') this.joins++
      if (message.kind === 'seen')
        this.seen.push({ key: message.key ?? '', partition: message.partition ?? -1, offset: Number(message.offset) })
      if (message.kind === 'committed') this.committed.set(message.partition ?? -1, Number(message.offset))
    })
  }

  end(signal: NodeJS.Signals): Promise<void> {
    return new Promise((resolve) => {
      this.process.once('exit', () => resolve())
      this.process.kill(signal)
    })
  }
}

describe('a kafkajs group', () => {
  let millrace: MillraceProcess
  let cluster: ReadyCluster
  let kafka: Kafka
  const members: Member[] = []

  beforeAll(async () => {
    millrace = await startMillraceProcess({ args: ['--ephemeral'] })
    cluster = await createThreeBrokers(millrace, 'groups')
    kafka = new Kafka({ clientId: 'conformance', brokers: cluster.bootstrap.split(','), logLevel: logLevel.NOTHING })
  })
  afterAll(async () => {
    for (const member of members)
      if (member.process.exitCode === null && member.process.signalCode === null) await member.end('SIGKILL')
    await millrace?.stop()
  })

  it('hands every record to its members while one joins, one leaves and one is killed', async () => {
    const topic = 'rides'
    const groupId = 'dispatch'
    const admin = kafka.admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic, numPartitions: 12, replicationFactor: 3 }], waitForLeaders: true })
    const producer = kafka.producer({ idempotent: true })
    await producer.connect()
    const produce = async (from: number, to: number): Promise<void> => {
      for (let start = from; start < to; start += 500) {
        const messages = []
        for (let index = start; index < Math.min(start + 500, to); index++)
          messages.push({ key: String(index), value: `ride ${index}` })
        await producer.send({ topic, messages, acks: -1 })
      }
    }
    const seenKeys = (): Set<string> => new Set(members.flatMap((member) => member.seen.map((one) => one.key)))

    const [first, second] = [
      new Member(cluster.bootstrap, topic, groupId),
      new Member(cluster.bootstrap, topic, groupId),
    ]
    members.push(first, second)
    await until(() => first.joins > 0 && second.joins > 0, 'two members in the group')
    await produce(0, records / 4)
    await until(() => seenKeys().size >= records / 4, 'the first quarter', 60_000)

    const third = new Member(cluster.bootstrap, topic, groupId)
    members.push(third)
    await until(() => third.joins > 0, 'the third member in the group')
    await produce(records / 4, records / 2)
    await until(() => seenKeys().size >= records / 2, 'the second quarter', 60_000)
    expect(third.seen.length).toBeGreaterThan(0)

    await first.end('SIGTERM')
    await produce(records / 2, (records * 3) / 4)
    await until(() => seenKeys().size >= (records * 3) / 4, 'the third quarter, after one left', 60_000)

    const killed = second
    await killed.end('SIGKILL')
    await produce((records * 3) / 4, records)
    await until(() => seenKeys().size >= records, 'the last quarter, after one was killed', 60_000)

    const times = new Map<string, number>()
    for (const { key } of members.flatMap((member) => member.seen)) times.set(key, (times.get(key) ?? 0) + 1)
    expect(times.size).toBe(records)
    const twice = [...times].filter(([, count]) => count > 1).map(([key]) => key)
    const uncommitted = new Set(
      killed.seen.filter((one) => one.offset >= (killed.committed.get(one.partition) ?? 0)).map((one) => one.key),
    )
    expect(twice.filter((key) => !uncommitted.has(key))).toEqual([])

    await until(() => third.committed.size === 12, 'commits on every partition', 30_000)
    const ends = await admin.fetchTopicOffsets(topic)
    const lag = async (): Promise<number> => {
      const [fetched] = await admin.fetchOffsets({ groupId, topics: [topic] })
      const offsets = new Map(fetched?.partitions.map((one) => [one.partition, Number(one.offset)]))
      return ends.reduce((sum, end) => sum + Number(end.offset) - Math.max(0, offsets.get(end.partition) ?? 0), 0)
    }
    const startedMs = performance.now()
    while ((await lag()) !== 0) {
      if (performance.now() - startedMs > 30_000) throw new Error(`the lag stays at ${await lag()}`)
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    expect(ends.reduce((sum, end) => sum + Number(end.offset), 0)).toBe(records)

    await third.end('SIGTERM')
    await producer.disconnect()
    await admin.disconnect()
  }, 180_000)
})
