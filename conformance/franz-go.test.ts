/**
 * franz-go's own test suite of its client: every assignor over chains of producing and consuming groups, exact counts,
 * transactions. Runs at the full size only: whole against Kafka 3.9, and against 4.2 what differs there: groups of the new
 * protocol (KIP-848), share groups, and transactions with an epoch each.
 */
import { expect, it } from 'vitest'
import { FRANZ_GO_TEST_MS, runFranzGo } from './harness/franz-go-suite.ts'
import { goVerdicts } from './harness/go-tests.ts'
import { franzGoAdminVersion, judge } from './harness/judges.ts'
import { run } from './harness/run.ts'
import { full } from './harness/size.ts'
import { recordVerdicts } from './harness/verdicts.ts'

const COMMAND = 'npm run test:full -- franz-go'
const records = 100_000

const suite = full ? judge('franz-go') : null

it.skipIf(suite === null).each([
  { kafkaVersion: '3.9.x', tests: '.', records },
  {
    kafkaVersion: '4.2.x.kraft',
    tests: 'TestGroup|TestShare|TestTxn|TestConsumeRegex',
    records,
    // Skipped where a cluster has no groups of the new protocol, or no share groups of version 2.
    passing: ['TestGroupETL/sticky/848', 'TestShareGroupETL'],
  },
])(
  `franz-go's tests pass with $records records on $kafkaVersion`,
  (run) => runFranzGo(suite ?? '', COMMAND, run),
  FRANZ_GO_TEST_MS,
)

const adminSuite = full ? judge('franz-go-admin') : null

// It asks no broker: what it judges is the client that users administer us with.
it.skipIf(adminSuite === null)(
  "franz-go's tests of its administration client pass",
  async () => {
    const result = await run(adminSuite ?? '', ['-test.v'], { timeoutMs: 120_000 })
    recordVerdicts(goVerdicts(result.stdout, `franz-go kadm ${franzGoAdminVersion}`, COMMAND))
    expect(result.status, result.stdout.slice(-2_000)).toBe(0)
  },
  150_000,
)
