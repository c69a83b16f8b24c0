/**
 * The table of authorisation is Kafka's own: every case of ACLs that Apache Kafka can be asked, asked of it. Where it
 * answers otherwise than documentation says, the table has its answer and a note.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApacheKafka, type ApacheKafka } from './authorization/apache-kafka.ts'
import { casesOf } from './authorization/cases.ts'
import { javaRows } from './authorization/expected/java.ts'
import { table } from './authorization/expected/table.ts'
import { casesOfJava, runJava } from './authorization/java-cases.ts'
import { runCases } from './authorization/run-cases.ts'
import { salt, salted, scramLogin, scramProperties } from './authorization/scram-login.ts'
import { createWorld, type World } from './authorization/world.ts'
import { judge, kafkaReleases } from './harness/judges.ts'
import { full } from './harness/size.ts'

const java = judge('java')
const release = kafkaReleases.at(-1) ?? ''

const asked = casesOf(table).filter(({ kind, row: { apache = {} } }) => kind === 'acl' && !('skipped' in apache))
// Their ids follow, so that one world holds both.
const askedByJava = casesOfJava(javaRows, 10_000).filter(({ kind }) => kind === 'acl')

describe.skipIf(java === null || !full)(`Apache Kafka ${release}`, () => {
  const host = '127.0.0.1'
  let kafka: ApacheKafka
  let world: World
  beforeAll(async () => {
    kafka = await startApacheKafka(release)
    const admin = { host, port: kafka.plaintextPort, ca: null }
    world = await createWorld([...asked, ...askedByJava], {
      admin,
      brokers: [admin],
      internalPartitions: 1,
      salt,
      saltedPassword: salted,
    })
  }, 300_000)
  afterAll(() => kafka?.stop())

  it('answers every case of ACLs as the table says', async () => {
    const differences = await runCases(asked, world, scramLogin({ host, port: kafka.scramPort, ca: null }))
    expect(differences.join('\n')).toBe('')
    expect(asked.length).toBeGreaterThan(300)
  }, 600_000)

  it('makes its own clients throw what the table says', async () => {
    const differences = await runJava(askedByJava, {
      release,
      common: { 'bootstrap.servers': `${host}:${kafka.scramPort}`, 'security.protocol': 'SASL_PLAINTEXT' },
      login: scramProperties,
    })
    expect(differences.join('\n')).toBe('')
  }, 600_000)
})
