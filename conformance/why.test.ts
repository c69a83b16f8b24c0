/**
 * Every "no" explains itself: strangers fail in all the ways in which people fail, `millrace why` tells each reason, and
 * what it proposes is tried: with it the same request passes, with anything less it does not.
 */
import { connect } from 'node:net'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { rootCertificates } from 'node:tls'
import { join } from 'node:path'
import { createNodeHost } from '@millrace/host/node-host'
import { AdminClient } from '@millrace/client/admin'
import { Kafka, logLevel, type SASLOptions } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judge, kafkaReleases, kafkaTool } from './harness/judges.ts'
import { startMillraceProcess, type MillraceProcess } from './harness/millrace.ts'
import { run } from './harness/run.ts'
import { createScramCluster, scramProperties } from './harness/scram-cluster.ts'

const kcat = judge('kcat')
const java = judge('java')
const aws = judge('aws')
const release = kafkaReleases.at(-1) ?? ''

interface Told {
  readonly event: {
    readonly type: string
    readonly kind?: string
    readonly principal: string | null
    readonly resourceName?: string
    readonly operation?: number
    readonly count: number
    readonly lastMs: number
    readonly errorCode?: string
  }
  readonly who: string
  readonly reason: string
  readonly remedies: readonly { readonly about: string; readonly lines: readonly string[] }[]
}

let millrace: MillraceProcess
let scratch: string
let caFile: string
let caPem: string
let plaintext: string
let tls: string
let scram: string

beforeAll(async () => {
  millrace = await startMillraceProcess({ args: ['--ephemeral', '--demo'] })
  scratch = mkdtempSync(join(tmpdir(), 'millrace-why-'))
  const strict = await createScramCluster(millrace, 'strict')
  ;({ tls, scram, caPem } = strict)
  // A cluster with SCRAM has no plaintext; the one of --demo has.
  const demo = (await strict.api.listClusters()).find(({ clusterName }) => clusterName === 'demo')
  plaintext = (await strict.api.bootstrapStrings(demo?.clusterArn ?? '')).plaintext ?? ''
  caFile = join(scratch, 'ca.pem')
  writeFileSync(caFile, caPem)
  const admin = new AdminClient({ host: createNodeHost({ timersHoldProcess: true }), bootstrap: tls, tls: { caPem } })
  await admin.alterScramUsers([
    { name: 'alice', password: 'wonderland' },
    { name: 'bob', password: 'builder' },
  ])
  await admin.createTopics(
    ['rides', 'guarded'].map((name) => ({ name, partitions: 1, replicationFactor: 3, configs: {} })),
  )
  admin.close()
}, 120_000)
afterAll(async () => {
  await millrace?.stop()
  if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true })
})

const kafkajs = (sasl: SASLOptions | null, ca: readonly string[] = [caPem], brokers = scram): Kafka =>
  new Kafka({
    brokers: brokers.split(','),
    ssl: { ca: [...ca] },
    ...(sasl === null ? {} : { sasl }),
    retry: { retries: 0 },
    logLevel: logLevel.NOTHING,
  })
const as = (username: string, password: string): Kafka => kafkajs({ mechanism: 'scram-sha-512', username, password })
const fails = async (work: Promise<unknown>): Promise<void> => {
  await expect(work).rejects.toThrow(/./)
}

/** The newest of what is told; `find` says which. */
async function why(find: (told: Told) => boolean, ...args: string[]): Promise<Told> {
  const { stdout, stderr, status } = await millrace.cli('why', '--last', '5m', '--json', ...args)
  expect(stderr).toBe('')
  expect(status).toBe(0)
  const { events } = JSON.parse(stdout) as { events: Told[] }
  expect(events.map(({ event }) => event.lastMs)).toEqual(events.map(({ event }) => event.lastMs).sort((a, b) => a - b))
  const found = events.findLast(find)
  if (found === undefined) throw new Error(`nothing of the kind is told, but\n${JSON.stringify(events, null, 1)}`)
  return found
}
const ofKind =
  (kind: string, principal: string | null = null) =>
  ({ event }: Told): boolean =>
    event.kind === kind && event.principal === principal

