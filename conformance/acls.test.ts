/**
 * ACLs as strangers see them: kafka-acls and kafka-features of Apache Kafka 3.9 (`full`: and 4.1), its console producer
 * and consumer, kcat and kafkajs. Clients of a plaintext listener are User:ANONYMOUS; what they may do is decided by
 * principal, host, operation and resource. The nodes and the control plane are never locked out.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  AclOperationTypes as Operation,
  AclPermissionTypes as Permission,
  AclResourceTypes as Resource,
  Kafka,
  KafkaJSAggregateError,
  KafkaJSProtocolError,
  logLevel,
  ResourcePatternTypes as Pattern,
  type AclEntry,
  type Admin,
} from 'kafkajs'
import { judge, kafkaReleases, kafkaTool, kafkaToolArgs, kafkaToolOk } from './harness/judges.ts'
import {
  createThreeBrokers,
  startMillraceProcess,
  type MillraceProcess,
  type ReadyCluster,
} from './harness/millrace.ts'
import { nodeProcesses, until } from './harness/processes.ts'
import { run, type RunResult } from './harness/run.ts'
import { full } from './harness/size.ts'

const java = judge('java')
const [oldest = ''] = kafkaReleases
const kcat = judge('kcat')
const TOOL_MS = 60_000

let millrace: MillraceProcess
let cluster: ReadyCluster
let kafka: Kafka
let admin: Admin

const scratch = mkdtempSync(join(tmpdir(), 'millrace-acls-'))
const dataDirectory = join(scratch, 'data')

beforeAll(async () => {
  writeFileSync(
    join(scratch, 'log4j.properties'),
    'log4j.rootLogger=ERROR,out\nlog4j.appender.out=org.apache.log4j.ConsoleAppender\nlog4j.appender.out.layout=org.apache.log4j.SimpleLayout\n',
  )
  millrace = await startMillraceProcess({ dataDirectory })
  cluster = await createThreeBrokers(millrace, 'guarded')
  kafka = new Kafka({ brokers: cluster.bootstrap.split(','), logLevel: logLevel.NOTHING, retry: { retries: 2 } })
  admin = kafka.admin()
  await admin.connect()
})
afterAll(async () => {
  await admin?.disconnect()
  await millrace?.stop()
  rmSync(scratch, { recursive: true, force: true })
})

function topicAcl(resourceName: string, options: Partial<AclEntry> = {}): AclEntry {
  return {
    resourceType: Resource.TOPIC,
    resourceName,
    resourcePatternType: Pattern.LITERAL,
    principal: 'User:ANONYMOUS',
    host: '*',
    operation: Operation.ALL,
    permissionType: Permission.ALLOW,
    ...options,
  }
}
const denied = (resourceName: string, options: Partial<AclEntry> = {}): AclEntry =>
  topicAcl(resourceName, { permissionType: Permission.DENY, ...options })
const allow = (...acl: AclEntry[]): Promise<boolean> => admin.createAcls({ acl })

async function withdraw(resourceName: string): Promise<number> {
  const { filterResponses } = await admin.deleteAcls({
    filters: [
      {
        resourceType: Resource.ANY,
        resourceName,
        resourcePatternType: Pattern.ANY,
        operation: Operation.ANY,
        permissionType: Permission.ANY,
      },
    ],
  })
  return filterResponses[0]?.matchingAcls.length ?? 0
}

const createTopic = (topic: string): Promise<boolean> =>
  admin.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor: 3 }], waitForLeaders: true })

/** The error's name on the wire; NONE when the promise is kept. */
async function errorOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'NONE'
  } catch (error) {
    if (error instanceof KafkaJSAggregateError) return errorOf(Promise.reject(error.errors[0]))
    for (let each: unknown = error; each instanceof Error; each = each.cause)
      if (each instanceof KafkaJSProtocolError) return each.type
    return (error as { type?: string }).type ?? String(error)
  }
}

