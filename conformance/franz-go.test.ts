/**
 * franz-go's own test suite of its client, aimed at a three-broker cluster with three replicas: every assignor over chains
 * of producing and consuming groups, exact counts, transactions. Runs at the full size only: whole against Kafka 3.9, and
 * against 4.2 what differs there: groups of the new protocol (KIP-848), share groups, and transactions with an epoch each.
 */
import { expect, it } from 'vitest'
import { goVerdicts } from './harness/go-tests.ts'
import { franzGoAdminVersion, franzGoVersion, judge } from './harness/judges.ts'
import { createThreeBrokers, startMillraceProcess } from './harness/millrace.ts'
import { run } from './harness/run.ts'
import { full } from './harness/size.ts'
import { recordVerdicts } from './harness/verdicts.ts'

const RECORDS = '100000'
const RUNS = [
  { kafkaVersion: '3.9.x', tests: '.' },
  { kafkaVersion: '4.2.x.kraft', tests: 'TestGroup|TestShare|TestTxn|TestConsumeRegex' },
] as const

const suite = full ? judge('franz-go') : null

it.skipIf(suite === null).each(RUNS)(
  `franz-go's tests pass with ${RECORDS} records on $kafkaVersion`,
  async ({ kafkaVersion, tests }) => {
    const millrace = await startMillraceProcess({ args: ['--ephemeral'] })
    try {
      const { bootstrap } = await createThreeBrokers(millrace, 'franz-go', { kafkaVersion })
      const environment = { KGO_SEEDS: bootstrap, KGO_TEST_RF: '3', KGO_TEST_RECORDS: RECORDS }
      const result = await run(suite ?? '', ['-test.v', '-test.timeout', '20m', '-test.run', tests], {
        environment,
        timeoutMs: 1_200_000,
      })
      if (tests !== '.') {
        expect(result.stdout).toMatch(/^ *--- PASS: TestGroupETL\/sticky\/848/m)
        // Skipped where a cluster has no share groups of version 2.
        expect(result.stdout).toMatch(/^--- PASS: TestShareGroupETL/m)
      }
      recordVerdicts(goVerdicts(result.stdout, `franz-go kgo ${franzGoVersion}`))
      const failures = result.stdout.split('\n').filter((line) => /^\s*--- FAIL|^panic/.test(line))
      expect(failures).toEqual([])
      expect(result.status).toBe(0)
      expect(result.stdout).toMatch(/^PASS$/m)
    } finally {
      await millrace.stop()
    }
  },
  1_260_000,
)

const adminSuite = full ? judge('franz-go-admin') : null

// It asks no broker: what it judges is the client that users administer us with.
it.skipIf(adminSuite === null)(
  "franz-go's tests of its administration client pass",
  async () => {
    const result = await run(adminSuite ?? '', ['-test.v'], { timeoutMs: 120_000 })
    recordVerdicts(goVerdicts(result.stdout, `franz-go kadm ${franzGoAdminVersion}`))
    expect(result.status, result.stdout.slice(-2_000)).toBe(0)
  },
  150_000,
)