describe('who comes by the wrong door', () => {
  it.skipIf(kcat === null)('kcat with plaintext at a TLS port, and with TLS at the plaintext port', async () => {
    await Promise.all([
      run('kcat', ['-b', tls, '-L', '-m', '2']),
      run('kcat', ['-b', plaintext, '-X', 'security.protocol=ssl', '-L', '-m', '2']),
    ])
    const plain = await why(ofKind('plaintext-to-tls'))
    expect(plain.reason).toContain('speaks plaintext to a TLS listener')
    expect(plain.remedies[0]?.lines[0]).toContain('security.protocol=SSL')
    expect(plain.who).toMatch(/^somebody from 127\.0\.0\.1 at brokers? [123, ]+ of strict, CLIENT_SECURE$/)
    const encrypted = await why(ofKind('tls-to-plaintext'))
    expect(encrypted.remedies[0]?.lines[0]).toContain('security.protocol=PLAINTEXT')
  })

  it('a browser at a Kafka port', async () => {
    const [host, port] = (plaintext.split(',')[0] ?? '').split(':')
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), host, () => socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'))
      socket.on('close', () => resolve())
      socket.on('error', () => {})
    })
    expect((await why(ofKind('not-kafka'))).reason).toContain('HTTP')
  })

  it('kafkajs without our authority among those it trusts', async () => {
    await fails(kafkajs(null, [], tls).admin().connect())
    const told = await why(ofKind('tls-handshake'))
    expect(told.reason).toMatch(/does not trust this broker's certificate|left during the TLS handshake/)
    expect(told.remedies[0]?.lines[0]).toMatch(/millrace (ca|doctor)/)
  })
})

describe('who does not prove who it is', () => {
  it('kafkajs with a wrong password, as an unknown user, and by a mechanism that is not offered', async () => {
    await fails(as('alice', 'looking-glass').admin().connect())
    await fails(as('mallory', 'x').admin().connect())
    await fails(kafkajs({ mechanism: 'plain', username: 'alice', password: 'wonderland' }).admin().connect())
    const wrong = await why(ofKind('wrong-password', 'User:alice'), '--principal', 'alice')
    expect(wrong.remedies[0]?.lines[0]).toContain('get-secret-value')
    const unknown = await why(ofKind('unknown-user', 'User:mallory'), '--principal', 'User:mallory')
    expect(unknown.remedies[0]?.lines[0]).toContain('batch-associate-scram-secret')
    const mechanism = await why(ofKind('unsupported-mechanism'), '--cluster', 'strict')
    expect(mechanism.reason).toBe('The client wants to log in by PLAIN; this port offers SCRAM-SHA-512.')
    // Neither is any word that the client sent as a secret.
    const { stdout } = await millrace.cli('why', '--last', '5m')
    for (const secret of ['looking-glass', 'wonderland']) expect(stdout).not.toContain(secret)
  })

  it('a client without any login at the port that wants one', async () => {
    await fails(
      kafkajs(null)
        .admin()
        .connect()
        .then(() => kafkajs(null).admin().listTopics()),
    )
    expect((await why(ofKind('not-authenticated'))).reason).toContain('demands a login by SCRAM-SHA-512')
  })

  it.skipIf(java === null)(
    "Kafka's own tool with a wrong password",
    async () => {
      const file = join(scratch, 'wrong.properties')
      writeFileSync(file, scramProperties({ username: 'bob', password: 'destroyer', caFile }))
      const refused = await kafkaTool(release, 'kafka-topics', [
        ...['--bootstrap-server', scram, '--command-config', file, '--list'],
      ])
      expect(refused.status).not.toBe(0)
      expect((await why(ofKind('wrong-password', 'User:bob'))).event.count).toBeGreaterThan(0)
    },
    60_000,
  )

  it.skipIf(aws === null)('the AWS CLI with a wrong secret key', async () => {
    const environment = { ...millrace.environment, AWS_SECRET_ACCESS_KEY: 'wrong' }
    const refused = await run('aws', ['kafka', 'list-clusters-v2'], { environment })
    expect(refused.status).not.toBe(0)
    const told = await why(({ event }) => event.errorCode?.includes('Signature') === true)
    expect(told.who).toContain('access key test from 127.0.0.1')
    const cluster = await millrace.cli('why', '--cluster', 'strict')
    expect(cluster.stdout).not.toContain('AWS API')
  })
})