async function produce(topic: string): Promise<string> {
  const producer = kafka.producer({ allowAutoTopicCreation: false })
  await producer.connect()
  try {
    return await errorOf(producer.send({ topic, messages: [{ value: 'v' }] }))
  } finally {
    await producer.disconnect()
  }
}

describe('ACLs by kafkajs', () => {
  it('are created, described and deleted', async () => {
    const [first, second] = [
      topicAcl('described'),
      denied('described', { host: '10.0.0.1', operation: Operation.READ }),
    ]
    await allow(first, second, first)
    const described = await admin.describeAcls({
      resourceType: Resource.TOPIC,
      resourceName: 'described',
      resourcePatternType: Pattern.LITERAL,
      operation: Operation.ANY,
      permissionType: Permission.ANY,
    })
    expect(described.resources).toHaveLength(1)
    expect(described.resources[0]?.acls).toHaveLength(2)
    expect(await withdraw('described')).toBe(2)
    expect(await withdraw('described')).toBe(0)
  })

  it('are refused when no such ACL can be', async () => {
    expect(await errorOf(allow(topicAcl('')))).toBe('INVALID_REQUEST')
    expect(await errorOf(allow(topicAcl('x', { principal: 'nobody' })))).toBe('INVALID_REQUEST')
    expect(await errorOf(allow(topicAcl('other', { resourceType: Resource.CLUSTER })))).toBe('INVALID_REQUEST')
  })

  it.each<[string, AclEntry[], string]>([
    ['closes a topic to others with the first ACL on it', [topicAcl('judged', { principal: 'User:alice' })], 'denied'],
    ['opens it to this host', [topicAcl('judged', { host: '127.0.0.1' })], 'allowed'],
    ['and not to another', [topicAcl('judged', { host: '10.1.2.3' })], 'denied'],
    ['allows everyone', [topicAcl('judged', { principal: 'User:*' })], 'allowed'],
    ['puts DENY over ALLOW', [topicAcl('judged', { principal: 'User:*' }), denied('judged')], 'denied'],
    ['but not the DENY of another host', [topicAcl('judged'), denied('judged', { host: '10.1.2.3' })], 'allowed'],
    ['allows by prefix', [topicAcl('judg', { resourcePatternType: Pattern.PREFIXED })], 'allowed'],
    [
      'denies by prefix',
      [topicAcl('judged'), denied('ju', { resourcePatternType: Pattern.PREFIXED, operation: Operation.WRITE })],
      'denied',
    ],
    ['does not take READ for WRITE', [topicAcl('judged', { operation: Operation.READ })], 'denied'],
    ['takes WRITE for what a producer needs', [topicAcl('judged', { operation: Operation.WRITE })], 'allowed'],
  ])('a producer: %s', async (_, acls, expected) => {
    if (!(await admin.listTopics()).includes('judged')) await createTopic('judged')
    await allow(...acls)
    try {
      expect(await produce('judged')).toBe(expected === 'allowed' ? 'NONE' : 'TOPIC_AUTHORIZATION_FAILED')
    } finally {
      for (const name of new Set(acls.map(({ resourceName }) => resourceName))) await withdraw(name)
    }
  })

  it('act on open connections within a second, both ways', async () => {
    await createTopic('changing')
    const producer = kafka.producer({ allowAutoTopicCreation: false })
    await producer.connect()
    const send = (): Promise<string> => errorOf(producer.send({ topic: 'changing', messages: [{ value: 'v' }] }))
    try {
      expect(await send()).toBe('NONE')
      await allow(denied('changing', { operation: Operation.WRITE }))
      expect(await send()).toBe('TOPIC_AUTHORIZATION_FAILED')
      await withdraw('changing')
      expect(await send()).toBe('NONE')
    } finally {
      await producer.disconnect()
    }
  })

  it('hide a topic from lists, whether it exists or not', async () => {
    await createTopic('secret')
    await allow(denied('secret'), denied('secret-that-is-not'))
    expect(await admin.listTopics()).not.toContain('secret')
    for (const topic of ['secret', 'secret-that-is-not'])
      expect(await errorOf(admin.fetchTopicMetadata({ topics: [topic] }))).toBe('TOPIC_AUTHORIZATION_FAILED')
    await withdraw('secret')
    await withdraw('secret-that-is-not')
    expect(await admin.listTopics()).toContain('secret')
  })

  it('guard groups, transactional ids and the administration of topics', async () => {
    await createTopic('kept')
    await allow(
      denied('kept', { operation: Operation.DELETE }),
      denied('kept', { operation: Operation.ALTER_CONFIGS }),
      topicAcl('team', { resourceType: Resource.GROUP, operation: Operation.DESCRIBE }),
      topicAcl('tx', { resourceType: Resource.TRANSACTIONAL_ID, operation: Operation.DESCRIBE }),
      denied('new-', { operation: Operation.CREATE, resourcePatternType: Pattern.PREFIXED }),
      topicAcl('new-', { operation: Operation.DESCRIBE, resourcePatternType: Pattern.PREFIXED }),
    )
    expect(await errorOf(admin.deleteTopics({ topics: ['kept'] }))).toBe('TOPIC_AUTHORIZATION_FAILED')
    const configs = { type: 2, name: 'kept', configEntries: [{ name: 'retention.ms', value: '1000' }] }
    expect(await errorOf(admin.alterConfigs({ validateOnly: false, resources: [configs] }))).toBe(
      'TOPIC_AUTHORIZATION_FAILED',
    )
    expect(await errorOf(admin.fetchOffsets({ groupId: 'team' }))).toBe('NONE')
    await expect(admin.deleteGroups(['team'])).rejects.toMatchObject({
      groups: [{ groupId: 'team', errorCode: 30 }],
    })
    const producer = kafka.producer({ transactionalId: 'tx', maxInFlightRequests: 1, idempotent: true })
    await producer.connect()
    expect(await errorOf(producer.transaction())).toBe('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
    await producer.disconnect()
    // CREATE on the cluster, which no ACL covers, is enough.
    expect(await errorOf(createTopic('new-1'))).toBe('NONE')
    for (const name of ['kept', 'team', 'tx', 'new-']) await withdraw(name)
  })
})

describe.skipIf(kcat === null)('ACLs by kcat', () => {
  it('end its produce and its consume with the topic error', async () => {
    await createTopic('closed-kcat')
    await allow(topicAcl('closed-kcat', { principal: 'User:alice' }))
    const brokers = ['-b', cluster.bootstrap]
    const written = await run('kcat', [...brokers, '-P', '-t', 'closed-kcat', '-E'], { input: 'v\n' })
    expect(written.stderr).toMatch(/Topic authorization failed/)
    const read = await run('kcat', [...brokers, '-C', '-t', 'closed-kcat', '-p', '0', '-e'])
    expect(read.stderr).toMatch(/Topic authorization failed/)
    const listed = await run('kcat', [...brokers, '-L'])
    expect(listed.stdout).not.toMatch(/closed-kcat/)
    await withdraw('closed-kcat')
    const opened = await run('kcat', [...brokers, '-P', '-t', 'closed-kcat', '-E'], { input: 'v\n' })
    expect(opened.status).toBe(0)
  })
})

describe.skipIf(java === null).each(full ? kafkaReleases : [oldest])('Kafka %s', (release) => {
  const suffix = release.replaceAll('.', '-')
  const acls = async (...args: string[]): Promise<string> =>
    (
      await kafkaToolOk(release, 'kafka-acls', ['--bootstrap-server', cluster.bootstrap, ...args], {
        timeoutMs: TOOL_MS,
      })
    ).stdout
  const tool = (name: string, args: string[], input?: string): Promise<RunResult> =>
    kafkaTool(release, name, ['--bootstrap-server', cluster.bootstrap, ...args], {
      timeoutMs: TOOL_MS,
      ...(input === undefined ? {} : { input }),
    })

  it('kafka-acls adds, lists and removes', async () => {
    const topic = `orders-${suffix}`
    const added = await acls('--add', '--allow-principal', 'User:alice', '--operation', 'Read', '--topic', topic)
    expect(added).toMatch(new RegExp(`resourceType=TOPIC, name=${topic}, patternType=LITERAL`))
    expect(added).toMatch(/principal=User:alice, host=\*, operation=READ, permissionType=ALLOW/)
    const prefix = ['--topic', `ord`, '--group', 'g-', '--resource-pattern-type', 'prefixed']
    await acls('--add', '--allow-principal', 'User:bob', '--consumer', ...prefix)
    const matching = await acls('--list', '--topic', topic, '--resource-pattern-type', 'match')
    expect(matching).toMatch(/name=ord, patternType=PREFIXED/)
    expect(matching).toMatch(/principal=User:bob, host=\*, operation=READ/)
    expect(matching).toMatch(/principal=User:alice/)
    await acls('--remove', '--force', '--topic', topic)
    expect(await withdraw(topic)).toBe(0)
    // READ and DESCRIBE on the topic, READ on the group.
    expect([await withdraw('ord'), await withdraw('g-')]).toEqual([2, 1])
  })

  it('kafka-acls gives a transactional producer what it needs', async () => {
    const who = ['--allow-principal', 'User:carol', '--allow-host', '10.0.0.1']
    const resources = ['--producer', '--topic', `carols-${suffix}`, '--transactional-id', `carol-${suffix}`]
    const listed = await acls('--add', ...who, ...resources)
    for (const operation of ['WRITE', 'DESCRIBE', 'CREATE'])
      expect(listed).toMatch(
        new RegExp(`User:carol, host=10\\.0\\.0\\.1, operation=${operation}, permissionType=ALLOW`),
      )
    expect(listed).toMatch(new RegExp(`resourceType=TRANSACTIONAL_ID, name=carol-${suffix}`))
    expect((await withdraw(`carols-${suffix}`)) + (await withdraw(`carol-${suffix}`))).toBe(5)
  })

  /** Console tools tell of errors by their log alone: with the logging library of 3.9, whose classes both releases can use. */
  const console = (name: string, args: string[], input?: string): Promise<RunResult> => {
    const java = kafkaToolArgs(release, name, ['--bootstrap-server', cluster.bootstrap, ...args])
    const at = java.indexOf('-cp') + 1
    const libraries = dirname(kafkaToolArgs(oldest, name, [])[at]?.split(':')[0] ?? '')
    const logging = readdirSync(libraries)
      .filter((jar) => jar.includes('reload4j'))
      .map((jar) => join(libraries, jar))
    const others = java[at]?.split(':').filter((jar) => !jar.includes('slf4j-nop')) ?? []
    java[at] = [...logging, ...others].join(':')
    const options = [`-Dlog4j.configuration=file:${join(scratch, 'log4j.properties')}`]
    return run('java', [...options, ...java], { timeoutMs: TOOL_MS, ...(input === undefined ? {} : { input }) })
  }

  it('console producer and consumer are told what they may not', async () => {
    const topic = `closed-${suffix}`
    await createTopic(topic)
    await allow(topicAcl(topic, { principal: 'User:alice' }))
    const written = await console('kafka-console-producer', ['--topic', topic], 'v\n')
    expect(written.stdout + written.stderr).toMatch(/TopicAuthorizationException: Not authorized to access topics/)
    const read = await console('kafka-console-consumer', [
      '--topic',
      topic,
      '--max-messages',
      '1',
      '--timeout-ms',
      '9000',
    ])
    expect(read.stdout + read.stderr).toMatch(/TopicAuthorizationException: Not authorized to access topics/)
    await withdraw(topic)
    await allow(denied(`team-${suffix}`, { resourceType: Resource.GROUP }))
    const group = ['--group', `team-${suffix}`, '--max-messages', '1', '--timeout-ms', '9000']
    const grouped = await console('kafka-console-consumer', ['--topic', topic, ...group])
    expect(grouped.stdout + grouped.stderr).toMatch(/GroupAuthorizationException: Not authorized to access group/)
    await withdraw(`team-${suffix}`)
  })

  it('kafka-features describes, upgrades and downgrades', async () => {
    const described = await tool('kafka-features', ['describe'])
    expect(described.stdout).toMatch(
      /Feature: metadata\.version\s+SupportedMinVersion: [\w .-]+\s+SupportedMaxVersion: 3\.9-IV0/,
    )
    expect(described.stdout).toMatch(/FinalizedVersionLevel: 3\.9-IV0/)
    const lower = await tool('kafka-features', ['downgrade', '--feature', 'metadata.version=20'])
    expect(lower.stdout).toMatch(/metadata\.version was downgraded to 20/)
    if (!full) return
    const higher = await tool('kafka-features', ['upgrade', '--metadata', '3.9-IV0'])
    expect(higher.stdout + higher.stderr).toMatch(/metadata\.version was upgraded to 21/)
    const lossy = await tool('kafka-features', ['downgrade', '--feature', 'metadata.version=14'])
    expect(lossy.stdout + lossy.stderr).toMatch(/Refusing to perform the requested downgrade/)
    const beyond = await tool('kafka-features', ['upgrade', '--feature', 'metadata.version=22'])
    expect(beyond.stdout + beyond.stderr).toMatch(/only supports versions/)
  })
})

describe('with everything closed to everyone', () => {
  /** Empty while kafkajs asks a broker that is gone. */
  const isrOf = async (topic: string): Promise<readonly number[]> => {
    const metadata = await admin.fetchTopicMetadata({ topics: [topic] }).catch(() => null)
    return metadata?.topics[0]?.partitions[0]?.isr ?? []
  }

  it('nodes go on replicating, a killed broker comes back, and ACLs outlive a restart of all', async () => {
    await createTopic('still-there')
    const nobody = { principal: 'User:nobody' }
    await allow(
      ...[Resource.TOPIC, Resource.GROUP, Resource.TRANSACTIONAL_ID].map((resourceType) =>
        topicAcl('*', { resourceType, ...nobody }),
      ),
      topicAcl('kafka-cluster', { resourceType: Resource.CLUSTER, ...nobody }),
      topicAcl('still-there', { operation: Operation.DESCRIBE }),
    )
    expect(await errorOf(allow(topicAcl('more')))).toBe('CLUSTER_AUTHORIZATION_FAILED')
    expect(await errorOf(createTopic('more'))).toBe('TOPIC_AUTHORIZATION_FAILED')
    expect(await produce('still-there')).toBe('TOPIC_AUTHORIZATION_FAILED')
    const [victim] = nodeProcesses(dataDirectory).filter(({ role }) => role === 'broker')
    if (victim === undefined) throw new Error('no broker runs')
    process.kill(victim.pid, 'SIGKILL')
    await until(async () => {
      const isr = await isrOf('still-there')
      return isr.length > 0 && !isr.includes(victim.nodeId)
    }, 'the killed broker to leave the ISR')
    await until(async () => (await isrOf('still-there')).length === 3, 'the killed broker to be in sync again')

    await admin.disconnect()
    await millrace.stop()
    millrace = await startMillraceProcess({ dataDirectory })
    await admin.connect()
    await until(async () => (await isrOf('still-there')).length === 3, 'all replicas in sync after the restart')
    expect(await produce('still-there')).toBe('TOPIC_AUTHORIZATION_FAILED')
    expect(await admin.listTopics()).toEqual(['still-there'])
  }, 120_000)
})
