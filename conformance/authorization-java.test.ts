/** Kafka's own Java clients are told what is not allowed by Kafka's own exceptions, and may do the rest. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { javaRows } from './authorization/expected/java.ts'
import { casesOfJava, runJava } from './authorization/java-cases.ts'
import { scramProperties } from './authorization/scram-login.ts'
import { startTableCluster, type TableCluster } from './authorization/table-cluster.ts'
import { judge, kafkaReleases } from './harness/judges.ts'
import { full } from './harness/size.ts'

const java = judge('java')
const release = kafkaReleases.at(-1) ?? ''
/** The first refusal of each call and what its clients wait for; `full`: all. */
const quick = casesOfJava(javaRows).filter(
  ({ kind, row, grants }) => kind === 'acl' && (grants.length === 0 || row.name.startsWith('producer')),
)
const cases = full ? casesOfJava(javaRows).filter(({ kind }) => kind === 'acl') : quick

describe.skipIf(java === null)(`Java clients of Kafka ${release}`, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'millrace-authorization-java-'))
  const caFile = join(scratch, 'ca.pem')
  let cluster: TableCluster
  beforeAll(async () => {
    cluster = await startTableCluster(cases)
    writeFileSync(caFile, cluster.ca)
  })
  afterAll(async () => {
    await cluster?.millrace.stop()
    rmSync(scratch, { recursive: true, force: true })
  })

  it('tell their caller what ACLs refuse', async () => {
    const differences = await runJava(cases, {
      release,
      common: {
        'bootstrap.servers': `${cluster.scram.host}:${cluster.scram.port}`,
        'security.protocol': 'SASL_SSL',
        'ssl.truststore.type': 'PEM',
        'ssl.truststore.location': caFile,
      },
      login: scramProperties,
    })
    expect(differences.join('\n')).toBe('')
    expect(cases.length).toBeGreaterThanOrEqual(40)
  }, 300_000)
})