describe('who is not allowed what it wants', () => {
  /** Kafka's answer to one record written as alice: null when it was taken. */
  const write = async (topic: string): Promise<string | null> => {
    const producer = as('alice', 'wonderland').producer({ allowAutoTopicCreation: false })
    try {
      await producer.connect()
      await producer.send({ topic, messages: [{ value: 'ride' }] })
      return null
    } catch (error) {
      return (error as Error).message
    } finally {
      await producer.disconnect()
    }
  }
  const acls = async (...args: string[]): Promise<{ acls: unknown[]; lockedOut?: unknown[]; letIn?: unknown[] }> => {
    const { stdout, stderr, status } = await millrace.cli('acls', ...args, '--json')
    expect(stderr).toBe('')
    expect(status).toBe(0)
    return JSON.parse(stdout) as { acls: unknown[] }
  }
  /** Runs the command that `why` proposes. */
  const obey = async (command: string): Promise<void> => {
    const words = command.split(' ').map((word) => word.replaceAll("'", ''))
    expect(words.slice(0, 2)).toEqual(['millrace', 'acls'])
    await acls(...words.slice(2))
  }
  const denialOf =
    (resourceName: string) =>
    ({ event }: Told): boolean =>
      event.type === 'denial' && event.principal === 'User:alice' && event.resourceName === resourceName
  const proposed = ({ remedies }: Told): readonly string[] =>
    remedies.find(({ about }) => about.endsWith('with Millrace'))?.lines ?? []
  /** The ACLs that were needed, one after the other, until the record was taken. */
  const untilAllowed = async (topic: string): Promise<string[]> => {
    const obeyed: string[] = []
    for (let round = 0; round < 4; round++) {
      if ((await write(topic)) === null) return obeyed
      for (const command of proposed(await why(denialOf(topic)))) {
        await obey(command)
        obeyed.push(command)
      }
    }
    throw new Error(`it was never allowed, after\n${obeyed.join('\n')}`)
  }

  it('is allowed by what is proposed, and by nothing less', async () => {
    const bobMay = ['--cluster', 'strict', '--allow-principal', 'User:bob', '--operation', 'Read', '--topic', 'rides']
    const tried = await acls('add', ...bobMay, '--dry-run')
    expect(tried.lockedOut).toContainEqual(expect.objectContaining({ principal: 'User:alice' }))
    expect(await write('rides')).toBeNull()
    await acls('add', ...bobMay)
    expect(await write('rides')).toMatch(/not authorized/i)
    const told = await why(denialOf('rides'), '--principal', 'alice')
    expect(told.reason).toMatch(/^No ACL on TOPIC rides allows User:alice from 127\.0\.0\.1 to (DESCRIBE|WRITE)\.$/)
    expect(told.remedies[0]?.lines).toEqual([
      expect.stringMatching(
        /^kafka-acls\.sh --bootstrap-server \$BS --add --allow-principal User:alice .* --topic rides$/,
      ),
    ])
    const obeyed = await untilAllowed('rides')
    expect(obeyed.at(-1)).toBe(
      'millrace acls add --cluster strict --allow-principal User:alice --allow-host 127.0.0.1 --operation Write --topic rides',
    )
    // Anything less: another operation, another topic, another host, another principal.
    const [last = ''] = obeyed.slice(-1)
    await obey(last.replace(' add ', ' remove '))
    const less = [
      last.replace('Write', 'Describe'),
      last.replace('--topic rides', '--topic ride'),
      last.replace('127.0.0.1', '127.0.0.2'),
      last.replace('User:alice', 'User:alic'),
    ]
    for (const command of less) await obey(command)
    expect(await write('rides')).toMatch(/not authorized/i)
    await obey(last)
    expect(await write('rides')).toBeNull()
  }, 60_000)

  it('is told which DENY stands in the way', async () => {
    const deny = ['--cluster', 'strict', '--deny-principal', 'User:*', '--operation', 'All', '--topic', 'guarded']
    await acls('add', ...deny)
    expect(await write('guarded')).toMatch(/not authorized/i)
    const told = await why(denialOf('guarded'))
    expect(told.reason).toContain('DENY ALL on TOPIC guarded (LITERAL) to User:* from *')
    const obeyed = await untilAllowed('guarded')
    expect(obeyed).toEqual([
      "millrace acls remove --cluster strict --deny-principal 'User:*' --deny-host '*' --operation All --topic guarded",
    ])
    expect(await acls('list', '--cluster', 'strict', '--topic', 'guarded')).toEqual([])
  }, 60_000)
})

