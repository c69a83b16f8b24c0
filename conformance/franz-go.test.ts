/**
 * franz-go's own test suite of its client, aimed at a three-broker cluster with three replicas: every assignor over chains
 * of producing and consuming groups, exact counts, transactions. Runs at the full size only; the newer group types
 * wait for their coordinators.
 */
import { expect, it } from 'vitest'
import { goVerdicts } from './harness/go-tests.ts'
import { franzGoAdminVersion, franzGoVersion, judge } from './harness/judges.ts'
import { createThreeBrokers, startMillraceProcess } from './harness/millrace.ts'
import { run } from './harness/run.ts'
import { full } from './harness/size.ts'
import { recordVerdicts } from './harness/verdicts.ts'

const RECORDS = '100000'
/** Names of tests for what no cluster here offers yet. */
const WAITING = '848'

const suite = full ? judge('franz-go') : null

it.skipIf(suite === null)(
  `franz-go's tests pass with ${RECORDS} records`,
  async () => {
    const millrace = await startMillraceProcess({ args: ['--ephemeral'] })
    try {
      const { bootstrap } = await createThreeBrokers(millrace, 'franz-go')
      const environment = { KGO_SEEDS: bootstrap, KGO_TEST_RF: '3', KGO_TEST_RECORDS: RECORDS }
      const result = await run(suite ?? '', ['-test.v', '-test.timeout', '20m', '-test.skip', WAITING], {
        environment,
        timeoutMs: 1_200_000,
      })
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
