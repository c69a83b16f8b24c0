/** Kafka's own Java clients are told what is not allowed by Kafka's own exceptions, and may do the rest. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TableCase } from './authorization/cases.ts'
import type { Kind } from './authorization/expected/row.ts'
import { javaRows } from './authorization/expected/java.ts'
import { createSessions } from './authorization/iam-login.ts'
import { casesOfJava, runJava } from './authorization/java-cases.ts'
import { scramProperties } from './authorization/scram-login.ts'
import { startTableCluster, type TableCluster } from './authorization/table-cluster.ts'
import type { Address } from './authorization/wire.ts'
import { REGION } from './harness/iam.ts'
import { judge, kafkaReleases, mskIamAuthClassPath } from './harness/judges.ts'
import { full } from './harness/size.ts'

const java = judge('java')
const iamAuth = judge('msk-iam-auth')
const release = kafkaReleases.at(-1) ?? ''
const all = casesOfJava(javaRows)
/** `full`: all. */
const QUICK: Readonly<Record<Kind, (each: TableCase) => boolean>> = {
  acl: ({ grants, row }) => grants.length === 0 || row.name.startsWith('producer'),
  iam: ({ row }) => /^(describe(Cluster|Topics|Groups|Transactions)|createAcls|producer)/.test(row.name),
}
const of = (kind: Kind): TableCase[] => all.filter((each) => each.kind === kind && (full || QUICK[kind](each)))

describe.skipIf(java === null)(`Java clients of Kafka ${release}`, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'millrace-authorization-java-'))
  const caFile = join(scratch, 'ca.pem')
  let cluster: TableCluster
  beforeAll(async () => {
    cluster = await startTableCluster([...of('acl'), ...of('iam')])
    writeFileSync(caFile, cluster.ca)
  })
  afterAll(async () => {
    await cluster?.millrace.stop()
    rmSync(scratch, { recursive: true, force: true })
  })

  const commonTo = ({ host, port }: Address): Readonly<Record<string, string>> => ({
    'bootstrap.servers': `${host}:${port}`,
    'security.protocol': 'SASL_SSL',
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': caFile,
  })

  it('tell their caller what ACLs refuse', async () => {
    const common = commonTo(cluster.scram)
    const differences = await runJava(of('acl'), { release, common, login: scramProperties })
    expect(differences.join('\n')).toBe('')
    expect(of('acl').length).toBeGreaterThanOrEqual(40)
  }, 300_000)

  it.skipIf(iamAuth === null)(
    'tell their caller what IAM refuses, with the library of AWS',
    async () => {
      const { millrace, clusterArn, iam } = cluster
      const keys = await createSessions(of('iam'), { endpoint: millrace.endpoint, clusterArn })
      const profiles = join(scratch, 'credentials')
      const lines = [...keys].flatMap(([id, { accessKeyId, secretAccessKey, sessionToken = '' }]) => [
        `[case-${id}]`,
        `aws_access_key_id=${accessKeyId}`,
        `aws_secret_access_key=${secretAccessKey}`,
        `aws_session_token=${sessionToken}`,
      ])
      writeFileSync(profiles, `${lines.join('\n')}\n`, { mode: 0o600 })
      const differences = await runJava(of('iam'), {
        release,
        common: {
          ...commonTo(iam),
          'sasl.mechanism': 'AWS_MSK_IAM',
          'sasl.client.callback.handler.class': 'software.amazon.msk.auth.iam.IAMClientCallbackHandler',
        },
        login: ({ principal }) => ({
          'sasl.jaas.config': `software.amazon.msk.auth.iam.IAMLoginModule required awsProfileName="case-${principal}";`,
        }),
        environment: { AWS_SHARED_CREDENTIALS_FILE: profiles, AWS_REGION: REGION },
        jars: [mskIamAuthClassPath()],
      })
      expect(differences.join('\n')).toBe('')
    },
    300_000,
  )
})
