/**
 * The table of authorisation is Kafka's own: every case of ACLs that Apache Kafka can be asked, asked of it. Where it
 * answers otherwise than documentation says, the table has its answer and a note.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApacheKafka, type ApacheKafka } from './authorization/apache-kafka.ts'
import { casesOf } from './authorization/cases.ts'
import { table } from './authorization/expected/table.ts'
import { runCases } from './authorization/run-cases.ts'
import { salt, salted, scramLogin } from './authorization/scram-login.ts'
import { createWorld } from './authorization/world.ts'
import { judge, kafkaReleases } from './harness/judges.ts'
import { full } from './harness/size.ts'

const java = judge('java')
const release = kafkaReleases.at(-1) ?? ''

describe.skipIf(java === null || !full)(`Apache Kafka ${release}`, () => {
  let kafka: ApacheKafka
  beforeAll(async () => {
    kafka = await startApacheKafka(release)
  }, 300_000)
  afterAll(() => kafka?.stop())

  it('answers every case of ACLs as the table says', async () => {
    const cases = casesOf(table).filter(({ kind, row: { apache = {} } }) => kind === 'acl' && !('skipped' in apache))
    const host = '127.0.0.1'
    const admin = { host, port: kafka.plaintextPort, ca: null }
    const world = await createWorld(cases, {
      admin,
      brokers: [admin],
      internalPartitions: 1,
      salt,
      saltedPassword: salted,
    })
    const differences = await runCases(cases, world, scramLogin({ host, port: kafka.scramPort, ca: null }))
    expect(differences.join('\n')).toBe('')
    expect(cases.length).toBeGreaterThan(300)
  }, 600_000)
})