it('tells it in words, the newest last, and says so when there is nothing', async () => {
  const { stdout } = await millrace.cli('why', '--last', '5m')
  expect(stdout).toMatch(/^\d\d:\d\d:\d\d {2}\S+ from 127\.0\.0\.1 at brokers? [123, ]+ of strict/m)
  expect(stdout).toContain('    Set security.protocol=SASL_SSL and sasl.mechanism=SCRAM-SHA-512 with a login')
  expect((await millrace.cli('why', '--principal', 'User:nobody')).stdout).toBe(
    'Nobody was refused anything in the last 1h.\n',
  )
  const refused = await millrace.cli('why', '--last', 'yesterday')
  expect(refused.status).toBe(1)
  expect(refused.stderr).toContain('write it as 90s, 10m, 2h or 1d')
})

describe('the doctor', () => {
  const doctor = async (...args: string[]) => {
    const { status, stdout, stderr } = await millrace.cli('doctor', ...args)
    expect(stderr).toBe('')
    return { status, stdout }
  }

  it('follows the configuration of a client to its login, and tells a wrong one what is wrong', async () => {
    const file = join(scratch, 'client.properties')
    const configure = (password: string, protocol = 'SASL_SSL'): void => {
      const properties = scramProperties({ username: 'alice', password, caFile })
      writeFileSync(file, `bootstrap.servers=${scram}\n${properties.replace('SASL_SSL', protocol)}`)
    }
    configure('wonderland')
    const well = await doctor('--command-config', file)
    expect(well.stdout).toContain('alice is let in by SCRAM-SHA-512.')
    expect(well.stdout).toContain('Nothing is wrong as far as this can tell.')
    expect(well.status).toBe(0)
    configure('looking-glass')
    const wrong = await doctor('--command-config', file)
    expect(wrong.status).toBe(5)
    expect(wrong.stdout).toContain('alice is refused by SCRAM-SHA-512')
    expect(wrong.stdout).not.toContain('looking-glass')
    configure('wonderland', 'SASL_PLAINTEXT')
    const plain = await doctor('--command-config', file)
    expect(plain.status).toBe(3)
    expect(plain.stdout).toContain('Set security.protocol to SSL (SASL_SSL with a login)')
  })

  it('finds out what an address speaks, whom it has to be trusted by, and every broker behind it', async () => {
    const { status, stdout } = await doctor('--bootstrap', plaintext, '--json')
    expect(status).toBe(0)
    const { findings } = JSON.parse(stdout) as { findings: { step: string; ok: boolean }[] }
    expect(findings.filter(({ step }) => step === 'advertised')).toHaveLength(3)
    const otherFile = join(scratch, 'other.pem')
    writeFileSync(otherFile, rootCertificates[0] ?? '')
    const untrusting = await doctor('--bootstrap', tls.split(',')[0] ?? '', '--ca', otherFile)
    expect(untrusting.status).toBe(4)
    expect(untrusting.stdout).toContain('millrace ca')
    expect((await doctor('--bootstrap', '127.0.0.1:1')).status).toBe(2)
  })
})
